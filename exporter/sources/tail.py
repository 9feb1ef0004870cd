"""One file that is read as it grows, over renames, truncation and removal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from exporter.sources.identity import Identity, identify
from exporter.sources.lines import MAX_LINE, READ_UNIT, LineCutter

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
"""A file may be replaced by a named pipe just before it is opened: that must not block."""


class Tail:
    """A file's place: how far it is read, and the unfinished last line.

    `stream` is the path first seen and stays; `path` is where the file is now. Sizes and offsets
    are bytes. `gone` is when no glob found the file any more (None: it is found), `read_at` when
    something was last read; both by the clock of whoever calls.
    """

    def __init__(
        self, path: str, status: os.stat_result, max_line: int = MAX_LINE, unit: int = READ_UNIT
    ) -> None:
        self.stream = path
        self.path = path
        self.identity = identify(status)
        self.size = status.st_size
        self.changed = status.st_mtime_ns
        self.offset = 0
        self.gone: float | None = None
        self.read_at = 0.0
        self._descriptor: int | None = None
        self._unit = min(unit, max_line)
        self._lines = LineCutter(max_line)

    @property
    def is_open(self) -> bool:
        """Whether it holds a descriptor."""
        return self._descriptor is not None

    @property
    def has_news(self) -> bool:
        """Whether it is worth opening, by what was seen last."""
        return self.size != self.offset or self.gone is not None

    @property
    def behind(self) -> int:
        """Bytes known to be there and not read."""
        return max(0, self.size - self.offset)

    def see(self, path: str, status: os.stat_result) -> None:
        """Take note of where the file is, and how large."""
        self.path = path
        self.size = status.st_size
        self.changed = status.st_mtime_ns
        self.gone = None

    def read(self) -> Iterator[bytes]:
        """Give the whole lines up to what is the end now. Opens the file; raises OSError.

        A file that is shorter than what was read of it was truncated: it starts over.
        """
        descriptor = self._open()
        status = os.fstat(descriptor)
        self.size = end = status.st_size
        self.changed = status.st_mtime_ns
        if end < self.offset:
            if last := self.last_line():
                yield last
            self.offset = 0
        while self.offset < end:
            chunk = os.pread(descriptor, self._unit, self.offset)
            if not chunk:
                return
            self.offset += len(chunk)
            if data := self._lines.feed(chunk):
                yield data

    def last_line(self) -> bytes:
        """Give what stands after the last newline, as a line. For a file that is over."""
        return self._lines.end()

    def too_long(self) -> int:
        """Count the lines that were too long, since the last call."""
        count, self._lines.too_long = self._lines.too_long, 0
        return count

    def close(self) -> None:
        """Give the descriptor back; the next read opens the file again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is None:
            descriptor = _open_same(self.path, self.identity)
            if descriptor is None:
                # Renamed to what no glob finds, which most often is in the same directory.
                descriptor = _open_sibling(self.path, self.identity)
            if descriptor is None:
                raise FileNotFoundError(self.path)
            self._descriptor = descriptor
        return self._descriptor


def _open_same(path: str, identity: Identity) -> int | None:
    """Open a path if it still is this file."""
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        return None
    if identify(os.fstat(descriptor)) == identity:
        return descriptor
    os.close(descriptor)
    return None


def _open_sibling(path: str, identity: Identity) -> int | None:
    """Open the file under whatever name it has in its directory now."""
    with os.scandir(os.path.dirname(path) or ".") as entries:  # noqa: PTH120 - a string is wanted
        for entry in entries:
            if entry.inode() == identity.inode:
                return _open_same(entry.path, identity)
    return None
