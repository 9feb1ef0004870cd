"""What is saved is exactly what was given: a restart reads on there, whatever happened."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exporter.model import FILE, LINE, Noticed, Reject
from exporter.sources import positions
from exporter.sources.file import QUIET
from exporter.sources.lines import READ_UNIT, LineCutter
from tests.exporter.sources.following import Follower

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = b"a prompt that nobody should find in a checkpoint\n"


@pytest.fixture
def follower(tmp_path: Path) -> Follower:
    return Follower(tmp_path)


def restart(follower: Follower) -> None:
    follower.stop()
    follower.start()


def test_only_what_changed_is_saved_and_nothing_if_nothing_did(follower: Follower) -> None:
    for name in ("a.log", "b.log"):
        follower.write(name, b"1\n")
    follower.poll()
    assert len(follower.save()["files"]) == 2
    assert follower.save() is None
    follower.poll()
    assert follower.save() is None
    follower.write("b.log", b"2\n")
    follower.poll()
    assert len(follower.save()["files"]) == 1
    assert len(follower.save(whole=True)["files"]) == 2


def test_a_save_tells_that_there_was_a_start_even_without_files(follower: Follower) -> None:
    follower.poll()
    assert follower.save() == {"files": {}}
    assert follower.save() is None


def test_no_text_of_a_log_is_saved(follower: Follower) -> None:
    follower.write("a.log", SECRET + SECRET[:-1])
    follower.poll()
    saved = repr(follower.save(whole=True)).encode()
    assert not any(SECRET[at : at + 8] in saved for at in range(len(SECRET) - 8))


def test_blocks_that_were_given_after_the_save_are_given_again_and_no_others(
    follower: Follower,
) -> None:
    lines = [b"%06d\n" % number for number in range(30_000)]
    follower.write("a.log", b"".join(lines))
    for _ in range(8):
        blocks = follower.source.blocks()
        follower.take(itertools.islice(blocks, 1))
        follower.save()
        follower.take(itertools.islice(blocks, 2))
        follower.start()
    follower.poll()
    assert follower.lines["a.log"] == b"".join(lines)


def test_a_last_line_that_counted_never_counts_again_and_what_follows_is_new(
    follower: Follower,
) -> None:
    follower.write("a.log", b"1\n2")
    follower.poll()
    (follower.folder / "a.log").rename(follower.folder / "a.log.1")
    follower.poll()
    restart(follower)
    follower.poll(QUIET)
    follower.poll(QUIET)
    assert follower.lines == {"a.log": b"1\n2\n"}
    restart(follower)
    follower.poll(2 * QUIET)
    follower.poll(2 * QUIET)
    follower.write("a.log.1", b"3\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n"}


def test_a_log_that_grew_beyond_the_place_after_it_was_truncated(follower: Follower) -> None:
    follower.write("a.log", b"1\n2\n")
    follower.poll()
    for down in (False, True):
        if down:
            follower.stop()
        (follower.folder / "a.log").write_bytes(b"longer\n%d\n" % down)
        if down:
            follower.start()
        follower.poll()
    assert follower.lines == {"a.log": b"1\n2\nlonger\n0\nlonger\n1\n"}
    assert follower.noticed() == Noticed(truncations=2)


def test_a_log_that_has_the_same_size_after_it_was_truncated(follower: Follower) -> None:
    follower.write("a.log", b"1\n2\n")
    follower.poll()
    for text in (b"3\n4\n", b"5\n6\n"):
        if text == b"5\n6\n":
            follower.stop()
        (follower.folder / "a.log").write_bytes(text)
        follower.age("a.log", -60)
        if text == b"5\n6\n":
            follower.start()
        follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n4\n5\n6\n"}


@pytest.mark.parametrize("restarted", [False, True])
def test_a_new_file_with_a_deleted_ones_number_is_new(tmp_path: Path, *, restarted: bool) -> None:
    follower = Follower(tmp_path, max_open=0)
    head = b"x" * 2000
    follower.write("a.log", head + b"\nold\n")
    follower.poll()
    if restarted:
        restart(follower)
    # As a deletion and a creation, where the file system gives the number again.
    with (follower.folder / "a.log").open("rb+") as file:
        file.write(b"y")
        file.seek(0, os.SEEK_END)
        file.write(b"new\n")
    follower.poll()
    assert follower.lines["a.log"] == head + b"\nold\ny" + head[1:] + b"\nold\nnew\n"


def test_a_new_file_that_only_begins_like_the_old_one_is_new(follower: Follower) -> None:
    banner = b"x" * 2000 + b"\n"
    follower.write("a.log", banner + b"old\n")
    follower.poll()
    follower.stop()
    (follower.folder / "a.log").write_bytes(banner + b"newer\n")
    follower.start()
    follower.poll()
    assert follower.lines["a.log"] == banner + b"old\n" + banner + b"newer\n"


def test_a_new_file_with_the_number_of_an_empty_one_is_another_log(follower: Follower) -> None:
    follower.write("a.log", b"")
    follower.poll()
    follower.stop()
    (follower.folder / "a.log").rename(follower.folder / "b.log")
    follower.write("b.log", b"1\n")
    follower.start()
    follower.poll()
    assert follower.lines == {"b.log": b"1\n"}


def test_a_file_that_one_look_misses_is_not_given_up(tmp_path: Path) -> None:
    follower = Follower(tmp_path, max_open=0)
    (tmp_path / "away").mkdir()
    follower.write("a.log", b"1\n")
    follower.poll()
    (tmp_path / "a.log").rename(tmp_path / "away" / "a.log")
    follower.poll()
    (tmp_path / "away" / "a.log").rename(tmp_path / "a.log.1")
    follower.write("a.log.1", b"2\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n"}


def test_last_lines_that_were_not_given_before_a_kill_are_counted(follower: Follower) -> None:
    for name in ("a.log", "b.log"):
        follower.write(name, b"1\n2")
    follower.poll()
    for name in ("a.log", "b.log"):
        os.truncate(follower.folder / name, 0)
    blocks = follower.source.blocks()
    follower.take(itertools.islice(blocks, 1))
    restart(follower)
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n", "b.log": b"1\n"}
    assert follower.noticed() == Noticed((Reject(FILE, "vanished", 1),), truncations=2)


def test_a_too_long_line_is_counted_once_over_a_restart_amid_it(tmp_path: Path) -> None:
    follower = Follower(tmp_path, new_cutter=lambda: LineCutter(1000))
    follower.write("a.log", b"1\n" + b"x" * 5000)
    follower.poll()
    follower.noticed()
    restart(follower)
    follower.write("a.log", b"x" * 5000)
    follower.poll()
    restart(follower)
    follower.write("a.log", b"\n2\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n"}
    assert follower.noticed().rejects == (Reject(LINE, "too_long", 1),)


def test_holes_are_passed_over_quickly_wherever_a_restart_falls(follower: Follower) -> None:
    path = follower.folder / "a.log"
    size = 1 << 33
    with path.open("wb") as file:
        file.write(b"1\n2")
        file.seek(size)
        file.write(b"2\n3\0\0" + bytes(3 * READ_UNIT) + b"3\n\0" + b"4")
    for _ in range(2):
        follower.poll()
        assert follower.lines == {"a.log": b"1\n22\n33\n"}
        restart(follower)
    follower.write("a.log", b"\0\n5\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n22\n33\n4\n5\n"}
    assert follower.source.lag() == 0


def test_a_restart_amid_a_line_with_holes_reads_the_line_from_its_start(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    parts = [b"1\n2", bytes(READ_UNIT * 2) + b"3", b"\0\0" + b"4", b"\0" + b"5\0" + b"6", b"\n7\n"]
    for part in parts:
        follower.write("a.log", part)
        follower.poll()
        restart(follower)
    follower.poll()
    assert follower.lines == {"a.log": b"1\n23456\n7\n"}
    for part in parts:
        follower.write("a.log", part)
        follower.poll()
    assert follower.lines == {"a.log": b"1\n23456\n7\n" * 2}
    for part in (b"x\0", b"\0y", b"\0z", b"\nu\0v"):
        follower.write("a.log", part)
        follower.poll()
    restart(follower)
    follower.write("a.log", b"w\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n23456\n7\n" * 2 + b"xyz\nuvw\n"}


def test_room_that_is_reserved_at_the_end_is_not_passed_over(follower: Follower) -> None:
    path = follower.folder / "a.log"
    path.write_bytes(b"1\n" + bytes(100))
    follower.poll()
    assert (follower.lines, follower.source.lag()) == ({"a.log": b"1\n"}, 0)
    restart(follower)
    with path.open("rb+") as file:
        file.seek(2)
        file.write(b"2\n3")
    follower.poll()
    with path.open("rb+") as file:
        file.seek(5)
        file.write(b"3\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n33\n"}
    assert follower.noticed() == Noticed()


def test_a_writer_that_does_not_append_goes_on_after_a_truncation(follower: Follower) -> None:
    with (follower.folder / "a.log").open("wb", buffering=0) as writer:
        writer.write(b"1\n2\n")
        follower.poll()
        shutil.copy(follower.folder / "a.log", follower.folder / "a.log.1")
        os.truncate(follower.folder / "a.log", 0)
        writer.write(b"3\n")
        follower.poll()
        restart(follower)
        writer.write(b"4\n")
        follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n4\n"}


def test_a_byte_order_mark_is_one_at_the_start_only(follower: Follower) -> None:
    follower.write("a.log", b"\xef\xbb")
    follower.poll()
    restart(follower)
    follower.write("a.log", b"\xbf1\n")
    follower.poll()
    restart(follower)
    follower.write("a.log", b"\xef\xbb\xbf2\n")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n\xef\xbb\xbf2\n"}


def test_a_name_that_is_no_text_is_saved(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    name = os.fsdecode(b"\xff.log")
    follower.write(name, b"1\n")
    follower.poll()
    restart(follower)
    follower.write(name, b"2\n")
    follower.poll()
    assert follower.lines == {name: b"1\n2\n"}


def test_a_link_that_was_retargeted_while_down_is_found_by_its_old_target(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    follower.write("one/x", b"1\n")
    (tmp_path / "a.log").symlink_to("one/x")
    follower.poll()
    follower.stop()
    follower.write("one/x", b"2\n")
    follower.write("two/y", b"3\n")
    (tmp_path / "a.log").unlink()
    (tmp_path / "a.log").symlink_to("two/y")
    follower.start()
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n3\n"}


def test_an_unfinished_line_that_is_gone_after_a_restart_is_counted_as_vanished_once(
    follower: Follower,
) -> None:
    follower.write("a.log", b"1\n2")
    follower.poll()
    follower.stop()
    (follower.folder / "a.log").unlink()
    follower.start()
    for _ in range(3):
        follower.poll()
    assert follower.noticed().rejects == (Reject(FILE, "vanished", 1),)
    restart(follower)
    for _ in range(3):
        follower.poll()
    assert follower.noticed().rejects == (Reject(FILE, "vanished", 1),)
    assert follower.lines == {"a.log": b"1\n"}


def test_what_is_gone_is_remembered_for_a_while_only(
    follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "REMEMBERED", 3)
    for number in range(10):
        follower.write(f"{number}.log", b"1\n")
        follower.poll()
        (follower.folder / f"{number}.log").unlink()
        follower.poll()
        follower.poll(QUIET)
        follower.poll(QUIET)
        follower.save()
    follower.start()
    follower.poll()
    assert follower.source.streams() == 0
    assert sorted(record[1][-5:] for record in follower.save(whole=True)["files"].values()) == [
        b"7.log", b"8.log", b"9.log",
    ]  # fmt: skip


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


def test_files_without_news_are_not_opened_after_a_restart(unprivileged: Path) -> None:
    follower = Follower(unprivileged)
    for number in range(20):
        follower.write(f"{number}.log", b"1\n")
    follower.poll()
    follower.stop()
    for number in range(20):
        (unprivileged / f"{number}.log").chmod(0)
    follower.start()
    follower.poll()
    assert follower.noticed() == Noticed()
    assert follower.source.streams() == 20


def test_a_position_outlives_the_loss_of_permission(unprivileged: Path) -> None:
    follower = Follower(unprivileged, max_open=1)
    for name in ("a.log", "b.log"):
        follower.write(name, b"1\n")
    follower.poll()
    restart(follower)
    for name in ("a.log", "b.log"):
        follower.write(name, b"2\n")
    (unprivileged / "a.log").chmod(0)
    for _ in range(3):
        follower.poll()
    assert follower.noticed().rejects == (Reject(FILE, "unreadable", 1),)
    restart(follower)
    (unprivileged / "a.log").chmod(stat.S_IRUSR)
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n", "b.log": b"1\n2\n"}
