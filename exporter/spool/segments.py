"""Segments: the files of a spool. One is written, by one thread; the others only wait to be read.

A segment that an earlier process began is never written again: nobody knows how it ended.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.disk import sync_folder
from exporter.spool.frames import frames

if TYPE_CHECKING:
    from pathlib import Path

SEGMENT_SIZE = 8 * 1024 * 1024
"""Bytes after which the next segment is begun. A segment may be longer by one push."""

_MAGIC = b"agspool1"
_IDENTITY_SIZE = 8
FIRST = len(_MAGIC) + _IDENTITY_SIZE
"""Where a segment's first frame begins."""

_NAME = re.compile(r"([0-9]{12})\.spool")


@dataclass(slots=True)
class Segment:
    """A file of frames; up to `end` they are safe on disk.

    Segments are read in the order of their numbers. `identity` tells it from another of the same
    number, where somebody has emptied the folder.
    """

    number: int
    identity: bytes
    path: Path
    end: int = FIRST


class SegmentWriter:
    """Writes a new segment. After an error it must be closed, and another be begun."""

    def __init__(self, folder: Path, number: int) -> None:
        """Begin a segment. Raises OSError, and then leaves no file."""
        path = folder / f"{number:012}.spool"
        self.segment = Segment(number, secrets.token_bytes(_IDENTITY_SIZE), path)
        self._descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            _write_all(self._descriptor, _MAGIC + self.segment.identity, 0)
            sync_folder(folder)
        except OSError:
            self.close()
            path.unlink()
            raise

    def append(self, data: bytes) -> None:
        """Write frames; they are on disk when this returns.

        Raises OSError, and has then cut off again what was written of them.
        """
        segment = self.segment
        try:
            _write_all(self._descriptor, data, segment.end)
            os.fsync(self._descriptor)
        except OSError:
            # Where even this fails, what is left is taken for damage after a restart.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, segment.end)
            raise
        segment.end += len(data)

    def close(self) -> None:
        """Give back the descriptor."""
        os.close(self._descriptor)


def load_segments(folder: Path) -> tuple[list[Segment], int]:
    """Find what an earlier process left, in order, and make it safe on disk.

    What is torn at the end of the last one was never acknowledged: it is cut off, and how many
    bytes that were is given too. Raises OSError.
    """
    found = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    segments = [segment for path in found if (segment := _load(path))]
    cut = _mend(segments[-1]) if segments else 0
    return segments, cut


def _load(path: Path) -> Segment | None:
    """Read a segment's head; remove one whose head is torn: nothing can follow it."""
    with path.open("rb") as file:
        head = file.read(FIRST)
        size = file.seek(0, os.SEEK_END)
    if len(head) < FIRST or not head.startswith(_MAGIC):
        path.unlink()
        return None
    return Segment(int(path.stem), head[len(_MAGIC) :], path, size)


def _mend(segment: Segment) -> int:
    """Cut off what is torn at the end."""
    with segment.path.open("r+b") as file:
        end = FIRST
        for frame in frames(file.fileno(), FIRST, segment.end):
            end = frame.end
        cut, segment.end = segment.end - end, end
        if cut:
            file.truncate(end)
        os.fsync(file.fileno())
    return cut


def _write_all(descriptor: int, data: bytes, start: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, start)
        rest, start = rest[written:], start + written
