"""Standard input: lines that another program pipes in."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import stat
import struct
import termios
from typing import TYPE_CHECKING

from exporter.model import FILE, LINE, Block, Reject
from exporter.sources.lines import MAX_LINE, READ_UNIT, LineCutter

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAM = "stdin"

PIPE_SIZE = 1024 * 1024
"""Bytes that a pipe should hold, so that the program that writes rarely waits between two looks."""


class StdinSource:
    """One stream, read without waiting; its last line counts at its end, newline or not.

    Rejects: LINE too_long; FILE unreadable, where reading fails, and then the stream has ended.
    """

    def __init__(self, descriptor: int = 0, *, max_line: int = MAX_LINE) -> None:
        self._descriptor = descriptor
        self._unit = min(READ_UNIT, max_line)
        self._lines = LineCutter(max_line)
        self._ended = False
        self._failed = 0
        with contextlib.suppress(OSError):  # No pipe, or not allowed: smaller does as well.
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_SIZE)

    def blocks(self) -> Iterator[Block]:
        """Give what can be read without waiting."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        while not self._ended and poll.poll(0):
            yield from self._read()

    def finish(self) -> Iterator[Block]:
        """Wait for the end, and give all until there."""
        while not self._ended:
            yield from self._read()

    def lag(self) -> int:
        """Bytes that wait in the pipe, or are left in the file that standard input is."""
        if self._ended:
            return 0
        try:
            status = os.fstat(self._descriptor)
            if stat.S_ISREG(status.st_mode):
                return max(0, status.st_size - os.lseek(self._descriptor, 0, os.SEEK_CUR))
            waiting = fcntl.ioctl(self._descriptor, termios.FIONREAD, bytes(4))
        except OSError:
            return 0
        return int(struct.unpack("i", waiting)[0])

    def streams(self) -> int:
        """One until it ends."""
        return int(not self._ended)

    def rejects(self) -> tuple[Reject, ...]:
        """What could not be read since the last call."""
        too_long, self._lines.too_long = self._lines.too_long, 0
        failed, self._failed = self._failed, 0
        counts = (Reject(LINE, "too_long", too_long), Reject(FILE, "unreadable", failed))
        return tuple(reject for reject in counts if reject.count)

    def _read(self) -> Iterator[Block]:
        """Take one piece. At the end of the stream, give the last line too."""
        try:
            chunk = os.read(self._descriptor, self._unit)
        except BlockingIOError:
            select.select([self._descriptor], [], [])
            return
        except OSError:
            self._failed += 1
            chunk = b""
        self._ended = not chunk
        if data := self._lines.feed(chunk) if chunk else self._lines.end():
            yield Block(STREAM, data)
