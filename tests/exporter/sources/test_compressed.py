"""Compressed bytes are unpacked in small pieces, and what is wrong with them is told."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from exporter.sources.compressed import Damaged, Unfinished, Unpacked, packing, plain_name, unpack
from exporter.sources.lines import READ_UNIT

if TYPE_CHECKING:
    from collections.abc import Callable

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}
every_kind = pytest.mark.parametrize("kind", COMPRESS)
DATA = b"".join(b"%d\n" % (number * number) for number in range(30_000))


@every_kind
@pytest.mark.parametrize("data", [b"", b"x", DATA, bytes(READ_UNIT), bytes(10 * READ_UNIT)])
def test_what_was_packed_comes_back_in_small_pieces(kind: str, data: bytes) -> None:
    packed = COMPRESS[kind](data)
    assert packing(packed[:10]) == kind
    pieces = list(unpack(io.BytesIO(packed + packed).read, kind))
    assert b"".join(pieces) == data + data
    assert all(0 < len(piece) <= READ_UNIT for piece in pieces)


@every_kind
def test_padding_at_the_end_is_none_of_the_content(kind: str) -> None:
    assert b"".join(unpack(io.BytesIO(COMPRESS[kind](b"x") + bytes(99_999)).read, kind)) == b"x"


@every_kind
def test_all_before_the_place_where_it_breaks_off_is_given(kind: str) -> None:
    packed = COMPRESS[kind](DATA)
    given: list[bytes] = []
    with pytest.raises(Unfinished):
        given.extend(unpack(io.BytesIO(packed[:-1]).read, kind))
    assert DATA.startswith(b"".join(given))


@every_kind
@given(data=st.binary(min_size=1, max_size=200))
def test_any_bytes_are_damaged_at_worst(kind: str, data: bytes) -> None:
    packed = bytearray(COMPRESS[kind](DATA[:500]))
    packed[10 : 10 + len(data)] = data
    with contextlib.suppress(Damaged, Unfinished):
        assert all(unpack(io.BytesIO(packed).read, kind))


@every_kind
def test_a_content_is_read_forward_by_offset(kind: str) -> None:
    content = Unpacked(io.BytesIO(COMPRESS[kind](DATA)).read, kind)
    end = len(DATA)
    places = [(1024, 0), (64, 0), (64, 900), (64, 100_000), (0, 100_064), (64, end - 64), (64, end)]
    assert [content.read_at(*place) for place in places] == [
        DATA[at : at + size] for size, at in places
    ]


def test_a_text_is_not_compressed_whatever_it_begins_with() -> None:
    assert {packing(text) for text in (b"", b"BZh", b"BZh9 is here", b"{}", b"\x1f\x8b")} == {""}


def test_the_name_before_compression() -> None:
    names = ("a.log.1.gz", "a.log.zst", "a.log", "/x.gz/a")
    assert [plain_name(name) for name in names] == ["a.log.1", "a.log", "", ""]
