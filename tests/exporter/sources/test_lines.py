"""Lines are cut out of any pieces without a byte lost, in bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exporter.sources.lines import BOM, LineCutter

MAX = 8

pieces = st.lists(st.text("ab\n\r", max_size=MAX).map(str.encode), max_size=20)


def cut(chunks: list[bytes], max_line: int) -> tuple[list[bytes], int]:
    lines = LineCutter(max_line)
    blocks = [data for data in map(lines.feed, chunks) if data]
    if last := lines.end():
        blocks.append(last)
    return blocks, lines.too_long


@given(pieces)
def test_blocks_joined_are_the_input_and_each_ends_with_a_newline(chunks: list[bytes]) -> None:
    blocks, too_long = cut(chunks, max_line=10_000)
    whole = b"".join(chunks)
    assert b"".join(blocks) == whole + (b"\n" if whole and not whole.endswith(b"\n") else b"")
    assert all(block.endswith(b"\n") for block in blocks)
    assert too_long == 0


@given(pieces)
def test_only_lines_longer_than_the_longest_are_skipped_and_counted(chunks: list[bytes]) -> None:
    blocks, too_long = cut(chunks, MAX)
    whole = b"".join(chunks)
    lines = whole.split(b"\n")
    lines = lines if lines[-1] else lines[:-1]
    kept = [line for line in lines if len(line) <= MAX]
    assert b"".join(blocks) == b"".join(line + b"\n" for line in kept)
    assert too_long == len(lines) - len(kept)


def test_a_byte_order_mark_is_dropped_at_the_start_only_however_it_arrives() -> None:
    whole = BOM + b"a\n" + BOM + b"b\n"
    for size in range(1, len(whole) + 1):
        chunks = [whole[i : i + size] for i in range(0, len(whole), size)]
        blocks, _ = cut(chunks, max_line=100)
        assert b"".join(blocks) == b"a\n" + BOM + b"b\n"


def test_a_file_of_nothing_but_a_byte_order_mark_has_no_line() -> None:
    assert cut([BOM], max_line=100) == ([], 0)


def test_an_endless_line_takes_no_more_memory_than_the_longest() -> None:
    lines = LineCutter(1000)
    for _ in range(100):
        assert lines.feed(b"x" * 1000) == b""
        assert lines.held() <= 1000
    assert lines.feed(b"x\nnext\n") == b"next\n"
    assert lines.too_long == 1
