"""The spool itself: many threads append and wait for the disk together, one reader follows."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from exporter.disk import sync_folder
from exporter.spool.frames import encode, key_of
from exporter.spool.segments import (
    FIRST,
    SEGMENT_SIZE,
    Segment,
    SegmentWriter,
    load_segments,
)

if TYPE_CHECKING:
    from pathlib import Path

_LOG = logging.getLogger(__name__)

_FINE = 1.0
"""Seconds of arrivals that are remembered as one."""


class SpoolError(Exception):
    """The disk refuses, or the spool is closed. The message says why; nothing was kept."""


class SpoolFull(Exception):  # noqa: N818 (not an error of the program)
    """What waits to be read has reached the limit. The sender should come again later."""


class Position(NamedTuple):
    """A place between two bytes of the spool: all before it was read.

    `offset` is where a frame begins, `given` how much of that frame's body was read.
    """

    segment: int
    offset: int
    given: int


START = Position(0, 0, 0)
"""Before every segment."""


@dataclass(slots=True, eq=False)
class _Push:
    """A frame that waits for the disk."""

    frame: bytes
    done: bool = False
    error: str = ""


class Spool:
    """A folder of segments, of which no more than `limit` bytes wait to be read and saved.

    Any thread may append; what was appended is on disk when that returns. Only what is on disk can
    be read. Raises SpoolError where the folder can't be used.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder, self._limit = folder, limit
        self._lock = threading.Lock()  # guards all below but the writer
        self._disk = threading.Lock()  # guards the writer: one thread writes for all that wait
        self._queue: deque[_Push] = deque()
        self._queued = 0
        self._consumed = START
        self._arrivals: deque[tuple[Position, float]] = deque()
        self._writer: SegmentWriter | None = None
        self._closed = False
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(folder.parent)
            loaded, cut = load_segments(folder)
        except OSError as error:
            raise SpoolError(f"{folder}: the spool can't be used: {error.strerror}") from error
        if cut:
            _LOG.info(
                "a push that was never acknowledged is cut off", extra={"fields": {"bytes": cut}}
            )
        self._segments = {segment.number: segment for segment in loaded}
        for segment in loaded:
            self._arrived(segment, _age(segment.path))

    # ---- senders

    def append(self, key: str | bytes | None, body: bytes) -> None:
        """Keep a body, which ends with a newline. It is safe on disk when this returns.

        A body whose key was read before counts as nothing. Raises SpoolFull and SpoolError.
        """
        push = _Push(encode(key_of(key), body))
        size = len(push.frame)
        with self._lock:
            if self._unsaved() + self._queued + size > self._limit:
                raise SpoolFull(f"{self._limit} bytes wait to be read already")
            self._queue.append(push)
            self._queued += size
        with self._disk:
            while not push.done:  # Whoever had the disk before may have written this one too.
                self._write_some()
        if push.error:
            raise SpoolError(push.error)

    def close(self) -> None:
        """Take no more."""
        with self._disk:
            self._closed = True
            self._end_segment()

    def _write_some(self) -> None:
        """Write as many of those that wait as fit a segment, with one wait for the disk."""
        with self._lock:
            pushes = [self._queue.popleft()]
            size = len(pushes[0].frame)
            while self._queue and size + len(self._queue[0].frame) <= SEGMENT_SIZE:
                pushes.append(self._queue.popleft())
                size += len(pushes[-1].frame)
        error = self._stored(b"".join(push.frame for push in pushes))
        with self._lock:
            self._queued -= size
        for push in pushes:
            push.error, push.done = error, True

    def _stored(self, data: bytes) -> str:
        """Put frames on disk and let the reader see them; give why that failed, or nothing."""
        if self._closed:
            return "the exporter is stopping"
        try:
            writer = self._room_for(len(data))
            writer.append(data)
        except OSError as error:
            _LOG.warning("a push can't be kept", extra={"fields": {"reason": error.strerror}})
            self._end_segment()
            return f"the disk refuses: {error.strerror}"
        with self._lock:
            self._segments[writer.segment.number] = writer.segment
            self._arrived(writer.segment, 0.0)
        return ""

    def _room_for(self, size: int) -> SegmentWriter:
        """Give the segment that is written, or begin one."""
        if self._writer and FIRST < self._writer.segment.end > SEGMENT_SIZE - size:
            self._end_segment()
        if self._writer is None:
            with self._lock:
                number = max(self._segments, default=0) + 1
            self._writer = SegmentWriter(self._folder, number)
        return self._writer

    def _end_segment(self) -> None:
        """Write this segment no more; remove it if nothing came to be in it."""
        writer, self._writer = self._writer, None
        if writer:
            writer.close()
            if writer.segment.end == FIRST:
                writer.segment.path.unlink(missing_ok=True)

    # ---- the reader

    def segment(self, number: int) -> Segment | None:
        """Find a segment by its number."""
        with self._lock:
            return self._segments.get(number)

    def next_segment(self, number: int) -> Segment | None:
        """Find the segment that is read after this one; where there is one, this one is over."""
        with self._lock:
            after = [other for other in self._segments if other > number]
            return self._segments[min(after)] if after else None

    def saved(self, position: Position) -> None:
        """All before a position was read, and that is saved: it needs to be kept no longer."""
        with self._lock:
            self._consumed = position
            over = [s for number, s in self._segments.items() if number < position.segment]
            for segment in over:
                del self._segments[segment.number]
        for segment in over:
            segment.path.unlink(missing_ok=True)

    def unread(self, position: Position) -> int:
        """Bytes on disk after a position."""
        with self._lock:
            return self._after(position)

    def waiting(self, position: Position) -> float:
        """Seconds that the oldest bytes after a position have been waiting."""
        with self._lock:
            while self._arrivals and self._arrivals[0][0] <= position:
                self._arrivals.popleft()
            return time.monotonic() - self._arrivals[0][1] if self._arrivals else 0.0

    def _unsaved(self) -> int:
        return self._after(self._consumed)

    def _after(self, position: Position) -> int:
        total = 0
        for number, segment in self._segments.items():
            if number >= position.segment:
                read = position.offset + position.given if number == position.segment else FIRST
                total += max(0, segment.end - read)
        return total

    def _arrived(self, segment: Segment, age: float) -> None:
        """Remember when a segment grew, to a second."""
        end = Position(segment.number, segment.end, 0)
        when = time.monotonic() - age
        if self._arrivals and when - self._arrivals[-1][1] < _FINE:
            _, when = self._arrivals.pop()
        self._arrivals.append((end, when))


def _age(path: Path) -> float:
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except OSError:
        return 0.0
