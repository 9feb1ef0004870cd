"""Every line of every file comes once, in order, whatever is done to the files meanwhile."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exporter.model import FILE, LINE, Reject
from exporter.sources.file import BUSY, QUIET, SCAN_INTERVAL, FileSource
from exporter.sources.lines import READ_UNIT, LineCutter
from tests.exporter.sources.following import Clock, Follower

if TYPE_CHECKING:
    from collections.abc import Iterator


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def follower(tmp_path: Path) -> Follower:
    return Follower(tmp_path)


def test_files_are_read_from_their_start_and_followed(follower: Follower) -> None:
    follower.write("a.log", b"1\n2\n")
    follower.poll()
    follower.write("b.log", b"x\r\n")
    follower.write("a.log", b"3\n4")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n", "b.log": b"x\r\n"}
    follower.write("a.log", b"4\n")
    follower.poll(0)
    assert follower.lines["a.log"] == b"1\n2\n3\n44\n"
    assert (follower.source.streams(), follower.source.lag()) == (2, 0)


def test_blocks_are_about_a_read_unit_and_equal_the_file(follower: Follower) -> None:
    whole = b"".join(b"%d %s\n" % (i, b"x" * (i % 700)) for i in range(3000))
    whole += b"y" * (3 * READ_UNIT) + b"\nend\n"
    follower.write("a.log", whole)
    blocks = list(follower.source.blocks())
    assert b"".join(block.data for block in blocks) == whole
    sizes = [len(block.data) for block in blocks]
    assert max(sizes[:-2]) <= READ_UNIT + 700
    assert all(block.data.endswith(b"\n") for block in blocks)


def test_a_last_line_without_a_newline_counts_at_the_end(follower: Follower) -> None:
    follower.write("a.log", b"1\n2")
    follower.write("b.log", b"")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n"}
    follower.write("c.log", b"new")
    follower.take(list(follower.source.finish()))
    assert follower.lines == {"a.log": b"1\n2\n", "c.log": b"new\n"}


def test_a_renamed_file_is_read_to_its_end_before_the_new_one(follower: Follower) -> None:
    follower.write("a.log", b"1\n")
    follower.poll()
    follower.write("a.log", b"2\n")
    (follower.folder / "a.log").rename(follower.folder / "a.log.1")
    follower.write("a.log.1", b"3\n")
    follower.write("a.log", b"4\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n4\n"}
    follower.write("a.log.1", b"late\n")
    follower.poll(0)
    assert follower.lines == {"a.log": b"1\n2\n3\n4\nlate\n"}


def test_a_file_renamed_to_what_the_glob_finds_is_not_read_again(follower: Follower) -> None:
    follower.write("a.log", b"1\n")
    follower.poll()
    (follower.folder / "a.log").rename(follower.folder / "old.log")
    follower.write("old.log", b"2\n")
    follower.write("a.log", b"3\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n"}


def test_a_truncated_file_starts_over(follower: Follower) -> None:
    follower.write("a.log", b"1\n2\nhal")
    follower.poll()
    os.truncate(follower.folder / "a.log", 0)
    follower.poll(0)
    follower.write("a.log", b"3\n")
    follower.poll(0)
    assert follower.lines == {"a.log": b"1\n2\nhal\n3\n"}


def test_a_removed_file_is_read_to_its_end_and_then_forgotten(follower: Follower) -> None:
    follower.write("a.log", b"1\n")
    follower.poll()
    with (follower.folder / "a.log").open("ab") as writer:
        (follower.folder / "a.log").unlink()
        follower.poll()
        writer.write(b"2\n3")
        writer.flush()
        follower.poll(QUIET - 1)
        assert follower.lines == {"a.log": b"1\n2\n"}
    follower.poll(QUIET - 1)
    assert follower.source.streams() == 1
    follower.poll(1)
    assert follower.lines == {"a.log": b"1\n2\n3\n"}
    assert follower.source.streams() == 0
    assert follower.source.noticed().rejects == ()


def test_a_closed_file_that_vanishes_unread_is_counted(tmp_path: Path) -> None:
    follower = Follower(tmp_path, max_open=1)
    follower.write("a.log", b"1\n")
    follower.write("b.log", b"1\n")
    blocks = follower.source.blocks()
    next(blocks)
    (tmp_path / "b.log").unlink()
    assert list(blocks) == []
    for _ in range(2):  # It may have been between two names, so one look is not enough.
        follower.poll()
    assert follower.source.noticed().rejects == (Reject(FILE, "vanished", 1),)
    assert follower.source.streams() == 1


def test_few_descriptors_follow_many_files(tmp_path: Path) -> None:
    follower = Follower(tmp_path, max_open=3)
    before = descriptors()
    for turn in range(3):
        for i in range(20):
            follower.write(f"{i}.log", b"%d\n" % turn)
        follower.poll()
        assert descriptors() <= before + 3
    assert follower.lines == {f"{i}.log": b"0\n1\n2\n" for i in range(20)}
    follower.take(list(follower.source.finish()))
    assert descriptors() == before


def test_a_file_that_is_gone_is_the_last_to_be_closed(tmp_path: Path) -> None:
    follower = Follower(tmp_path, max_open=1)
    follower.write("a.log", b"1\n")
    follower.poll()
    with (tmp_path / "a.log").open("ab") as writer:
        (tmp_path / "a.log").unlink()
        follower.poll()
        follower.write("b.log", b"1\n")
        follower.poll(2 * BUSY)
        writer.write(b"2\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n", "b.log": b"1\n"}


def test_a_too_long_line_is_skipped_and_the_file_goes_on(tmp_path: Path) -> None:
    follower = Follower(tmp_path, new_cutter=lambda: LineCutter(10))
    follower.write("a.log", b"one\n" + b"x" * 1000)
    follower.poll()
    follower.write("a.log", b"x" * 50 + b"\ntwo\n1234567890\n12345678901\n")
    follower.poll()
    assert follower.lines == {"a.log": b"one\ntwo\n1234567890\n"}
    assert follower.source.noticed().rejects == (Reject(LINE, "too_long", 2),)


def test_a_byte_order_mark_is_dropped_also_after_truncation(follower: Follower) -> None:
    follower.write("a.log", b"\xef\xbb\xbfone\n")
    follower.poll()
    os.truncate(follower.folder / "a.log", 0)
    follower.write("a.log", b"\xef\xbb\xbf2\n")
    follower.poll()
    assert follower.lines == {"a.log": b"one\n2\n"}


def test_the_same_file_under_two_names_is_read_once(follower: Follower) -> None:
    follower.write("a.log", b"1\n")
    (follower.folder / "b.log").symlink_to("a.log")
    (follower.folder / "c.log").hardlink_to(follower.folder / "a.log")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n"}


def test_nul_bytes_are_dropped_and_crlf_stays(follower: Follower) -> None:
    follower.write("a.log", b"\0\0a\0b\r\n\0c")
    follower.poll()
    follower.write("a.log", b"\0d\n\0")
    follower.poll()
    assert follower.lines == {"a.log": b"ab\r\ncd\n"}


def test_the_lag_is_that_of_the_oldest_bytes_that_are_not_read(tmp_path: Path) -> None:
    follower = Follower(tmp_path, wall=lambda: 1007.0)
    follower.write("a.log", b"1\n")
    follower.poll()
    assert (follower.source.lag(), follower.source.lag_seconds()) == (0, 0.0)
    follower.write("b.log", b"1\n" * READ_UNIT)
    os.utime(tmp_path / "b.log", (1000, 1000))
    follower.clock.now += 1
    blocks = follower.source.blocks()
    next(blocks)
    assert follower.source.lag() == READ_UNIT
    assert follower.source.lag_seconds() == pytest.approx(7)
    follower.clock.now += 100
    assert follower.source.lag_seconds() == pytest.approx(100)
    assert list(blocks)
    assert (follower.source.lag(), follower.source.lag_seconds()) == (0, 0.0)


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """Give a folder to somebody whom permissions bind, and be that one: root may read all."""
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() != 0:
        yield folder
    else:
        nobody = 65534
        os.chown(folder, nobody, nobody)
        os.seteuid(nobody)
        yield folder
        os.seteuid(0)
    shutil.rmtree(folder)


def test_an_unreadable_file_is_counted_once_and_read_when_it_can_be(unprivileged: Path) -> None:
    follower = Follower(unprivileged)
    follower.write("a.log", b"1\n")
    follower.write("b.log", b"2\n")
    (unprivileged / "a.log").chmod(0)
    follower.poll()
    follower.poll()
    assert follower.lines == {"b.log": b"2\n"}
    assert follower.source.noticed().rejects == (Reject(FILE, "unreadable", 1),)
    assert follower.source.lag() == 2
    (unprivileged / "a.log").chmod(stat.S_IRUSR)
    follower.poll()
    assert follower.lines == {"b.log": b"2\n", "a.log": b"1\n"}
    assert (follower.source.noticed().rejects, follower.source.lag()) == ((), 0)
    (unprivileged / "a.log").rename(unprivileged / "a.log.1")
    follower.write("a.log", b"3\n")
    (unprivileged / "a.log").chmod(0)
    follower.poll()
    assert follower.source.noticed().rejects == (Reject(FILE, "unreadable", 1),)


def test_an_unreadable_directory_is_counted_once(unprivileged: Path) -> None:
    (unprivileged / "shut").mkdir(mode=0)
    (unprivileged / "listed").mkdir()
    (unprivileged / "listed" / "a.log").write_bytes(b"1\n")
    (unprivileged / "listed").chmod(stat.S_IRUSR)
    clock = Clock()
    source = FileSource((f"{unprivileged}/**/*.log",), clock=clock)
    for _ in range(3):
        assert list(source.blocks()) == []
        clock.now += SCAN_INTERVAL
    assert source.noticed().rejects == (Reject(FILE, "unreadable", 2),)
    (unprivileged / "listed").chmod(stat.S_IRWXU)
    assert [block.data for block in source.blocks()] == [b"1\n"]
    assert source.noticed().rejects == ()
    clock.now += SCAN_INTERVAL
    for mode, rejects in ((0, 1), (stat.S_IRWXU, 0), (0, 1)):
        (unprivileged / "listed").chmod(mode)
        assert list(source.blocks()) == []
        assert sum(reject.count for reject in source.noticed().rejects) == rejects
        clock.now += SCAN_INTERVAL
