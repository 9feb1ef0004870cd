"""The beginning of a file, unpacked: enough of it to tell whose log it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from exporter.sources.compressed import MAGIC_SIZE, Damaged, Unfinished, packing, unpack
from exporter.sources.lines import BOM, READ_UNIT

if TYPE_CHECKING:
    from collections.abc import Iterator

ENOUGH = 256 * 1024
"""Bytes that are looked at. A transcript's first lines may be long."""

MOST = 16 * 1024 * 1024
"""Bytes that are looked at where not even one line has ended before, or a document."""


class Head(NamedTuple):
    """What a file begins with. `whole`: that is all of it. `packed`: it was compressed."""

    data: bytes
    whole: bool
    packed: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it may be a log at all."""
        return bool(self.data.strip()) and b"\0" not in self.data

    def lines(self) -> bytes:
        """Give the lines that are whole, each with its newline."""
        if self.whole:
            return self.data if self.data.endswith(b"\n") else self.data + b"\n"
        return self.data[: self.data.rfind(b"\n") + 1]


def read_head(path: str, *, document: bool = False) -> Head:
    """Read a file's beginning; of a document all, within reason.

    Raises:
        OSError: it can't be read.
    """
    data, whole = bytearray(), True
    with Path(path).open("rb") as file:
        kind = packing(file.read(MAGIC_SIZE))
        file.seek(0)
        pieces: Iterator[bytes] = (
            unpack(file.read, kind) if kind else iter(lambda: file.read(READ_UNIT), b"")
        )
        try:
            for piece in pieces:
                data += piece
                enough = len(data) >= ENOUGH and not document and b"\n" in data
                if enough or len(data) >= MOST or b"\0" in piece:
                    whole = False
                    break
        except (Damaged, Unfinished):
            whole = False
    return Head(bytes(data.removeprefix(BOM)), whole, bool(kind))
