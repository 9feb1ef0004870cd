"""Frames: how one received body lies in a segment, so that a torn or rotten one is recognised."""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_SIZE = 16
"""Bytes of a key: a hash, because a sender's own words have no length and are nobody's business."""

NO_KEY = bytes(KEY_SIZE)
"""Stands where the sender gave no key."""

READ_UNIT = 256 * 1024
"""Bytes read at once, unless a frame is larger."""

_CHECKED = struct.Struct(f"<I{KEY_SIZE}s")  # the body's length, the key
_HEAD = struct.Struct(f"<I{_CHECKED.size}s")  # the checksum of all that follows, and that
HEAD_SIZE = _HEAD.size


@dataclass(frozen=True, slots=True)
class Frame:
    """A body in a segment: it lies from `start` to `end`, its head included."""

    start: int
    end: int
    key: bytes
    body: bytes


def key_of(text: str | bytes | None) -> bytes:
    """Make a key of what the sender calls its push, or of the push itself; NO_KEY of nothing."""
    if text is None:
        return NO_KEY
    # Headers come as Latin-1, of which every byte is a letter.
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return blake2b(data, digest_size=KEY_SIZE).digest()


def encode(key: bytes, body: bytes) -> bytes:
    """Give a frame's bytes."""
    checked = _CHECKED.pack(len(body), key)
    return _HEAD.pack(zlib.crc32(body, zlib.crc32(checked)), checked) + body


def frames(descriptor: int, start: int, end: int) -> Iterator[Frame]:
    """Read the frames of a file, up to `end` or to the first that is torn or damaged.

    The last frame's end tells which of both it was. Raises OSError.
    """
    window = _Window(descriptor, end)
    while len(head := window.read(start, HEAD_SIZE)) == HEAD_SIZE:
        checksum, checked = _HEAD.unpack(head)
        length, key = _CHECKED.unpack(checked)
        body = window.read(start + HEAD_SIZE, length)
        if len(body) != length or zlib.crc32(body, zlib.crc32(checked)) != checksum:
            return
        frame = Frame(start, start + HEAD_SIZE + length, key, body)
        yield frame
        start = frame.end


class _Window:
    """The part of a file that was read last, so that small frames cost no call each."""

    def __init__(self, descriptor: int, end: int) -> None:
        self._descriptor, self._end = descriptor, end
        self._start, self._data = 0, b""

    def read(self, start: int, size: int) -> bytes:
        """Give bytes from a place on, fewer where the end comes first."""
        size = max(0, min(size, self._end - start))  # a damaged head may tell of gigabytes
        if not self._start <= start <= start + size <= self._start + len(self._data):
            wanted = min(max(size, READ_UNIT), self._end - start)
            self._start, self._data = start, _read_all(self._descriptor, wanted, start)
        skipped = start - self._start
        return self._data[skipped : skipped + size]


def _read_all(descriptor: int, size: int, start: int) -> bytes:
    """Read so many bytes, fewer only at the end of the file: one call may give less."""
    data = b""
    while part := os.pread(descriptor, size - len(data), start + len(data)):
        data += part
    return data
