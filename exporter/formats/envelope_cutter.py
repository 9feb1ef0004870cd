"""Cuts a stream of wrapped lines where no container's line is open, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.formats.decoded import MAX_RECORD

if TYPE_CHECKING:
    from exporter.formats.envelopes import Envelope


class EnvelopeCutter:
    """Gives wrapped lines as they are, all parts of a container's line together.

    Feed it at most `max_record` bytes at once. A container's line that is not complete so many
    bytes after it began is too long: its parts are taken out, lines of another stream that stand
    between them are given. Where a reader starts anew amid such a line, the first line that it
    reads tells the stream. Places are counted in bytes from the beginning of the reading.
    """

    _amid_line: bool
    """A wrapped line was given up before its end."""

    def __init__(self, envelope: Envelope, max_record: int = MAX_RECORD) -> None:
        self.too_long = 0
        self._envelope = envelope
        self._max = max_record
        self._rest = bytearray()
        self._begin(unsure=False)

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; give the lines before the first one that is open."""
        if self._amid_line:
            _, newline, chunk = chunk.partition(b"\n")
            if not newline:
                return b""
            self._amid_line = False
        self._rest += chunk
        end = self._base + len(self._rest)
        cut = chunk.rfind(b"\n") + 1
        given = self._lines(end - len(chunk) + cut) if cut else b""
        if end - self._seen > self._max:
            given += self._give_up_line(end)
        return given

    def held(self) -> int:
        """Bytes from the first line on that is open, or not whole."""
        return len(self._rest)

    def end(self) -> bytes:
        """The stream is over: give what is there, parts too; start anew."""
        data = self.feed(b"\n") if self._base + len(self._rest) > self._seen else b""
        data += self._give(self._seen)
        self._begin(unsure=False)
        return data

    @property
    def skipping(self) -> bool:
        """Whether the rest of a line that is too long is still to come."""
        return self._amid_line or self._unsure or bool(self._skipped)

    def resume(self, *, at_start: bool, skipping: bool) -> None:  # noqa: ARG002 (the first line is like any other)
        """Begin in the middle of a stream, or amid a line that is skipped."""
        self._begin(unsure=skipping)

    def _begin(self, *, unsure: bool) -> None:
        self._rest.clear()
        self._base = 0  # the place of what is held
        self._seen = 0  # the place after the lines that were looked at
        self._open: dict[str, list[tuple[int, int]]] = {}  # by stream, the places of the parts
        self._taken_out: list[tuple[int, int]] = []
        self._skipped: set[str] = set()  # streams amid a line that was given up
        self._amid_line = False
        self._unsure = unsure  # one of the two; the next line tells which

    def _lines(self, end: int) -> bytes:
        """Look at the lines up to a place; give those that nothing open stands before."""
        whole = bytes(self._rest[self._seen - self._base : end - self._base])
        quiet = not (self._open or self._skipped or self._unsure)
        if quiet and whole.find(b"\n") <= self._max and self._envelope.contents(whole) is not None:
            self._seen = end
            return self._give(end)
        free = self._base
        for line in whole.split(b"\n")[:-1]:
            start, self._seen = self._seen, self._seen + len(line) + 1
            self._look(line, start, self._seen)
            if not self._open:
                free = self._seen
        return self._give(free)

    def _look(self, line: bytes, start: int, end: int) -> None:
        """Note what a line opens and completes."""
        unsure, self._unsure = self._unsure, False
        too_long = len(line) > self._max
        piece = None if too_long else self._envelope.read(line)
        if too_long or (unsure and piece is None):
            self.too_long += not unsure
            self._taken_out.append((start, end))
        if piece is not None:
            if unsure:
                self._skipped.add(piece.stream)
            places = self._open.setdefault(piece.stream, [])
            places.append((start, end))
            if piece.stream in self._skipped:
                self._taken_out += self._open.pop(piece.stream)
        self._give_up_open(end)
        if piece is not None and piece.last:
            self._open.pop(piece.stream, None)
            self._skipped.discard(piece.stream)

    def _give_up_open(self, end: int) -> None:
        """Give up what has been open for too many bytes."""
        for stream, places in list(self._open.items()):
            if end - 1 - places[0][0] > self._max:
                self.too_long += 1
                self._taken_out += self._open.pop(stream)
                self._skipped.add(stream)

    def _give_up_line(self, end: int) -> bytes:
        """Give up a line that is too long before it is whole; give what was before it."""
        self.too_long += not self._unsure
        self._unsure = False
        self._amid_line = True
        self._give_up_open(end)
        given = self._give(self._seen)
        self._rest.clear()
        self._base = self._seen = end
        return given

    def _give(self, end: int) -> bytes:
        """Give what is held up to a place, but for what was taken out."""
        parts, at = [], self._base
        for start, stop in sorted(self._taken_out):
            if stop <= end:
                parts.append(self._rest[at - self._base : start - self._base])
                at = stop
        parts.append(self._rest[at - self._base : end - self._base])
        self._taken_out = [place for place in self._taken_out if place[1] > end]
        del self._rest[: end - self._base]
        self._base = end
        return b"".join(parts)
