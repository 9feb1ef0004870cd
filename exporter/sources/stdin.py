"""Standard input: lines that another program pipes in."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import stat
import struct
import termios
import time
from typing import TYPE_CHECKING

from exporter.model import FILE, LINE, Block, Noticed, Reject
from exporter.sources.lines import READ_UNIT, LineCutter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from exporter.model import Cutter, Plain

STREAM = "stdin"

PIPE_SIZE = 1024 * 1024
"""Bytes that a pipe should hold, so that the program that writes rarely waits between two looks."""


class StdinSource:
    """One stream, read without waiting; its last line counts at its end, newline or not.

    Rejects: LINE too_long; FILE unreadable, where reading fails, and then the stream has ended.
    """

    def __init__(
        self,
        descriptor: int = 0,
        *,
        new_cutter: Callable[[], Cutter] = LineCutter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._descriptor = descriptor
        self._lines = new_cutter()
        self._clock = clock
        self._read_at = clock()
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

    def lag_seconds(self) -> float:
        """How long ago was read, if anything waits."""
        return self._clock() - self._read_at if self.lag() else 0.0

    def noticed(self) -> Noticed:
        """Tell what was met since the last call."""
        too_long, self._lines.too_long = self._lines.too_long, 0
        failed, self._failed = self._failed, 0
        counts = (Reject(LINE, "too_long", too_long), Reject(FILE, "unreadable", failed))
        return Noticed(tuple(reject for reject in counts if reject.count))

    def save(self, *, whole: bool) -> Plain:  # noqa: ARG002 (there is nothing, however asked)
        """Give nothing: what was read can't be read again."""
        return None

    def restore(self, saved: Sequence[Plain]) -> None:
        """Do nothing: another program writes now."""

    def committed(self) -> None:
        """Do nothing: what was read is gone already."""

    def close(self) -> None:
        """Do nothing: the descriptor belongs to whoever opened it."""

    def _read(self) -> Iterator[Block]:
        """Take one piece. At the end of the stream, give the last line too."""
        try:
            chunk = os.read(self._descriptor, READ_UNIT)
        except BlockingIOError:
            select.select([self._descriptor], [], [])
            return
        except OSError:
            self._failed += 1
            chunk = b""
        self._ended = not chunk
        self._read_at = self._clock()
        if data := self._lines.feed(chunk) if chunk else self._lines.end():
            yield Block(STREAM, data)
