"""Cuts a stream of bytes into blocks of whole lines, in bounded memory."""

from __future__ import annotations

BOM = b"\xef\xbb\xbf"

READ_UNIT = 32 * 1024
"""Bytes read at once. Larger blocks fall out of the processor's cache and decode more slowly."""

MAX_LINE = 16 * 1024 * 1024
"""Bytes of the longest line that is read. Transcripts of agents do reach megabytes."""


class LineCutter:
    """Takes what was read, gives whole lines, and keeps the unfinished last line.

    A line longer than `max_line` bytes is skipped, whatever its length, and counted in `too_long`.
    A UTF-8 byte order mark before the first line is dropped.
    """

    __slots__ = ("_at_start", "_max_line", "_rest", "_skipping", "too_long")

    def __init__(self, max_line: int = MAX_LINE) -> None:
        self.too_long = 0
        self._max_line = max_line
        self._rest = bytearray()
        self._skipping = False
        self._at_start = True

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; give the lines that are complete now, or nothing."""
        most = self._max_line
        if len(chunk) <= most:
            return self._feed(chunk)
        pieces = (chunk[at : at + most] for at in range(0, len(chunk), most))
        return b"".join(map(self._feed, pieces))

    def held(self) -> int:
        """Bytes of the unfinished line that are kept."""
        return len(self._rest)

    def end(self) -> bytes:
        """The stream is over: give its last line, with a newline, if it had none; start anew."""
        data = bytes(self._rest)
        if self._at_start:
            data = self._from_start(data)
        self.resume(at_start=True, skipping=False)
        return data + b"\n" if data else b""

    @property
    def skipping(self) -> bool:
        """Whether it is amid a line that is too long, counted already, to be skipped to its end."""
        return self._skipping

    def resume(self, *, at_start: bool, skipping: bool) -> None:
        """Begin in the middle of a stream, or amid a line that is skipped."""
        self._rest.clear()
        self._skipping = skipping
        self._at_start = at_start

    def _feed(self, chunk: bytes) -> bytes:
        """Take at most `max_line` bytes."""
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            self._keep(chunk)
            return b""
        start = 0
        if self._skipping:
            start = chunk.find(b"\n") + 1
            self._skipping = False
        elif len(self._rest) + cut > self._max_line:
            # Only the first line can be too long: the others are within this chunk.
            first = chunk.find(b"\n")
            if len(self._rest) + first > self._max_line:
                self._give_up_line()
                start = first + 1
        lines = memoryview(chunk)[start:cut]
        data = b"".join((self._rest, lines))
        self._rest.clear()
        if self._at_start:
            data = self._from_start(data)
        if cut < len(chunk):
            self._keep(chunk[cut:])
        return data

    def _keep(self, part: bytes) -> None:
        if self._skipping:
            return
        self._rest += part
        if len(self._rest) > self._max_line:
            self._give_up_line()
            self._skipping = True

    def _give_up_line(self) -> None:
        self.too_long += 1
        self._rest.clear()
        self._at_start = False

    def _from_start(self, data: bytes) -> bytes:
        self._at_start = False
        return data.removeprefix(BOM)
