"""Compressed files, unpacked piece by piece in bounded memory."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import TYPE_CHECKING, Protocol

from exporter.sources.identity import HEAD
from exporter.sources.lines import READ_UNIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAGIC = {
    "gz": b"\x1f\x8b\x08",
    "bz2": b"BZh",
    "xz": b"\xfd7zXZ\x00",
    "zst": b"\x28\xb5\x2f\xfd",
}
_BZ2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # A text may begin with BZh.

MAGIC_SIZE = 10
"""Bytes at the start of a file that tell whether it is compressed."""

_MEMORY = 128 * 1024 * 1024
"""Bytes that a decompressor may need at most; what asks for more counts as damaged."""

_ZSTD_INPUT = 256
"""Compressed bytes handed to zstd at once: they make at most 8 MiB, as a block has 4 or more."""

_WINDOW = 2 * HEAD
"""Bytes that can be read once more after they were unpacked."""


class Unfinished(Exception):  # noqa: N818 (the file is not wrong: somebody may still write it)
    """The compressed data breaks off."""


class Damaged(Exception):  # noqa: N818 (what is wrong is the file)
    """The compressed data can't be unpacked from somewhere on."""


def packing(head: bytes) -> str:
    """Tell by its first bytes how a file is compressed: gz, bz2, xz, zst, or "" if it is not."""
    for name, magic in _MAGIC.items():
        if head.startswith(magic):
            return name if name != "bz2" or head[4:].startswith(_BZ2_BLOCKS) else ""
    return ""


def plain_name(path: str) -> str:
    """Give the name that a compressed file had before; "" for a name without such an ending."""
    stem, _, ending = path.rpartition(".")
    return stem if ending in _MAGIC else ""


def unpack(read: Callable[[int], bytes], kind: str) -> Iterator[bytes]:
    """Give the content of a compressed file, in pieces of at most 32 KiB.

    Several compressed streams one after the other are one content, as for the tools.

    Raises:
        Unfinished: the file ends before its content does.
        Damaged: it can't be read on.
    """
    left = read(READ_UNIT)
    while left:
        decoder = _DECODERS[kind]()
        while not decoder.eof:
            if decoder.needs_input:
                left = left or read(READ_UNIT)
                if not left:
                    raise Unfinished
            data = _decompress(decoder, left)
            left = b""
            for at in range(0, len(data), READ_UNIT):
                yield data[at : at + READ_UNIT]
        left = decoder.unused_data or read(READ_UNIT)
        while left and not (left := left.lstrip(b"\0")):  # padding
            left = read(READ_UNIT)


class Unpacked:
    """A compressed file's content by offset, for who reads forward only.

    `at` is how far it came, `unfinished` tells that there it broke off.
    """

    def __init__(self, read: Callable[[int], bytes], kind: str) -> None:
        self._pieces = unpack(read, kind)
        self._window = b""
        self.at = 0
        self.unfinished = False

    def read_at(self, size: int, at: int) -> bytes:
        """Give bytes from an offset on, not before what was given already, but for 1 KiB.

        Raises:
            Damaged: it can't be unpacked up to there.
        """
        while self.at < at + size:
            try:
                piece = next(self._pieces)
            except Unfinished:
                self.unfinished = True
                break
            except StopIteration:
                break
            self._window = self._window[-_WINDOW:] + piece
            self.at += len(piece)
        start = at - (self.at - len(self._window))
        return self._window[start : start + size] if start >= 0 else b""


class _Decoder(Protocol):
    """What the decoders of the standard library have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def _decompress(decoder: _Decoder, data: bytes) -> bytes:
    try:
        return decoder.decompress(data, READ_UNIT)
    except Exception as error:  # each library has errors of its own, down to OSError
        raise Damaged(str(error)) from error


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._more = False  # zlib may hold back what there was no room for

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._more

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        given = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self._more = len(given) == max_length or bool(self._inner.unconsumed_tail)
        return given


class _Zstd:
    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415 (most hosts have no such file)

        self._inner = zstandard.ZstdDecompressor(max_window_size=_MEMORY).decompressobj()
        self._left = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._left

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data + self._left

    def decompress(self, data: bytes, max_length: int) -> bytes:  # noqa: ARG002 (bounded by input)
        self._left += data
        given, self._left = self._left[:_ZSTD_INPUT], self._left[_ZSTD_INPUT:]
        return self._inner.decompress(given)


_DECODERS: dict[str, Callable[[], _Decoder]] = {
    "gz": _Gzip,
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(memlimit=_MEMORY),
    "zst": _Zstd,
}
