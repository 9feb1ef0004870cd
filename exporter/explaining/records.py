"""A file as the exporter reads it: whole records, each with the line on which it begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from exporter.formats import cutter_for
from exporter.sources.compressed import MAGIC_SIZE, Damaged, Unfinished, packing, unpack
from exporter.sources.lines import READ_UNIT, LineCutter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spec.mapping import Mapping


class Record(NamedTuple):
    """A line, an object over several lines, or a document: whole, with a newline.

    `line` counts from 1. `refused` says why it is not to be read, and is "" where it is.
    """

    line: int
    data: bytes
    refused: str = ""


def records(
    path: str, mapping: Mapping, wrapped: str = "", told: Callable[[int], None] | None = None
) -> Iterator[Record]:
    """Read a file's records, compressed or not. `told` hears how many bytes were read.

    Raises:
        OSError: it can't be read.
    """
    if mapping.format == "document":
        data = b"".join(_pieces(path, told))
        if data.strip():
            yield Record(1, data if data.endswith(b"\n") else data + b"\n")
        return
    cutter = (cutter_for(mapping, wrapped) or LineCutter)()
    number = begun = 1
    try:
        for piece, ended in _line_pieces(_pieces(path, told)):
            if not cutter.held():
                begun = number
            whole = cutter.feed(piece)
            if cutter.too_long:
                cutter.too_long = 0
                yield Record(begun, b"", "too_long")
            yield from _records(whole, begun, wrapped)
            number += ended
    except (Damaged, Unfinished):
        yield Record(number, b"", "damaged")
    yield from _records(cutter.end(), begun, wrapped)


def _records(whole: bytes, line: int, wrapped: str) -> Iterator[Record]:
    """Part what a cutter gave: objects that stand back to back are on one line.

    Parts of a container's line stay together.
    """
    parts = [whole[:-1]] if wrapped else whole[:-1].split(b"\n")
    yield from (Record(line, part + b"\n") for part in parts if whole)


def _line_pieces(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Cut at newlines; tell of each piece whether it ends a line."""
    for piece in pieces:
        *whole, rest = piece.split(b"\n")
        for line in whole:
            yield line + b"\n", True
        if rest:
            yield rest, False


def _pieces(path: str, told: Callable[[int], None] | None) -> Iterator[bytes]:
    """Read a file piece by piece.

    Raises:
        OSError: it can't be read.
        Damaged, Unfinished: it is compressed, and breaks off.
    """
    with Path(path).open("rb") as file:
        kind = packing(file.read(MAGIC_SIZE))
        file.seek(0)

        def read(size: int) -> bytes:
            data = file.read(size)
            if told:
                told(len(data))
            return data

        if kind:
            yield from unpack(read, kind)
            return
        while data := read(READ_UNIT):
            yield data
