"""What makes bytes the same content again: a file's number, and hashes of what was read of it."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from exporter.model import Plain

HEAD = 1024
"""Bytes at the start of a content by which it is known again. Fewer, where fewer were read."""

LAST = 64
"""Bytes before a place by which the place is known again."""

ReadAt: TypeAlias = "Callable[[int, int], bytes]"
"""Gives so many bytes of a content from an offset on, or fewer where it ends."""


class Identity(NamedTuple):
    """A file by device and inode.

    A file system may give a deleted file's inode to a new one; an open descriptor keeps it taken.
    """

    device: int
    inode: int


def identify(stat: os.stat_result) -> Identity:
    """Tell which file this is."""
    return Identity(stat.st_dev, stat.st_ino)


class Print(NamedTuple):
    """The hash of some bytes of a content: `size` of them, which end at the offset `at`."""

    at: int
    size: int
    digest: bytes

    def fits(self, read_at: ReadAt) -> bool:
        """Tell whether the same bytes stand there."""
        data = read_at(self.size, self.at - self.size) if self.size else b""
        return len(data) == self.size and _digest(data) == self.digest


def imprint(at: int, data: bytes) -> Print:
    """Hash bytes that end at an offset."""
    return Print(at, len(data), _digest(data))


class Prints(NamedTuple):
    """What a content is known again by. Only hashes: its text has no place in a checkpoint.

    `head` is of its first bytes, `last` of those before what was read of it, `earlier` of those
    before what had been read one look before.
    """

    head: Print
    last: Print
    earlier: Print

    def fit(self, read_at: ReadAt) -> bool:
        """Tell whether what is read here begins with all that was read of the content."""
        return self.head.fits(read_at) and self.last.fits(read_at)

    def fit_earlier(self, read_at: ReadAt) -> bool:
        """Tell whether what is read here begins with nearly all that was read of the content."""
        return self.earlier.size > 0 and self.head.fits(read_at) and self.earlier.fits(read_at)

    def plain(self) -> Plain:
        """Give it as it is saved."""
        return [list(part) for part in self]

    @classmethod
    def from_plain(cls, saved: Plain) -> Prints:
        """Take it as it was saved."""
        return cls(*(Print(*part) for part in saved))


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


NOTHING = Prints(imprint(0, b""), imprint(0, b""), imprint(0, b""))
"""The prints of a content of which nothing was read; they fit everything."""


class Trail:
    """A content's bytes as they pass: enough of them to know the content again.

    `at` is the offset up to which it was read, `last` are the bytes before it.
    """

    __slots__ = ("_earlier", "_full", "_head", "at", "last")

    def __init__(self, head: bytes, last: bytes, at: int) -> None:
        self.at = at
        self.last = last
        self._earlier = (at, last)
        self._head = b""
        self._full: Print | None = None  # of the head, once it can't grow any more
        self._grow(head)

    @classmethod
    def found(cls, read_at: ReadAt, at: int) -> Trail:
        """Take up a content at an offset."""
        size = min(LAST, at)
        return cls(read_at(min(HEAD, at), 0), read_at(size, at - size), at)

    def follow(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if self._full is None:
            self._grow(chunk)
        self.last = chunk[-LAST:] if len(chunk) >= LAST else (self.last + chunk)[-LAST:]
        self.at += len(chunk)

    def follow_zeros(self, count: int) -> None:
        """Take so many NUL bytes."""
        few = min(count, HEAD + LAST)
        self.follow(bytes(few))
        self.at += count - few

    def rest_here(self) -> None:
        """Note the place, as that of a look."""
        self._earlier = (self.at, self.last)

    def begins(self, head: bytes) -> bool:
        """Tell whether the content begins as what is given, which is its first 1024 bytes."""
        if self._full is not None:
            return imprint(HEAD, head) == self._full
        return head.startswith(self._head)

    def prints(self) -> Prints:
        """Hash what is needed."""
        head = self._full or imprint(len(self._head), self._head)
        return Prints(head, imprint(self.at, self.last), imprint(*self._earlier))

    def _grow(self, chunk: bytes) -> None:
        self._head += chunk[: HEAD - len(self._head)]
        if len(self._head) == HEAD:
            self._full = imprint(HEAD, self._head)
            self._head = b""
