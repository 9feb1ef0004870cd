"""What makes a file the same file under another name: the one place that decides it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import os


class Identity(NamedTuple):
    """A file by device and inode.

    A file system may give a deleted file's inode to a new one; an open descriptor keeps it taken.
    """

    device: int
    inode: int


def identify(stat: os.stat_result) -> Identity:
    """Tell which file this is."""
    return Identity(stat.st_dev, stat.st_ino)
