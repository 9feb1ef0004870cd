"""However a log is rotated, while it is followed or while nobody looks: every line comes once."""

from __future__ import annotations

import gzip
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from exporter.model import FILE, Reject
from exporter.sources.file import QUIET
from tests.exporter.sources.following import Follower

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO


class Writer:
    """A program that logs to `a.log`, and whoever rotates it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "a.log"
        self.old: BinaryIO | None = None

    def log(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def rename(self) -> None:
        self.path.rename(self.folder / "a.log.1")

    def copytruncate(self) -> None:
        shutil.copy(self.path, self.folder / "a.log.1")
        os.truncate(self.path, 0)

    def symlink(self) -> None:
        (self.folder / "new").write_bytes(b"")
        (self.folder / "link").symlink_to("new")
        (self.folder / "link").rename(self.path)

    def recreate(self) -> None:
        self.path.unlink()

    def keep_open_and_rename(self) -> None:
        self.old = self.path.open("ab")
        self.rename()

    def gzip(self) -> None:
        self.rename()
        (self.folder / "a.log.1.gz").write_bytes(
            gzip.compress((self.folder / "a.log.1").read_bytes())
        )
        (self.folder / "a.log.1").unlink()


ROTATIONS: dict[str, Callable[[Writer], None]] = {
    "rename": Writer.rename,
    "copytruncate": Writer.copytruncate,
    "symlink": Writer.symlink,
    "recreate": Writer.recreate,
    "keep-open-and-rename": Writer.keep_open_and_rename,
    "gzip": Writer.gzip,
}


@pytest.mark.parametrize("partial", [False, True], ids=["no-partial-line", "partial-line"])
@pytest.mark.parametrize("down", [False, True], ids=["while-running", "while-down"])
@pytest.mark.parametrize("kind", ROTATIONS)
def test_rotation(tmp_path: Path, kind: str, *, down: bool, partial: bool) -> None:
    follower = Follower(tmp_path)
    writer = Writer(tmp_path)
    if kind == "symlink":
        (tmp_path / "old").write_bytes(b"")
        writer.path.symlink_to("old")
    writer.log(b"1\n2")
    follower.poll()
    assert follower.lines == {"a.log": b"1\n"}
    number = writer.path.stat().st_ino
    if down:
        follower.stop()
    writer.log(b"2\n3" if partial else b"2\n3\n")
    ROTATIONS[kind](writer)
    if writer.old:
        writer.old.write(b"3\n" if partial else b"late\n")
        writer.old.close()
    writer.log(b"4\n5\n")
    if down:
        follower.start()
    for _ in range(5):
        follower.poll()
    follower.poll(QUIET)
    follower.poll()
    assert sorted(follower.lines["a.log"].splitlines()) == expected(
        kind, down=down, partial=partial
    )
    assert list(follower.lines) == ["a.log"]
    gone = kind == "recreate" and down
    noticed = follower.noticed()
    assert noticed.rejects == ((Reject(FILE, "vanished", 1),) if gone else ())
    # Who was away can't tell a new file from an old one, if it was given the same number.
    reused = down and (tmp_path / "a.log").stat().st_ino == number
    truncated = kind == "copytruncate" or reused
    assert (noticed.rotations, noticed.truncations) == ((0, 1) if truncated else (1, 0))

    follower.stop()
    follower.start()
    follower.poll()
    follower.poll(2 * QUIET)
    follower.take(follower.source.finish())
    assert sorted(follower.lines["a.log"].splitlines()) == expected(
        kind, down=down, partial=partial
    )


def expected(kind: str, *, down: bool, partial: bool) -> list[bytes]:
    lines = [b"1", b"22", b"3", b"4", b"5"]
    if kind == "keep-open-and-rename":
        return [b"1", b"22", b"33", b"4", b"5"] if partial else [*lines, b"late"]
    if kind == "recreate" and down:
        return [b"1", b"4", b"5"]  # The rest went away unread.
    return lines
