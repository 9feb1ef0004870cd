"""What lies beside a log belongs to it: unknown files are read whole, copies never twice."""

from __future__ import annotations

import bz2
import gzip
import itertools
import lzma
import os
import shutil
from typing import TYPE_CHECKING

import pytest
import zstandard

from exporter.model import FILE, Noticed, Reject
from exporter.sources.file import QUIET
from exporter.sources.siblings import SETTLED
from tests.exporter.sources.following import Follower

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def follower(tmp_path: Path) -> Follower:
    return Follower(tmp_path)


def put(follower: Follower, name: str, data: bytes, *, hours: int = 0) -> None:
    follower.write(name, data)
    follower.age(name, 3600 * hours + 60)


def test_unknown_siblings_are_read_whole_oldest_first_before_the_log(follower: Follower) -> None:
    put(follower, "a.log", b"4\n")
    put(follower, "a.log-20240102", b"3\n", hours=1)
    put(follower, "a.log.9", b"2", hours=2)
    put(follower, "a.log.10.gz", gzip.compress(b"1\n1"), hours=3)
    put(follower, "a.logs", b"no\n")
    put(follower, "ba.log.1.no", b"other\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n1\n3\n4\n", "ba.log": b"other\n"}
    follower.poll(QUIET)
    assert follower.lines["a.log"] == b"1\n1\n3\n4\n2\n"


def test_a_file_that_lived_for_a_moment_under_the_matched_name_counts(follower: Follower) -> None:
    follower.write("a.log", b"1\n")
    follower.poll()
    for number in (b"2\n", b"3\n"):
        (follower.folder / "a.log").rename(follower.folder / f"a.log.{number[0]}")
        follower.write("a.log", number)
    (follower.folder / "a.log").rename(follower.folder / "a.log.last")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n"}


def test_a_log_that_was_rotated_away_before_the_first_look_counts(follower: Follower) -> None:
    follower.write("a.log.1", b"1\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n"}


def test_rotated_files_of_equal_bytes_all_count_while_running_and_down(follower: Follower) -> None:
    names = ["a.log.3", "a.log.2", "a.log.1", "a.log"]

    def rotate(times: int) -> None:
        for _ in range(times):
            for older, newer in itertools.pairwise(names):
                if (follower.folder / newer).exists():
                    (follower.folder / newer).rename(follower.folder / older)
            follower.write("a.log", b"started\n")

    follower.write("a.log", b"started\n")
    follower.poll()
    rotate(1)
    follower.poll()
    follower.stop()
    rotate(2)
    follower.start()
    follower.poll()
    assert follower.lines == {"a.log": b"started\n" * 4}


def test_compressed_files_of_equal_bytes_are_each_the_copy_of_one(follower: Follower) -> None:
    follower.write("a.log", b"started\n")
    follower.poll()
    follower.stop()
    (follower.folder / "a.log").rename(follower.folder / "a.log.1")
    follower.write("a.log", b"started\n")
    for name in ("a.log.1", "a.log"):
        put(follower, f"{name}.gz", gzip.compress((follower.folder / name).read_bytes()))
        (follower.folder / name).unlink()
    follower.start()
    for _ in range(3):
        follower.poll()
    assert follower.lines == {"a.log": b"started\n" * 2}


@pytest.mark.parametrize(
    "compress",
    [gzip.compress, bz2.compress, lzma.compress, zstandard.ZstdCompressor().compress],
    ids=["gz", "bz2", "xz", "zst"],
)
@pytest.mark.parametrize("ending", ["like-it", "other"])
def test_a_compressed_copy_goes_on_where_the_original_was_left(
    follower: Follower, ending: str, compress: Callable[[bytes], bytes]
) -> None:
    follower.write("a.log", b"1\n2\n3")
    follower.poll()
    follower.stop()
    follower.write("a.log", b"3\n4\n" + b"x" * 100_000 + b"\nend")
    data = compress((follower.folder / "a.log").read_bytes())
    put(follower, "a.log.1.gz" if ending == "like-it" else "a.log-1", data + compress(b"\nmore"))
    (follower.folder / "a.log").unlink()
    follower.write("a.log", b"new\n")
    follower.start()
    follower.poll()
    follower.poll()
    lines = [b"1", b"2", b"33", b"4", b"x" * 100_000, b"end", b"more", b"new"]
    assert sorted(follower.lines["a.log"].splitlines()) == sorted(lines)
    assert follower.noticed().rejects == ()


def test_a_compressed_copy_beside_the_original_is_not_read(follower: Follower) -> None:
    follower.write("a.log", b"1\n")
    put(follower, "a.log.1", b"0\n")
    put(follower, "a.log.1.gz", gzip.compress(b"0\n"))
    for _ in range(3):
        follower.poll(SETTLED)
    assert follower.lines == {"a.log": b"0\n1\n"}
    (follower.folder / "a.log.1").unlink()
    follower.poll(QUIET)
    follower.poll(QUIET)
    follower.stop()
    follower.start()
    follower.poll()
    (follower.folder / "a.log.1.gz").rename(follower.folder / "a.log.2.gz")
    follower.poll()
    assert follower.lines == {"a.log": b"0\n1\n"}


def test_a_compressed_copy_that_comes_late_is_known(follower: Follower) -> None:
    follower.write("a.log", b"1\n")
    follower.poll()
    (follower.folder / "a.log").unlink()
    follower.poll(QUIET)
    follower.poll(QUIET)
    assert follower.source.streams() == 0
    follower.stop()
    follower.start()
    put(follower, "a.log.1.gz", gzip.compress(b"1\n2\n"))
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n"}


def test_a_compressed_file_that_is_still_written_waits_and_then_counts_as_it_is(
    follower: Follower,
) -> None:
    data = gzip.compress(os.urandom(30_000).hex().encode() + b"\n", 1)
    follower.write("a.log", b"1\n")
    for part in range(3):
        follower.write("a.log.1.gz", data[part * 5000 : part * 5000 + 5000])
        follower.poll()
        assert follower.noticed() == Noticed()
    follower.poll(SETTLED)
    follower.poll(1)
    assert follower.lines["a.log"].startswith(b"1\n")
    assert follower.lines["a.log"].count(b"\n") == 2
    assert follower.noticed().rejects == (Reject(FILE, "damaged", 1),)
    for _ in range(2):
        follower.poll(SETTLED)
    follower.stop()
    follower.start()
    follower.poll(SETTLED)
    assert follower.lines["a.log"].count(b"\n") == 2
    assert follower.noticed().rejects == (Reject(FILE, "damaged", 1),)


def test_a_compressed_file_with_garbage_inside_counts_up_to_there(follower: Follower) -> None:
    put(follower, "a.log.1.gz", gzip.compress(b"1\n") + b"garbage")
    follower.poll()
    follower.poll(SETTLED)
    assert follower.lines == {"a.log": b"1\n"}
    assert follower.noticed().rejects == (Reject(FILE, "damaged", 1),)


def test_what_unpacks_to_much_more_comes_in_small_blocks(follower: Follower) -> None:
    whole = b"0123456789abcde\n" * (1 << 20)
    put(follower, "a.log.1.gz", gzip.compress(whole))
    put(follower, "b.log.1.zst", zstandard.ZstdCompressor().compress(whole))
    blocks = list(follower.source.blocks())
    assert max(len(block.data) for block in blocks) <= 40_000
    assert b"".join(block.data for block in blocks) == whole * 2


def test_a_backup_copy_is_never_read_and_goes_away_unnoticed(follower: Follower) -> None:
    follower.write("a.log", b"1\n")
    follower.poll()
    shutil.copy(follower.folder / "a.log", follower.folder / "a.log.bak")
    follower.poll()
    follower.write("a.log", b"2\n")
    follower.poll()
    follower.stop()
    follower.start()
    follower.poll()
    (follower.folder / "a.log").rename(follower.folder / "a.log.1")
    follower.write("a.log", b"3\n")
    follower.poll()
    (follower.folder / "a.log.bak").unlink()
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n"}
    assert follower.noticed().rejects == ()


def test_a_backup_copy_that_is_written_over_is_a_file_of_its_own(follower: Follower) -> None:
    follower.write("a.log", b"1\n")
    follower.poll()
    shutil.copy(follower.folder / "a.log", follower.folder / "a.log.bak")
    follower.poll()
    (follower.folder / "a.log.bak").write_bytes(b"other\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\nother\n"}


@pytest.mark.parametrize("looks", [False, True])
def test_a_log_that_is_renamed_after_it_was_copied_and_truncated(
    follower: Follower, *, looks: bool
) -> None:
    follower.write("a.log", b"1\n2\n")
    follower.poll()
    shutil.copy(follower.folder / "a.log", follower.folder / "a.log.1")
    if looks:
        follower.poll()
    os.truncate(follower.folder / "a.log", 0)
    follower.write("a.log", b"longer than it was\n")
    (follower.folder / "a.log").rename(follower.folder / "a.log.2")
    follower.write("a.log", b"3\n")
    follower.poll()
    lines = [b"1", b"2", b"3", b"longer than it was"]
    assert sorted(follower.lines["a.log"].splitlines()) == lines


def test_a_damaged_copy_of_what_was_read_is_counted_and_not_read_again(follower: Follower) -> None:
    whole = os.urandom(50_000).hex().encode() + b"\n"
    follower.write("a.log", whole)
    follower.poll()
    follower.stop()
    (follower.folder / "a.log").unlink()
    put(follower, "a.log.1.gz", gzip.compress(whole, 1)[:20_000])
    follower.start()
    for _ in range(3):
        follower.poll(SETTLED)
    assert follower.lines == {"a.log": whole}
    assert follower.noticed().rejects == (Reject(FILE, "damaged", 1),)


def test_a_sibling_that_only_begins_like_the_log_is_another(follower: Follower) -> None:
    follower.write("a.log", b"banner\n")
    follower.poll()
    put(follower, "a.log-debug", b"banner\ndebug\n")
    follower.poll()
    assert follower.lines == {"a.log": b"banner\nbanner\ndebug\n"}


@pytest.mark.parametrize("more", [b"", b"3\n"], ids=["equal", "the log has more"])
def test_a_copy_caught_before_the_truncation_at_the_very_first_look(
    follower: Follower, more: bytes
) -> None:
    follower.write("a.log", b"1\n2\n")
    shutil.copy(follower.folder / "a.log", follower.folder / "a.log.1")
    follower.write("a.log", more)
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n" + more}
    os.truncate(follower.folder / "a.log", 0)
    follower.write("a.log", b"4\n")
    follower.poll()
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n" + more + b"4\n"}


def test_a_copy_that_is_still_being_made_waits(follower: Follower) -> None:
    follower.write("a.log", b"1\n2\n3\n")
    follower.poll()
    for part in (b"1\n", b"2\n"):
        follower.write("a.log.1", part)
        follower.poll()
    follower.write("a.log.1", b"3\n4\n")
    os.truncate(follower.folder / "a.log", 0)
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n4\n"}


def test_what_a_glob_matches_is_no_sibling_whatever_its_bytes(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    follower.write("a.log", b"1\n")
    follower.write("b.log", b"1\n")
    follower.poll()
    follower.write("c.log", b"1\n")
    follower.poll()
    os.truncate(tmp_path / "a.log", 0)
    follower.poll()
    assert follower.lines == dict.fromkeys(("a.log", "b.log", "c.log"), b"1\n")


def test_siblings_that_the_glob_matches_too_belong_to_the_log(tmp_path: Path) -> None:
    follower = Follower(tmp_path, "*.log*")
    put(follower, "a.log.1", b"1\n", hours=1)
    put(follower, "a.log", b"2\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n"}


def test_a_file_spelled_out_has_siblings_before_it_exists(tmp_path: Path) -> None:
    follower = Follower(tmp_path, "a.log")
    put(follower, "a.log.1", b"1\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n"}


def test_the_target_of_a_link_has_siblings_too(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    follower = Follower(tmp_path)
    (tmp_path / "a.log").symlink_to("real/0.txt")
    follower.write("real/0.txt", b"1\n")
    follower.poll()
    follower.stop()
    follower.write("real/0.txt", b"2\n")
    (tmp_path / "real/0.txt").rename(tmp_path / "real/0.txt.1")
    follower.write("real/0.txt", b"3\n")
    (tmp_path / "real/0.txt").rename(tmp_path / "real/0.txt.2")
    follower.write("real/0.txt", b"4\n")
    follower.start()
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n4\n"}


def test_a_file_that_is_none_beside_a_log_is_left_alone(follower: Follower) -> None:
    follower.write("a.log", b"1\n")
    (follower.folder / "a.log.d").mkdir()
    os.mkfifo(follower.folder / "a.log.pipe")
    (follower.folder / "a.log.link").symlink_to("nowhere")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n"}
    assert follower.noticed() == Noticed()


@pytest.mark.parametrize("way", ["copytruncate", "gzip"])
def test_new_lines_wait_for_older_ones_in_a_file_that_is_not_decided_yet(
    follower: Follower, way: str
) -> None:
    follower.write("a.log", b"1\n")
    follower.poll()
    follower.write("a.log", b"2\n")
    data = (follower.folder / "a.log").read_bytes()
    if way == "gzip":
        (follower.folder / "a.log").unlink()
        put(follower, "a.log.1.gz", gzip.compress(data))
    else:
        put(follower, "a.log.1", data)
        os.truncate(follower.folder / "a.log", 0)
    follower.write("a.log", b"3\n")
    for _ in range(8):
        follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n"}


def test_a_file_that_stays_undecided_holds_new_lines_back_for_a_few_seconds_only(
    follower: Follower,
) -> None:
    follower.write("a.log", b"1\n")
    put(follower, "a.log.1.gz", gzip.compress(b"0\n" * 5000)[:-12])
    follower.poll()
    follower.poll(SETTLED + 1)
    assert b"1\n" in follower.lines["a.log"]
