"""The spool as a source: read like a file, and what a sender repeats counts once."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from exporter.model import Block, Noticed, Reject
from exporter.spool.frames import KEY_SIZE, NO_KEY, Frame, frames
from exporter.spool.segments import FIRST
from exporter.spool.spool import START, Position

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import FileIO

    from exporter.model import Plain
    from exporter.spool.segments import Segment
    from exporter.spool.spool import Spool

STREAM = "push"
"""The stream of everything that was pushed."""

PUSH = "push"
"""The rule under which a push, or a part of the spool, is rejected: no line was counted for it."""

BLOCK_SIZE = 32 * 1024
"""Bytes of a block, where no line is longer."""

KEYS = 100_000
"""Keys that are remembered; the oldest go first."""


class SpoolSource:
    """Reads a spool's frames in order. What comes first under a key counts, later ones don't.

    Rejects, under the rule PUSH: `repeat`, a push whose key was there before; `damaged`, a segment
    whose rest can't be used; `vanished`, one that somebody removed; `unreadable`, one that can't be
    read now.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._at = self._saved = START
        self._keys: set[bytes] = set()
        self._order: deque[bytes] = deque()  # of the keys, the oldest first
        self._new_keys: list[bytes] = []
        self._met = {"repeat": 0, "damaged": 0, "vanished": 0, "unreadable": 0}
        self._unreadable = False
        self._open: tuple[bytes, FileIO] | None = None

    def blocks(self) -> Iterator[Block]:
        """Give what is on disk and not yet read. Small pushes share a block."""
        joined = bytearray()
        for frame, given, after in self._unread():
            body, start = frame.body, given
            if joined and len(joined) + len(body) - start > BLOCK_SIZE:
                yield Block(STREAM, bytes(joined))
                joined.clear()
            if not given and self._repeated(frame.key):
                start = len(body)
            while len(body) - start > BLOCK_SIZE:
                end = _cut(body, start)
                self._at = after._replace(offset=frame.start, given=end)
                yield Block(STREAM, body[start:end])
                start = end
            joined += body[start:]
            self._at = after
        if joined:
            yield Block(STREAM, bytes(joined))

    def finish(self) -> Iterator[Block]:
        """Give what is left."""
        return self.blocks()

    def lag(self) -> int:
        """Bytes on disk that are not yet read."""
        return self._spool.unread(self._at)

    def lag_seconds(self) -> float:
        """How long the oldest push that is not read has been waiting."""
        return self._spool.waiting(self._at)

    def streams(self) -> int:
        """One."""
        return 1

    def noticed(self) -> Noticed:
        """Tell what was met since the last call, besides lines."""
        rejects = tuple(Reject(PUSH, reason, n) for reason, n in self._met.items() if n)
        self._met = dict.fromkeys(self._met, 0)
        return Noticed(rejects)

    def save(self, *, whole: bool) -> Plain:
        """Give the position, and the keys that are new."""
        if self._at == self._saved and not whole:
            return None
        self._saved = self._at
        keys = b"".join(self._order if whole else self._new_keys)
        self._new_keys.clear()
        segment = self._spool.segment(self._at.segment)
        identity = segment.identity if segment else b""
        return {"at": list(self._at), "identity": identity, "keys": keys}

    def restore(self, saved: Sequence[Plain]) -> None:
        """Go on where the last one stopped; from the start where that segment is not there."""
        for part in saved:
            for start in range(0, len(part["keys"]), KEY_SIZE):
                self._remember(part["keys"][start : start + KEY_SIZE])
        self._new_keys.clear()
        if saved:
            position = Position(*saved[-1]["at"])
            segment = self._spool.segment(position.segment)
            if segment and segment.identity == saved[-1]["identity"]:
                self._at = self._saved = position
                self._spool.saved(position)

    def committed(self) -> None:
        """Let the spool remove what was read before the last save."""
        self._spool.saved(self._saved)

    def close(self) -> None:
        """Give back the descriptor. The spool is its owner's to close."""
        if self._open:
            self._open[1].close()
            self._open = None

    def _unread(self) -> Iterator[tuple[Frame, int, Position]]:
        """Give the frames from here on, how much of each was given, and the position after it."""
        number, offset, given = self._at
        segment = self._spool.segment(number)
        while True:
            # Asked before reading: where another follows, this one grows no more.
            following = self._spool.next_segment(number)
            if segment:
                for frame in self._frames(segment, offset):
                    yield frame, given, Position(number, frame.end, 0)
                    given = 0
            if following is None or (segment and self._unreadable):
                return
            segment, number, offset = following, following.number, FIRST

    def _frames(self, segment: Segment, start: int) -> Iterator[Frame]:
        """Give a segment's frames; count what keeps the rest of it from being read."""
        reason, end = "damaged", segment.end
        try:
            for frame in frames(self._descriptor(segment), start, end):
                yield frame
                start = frame.end
        except FileNotFoundError:
            reason = "vanished"
        except OSError:
            # Nothing is lost yet: the next pass tries again.
            self._met["unreadable"] += not self._unreadable
            self._unreadable = True
            return
        self._unreadable = False
        if start < end:
            self._met[reason] += 1
            self._at = Position(segment.number, end, 0)

    def _descriptor(self, segment: Segment) -> int:
        """Hold one segment open, the one that is read."""
        if self._open is None or self._open[0] != segment.identity:
            self.close()
            self._open = segment.identity, segment.path.open("rb", buffering=0)
        return self._open[1].fileno()

    def _repeated(self, key: bytes) -> bool:
        """Tell whether a key was there before; remember it."""
        if key == NO_KEY:
            return False
        if key in self._keys:
            self._met["repeat"] += 1
            return True
        self._remember(key)
        self._new_keys.append(key)
        return False

    def _remember(self, key: bytes) -> None:
        self._keys.add(key)
        self._order.append(key)
        if len(self._order) > KEYS:
            self._keys.remove(self._order.popleft())


def _cut(body: bytes, start: int) -> int:
    """Find where a block ends: after the last line that fits, or after one that is longer."""
    end = body.rfind(b"\n", start, start + BLOCK_SIZE)
    return (body.index(b"\n", start) if end < 0 else end) + 1
