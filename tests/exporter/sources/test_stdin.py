"""Standard input is read without waiting while following, and to its end when asked."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

import pytest

from exporter.model import FILE, LINE, Block, Reject
from exporter.sources.lines import LineCutter
from exporter.sources.stdin import StdinSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for descriptor in (read, write):
        with contextlib.suppress(OSError):  # A test may have closed it.
            os.close(descriptor)


def test_what_is_there_comes_and_nothing_waits(pipe: tuple[int, int]) -> None:
    source = StdinSource(pipe[0])
    assert list(source.blocks()) == []
    os.write(pipe[1], b"one\ntw")
    assert source.lag() == 6
    assert list(source.blocks()) == [Block("stdin", b"one\n")]
    os.write(pipe[1], b"o\nthree")
    assert list(source.blocks()) == [Block("stdin", b"two\n")]
    assert (source.lag(), source.streams()) == (0, 1)
    os.close(pipe[1])
    assert list(source.blocks()) == [Block("stdin", b"three\n")]
    assert (list(source.blocks()), list(source.finish())) == ([], [])
    assert (source.lag(), source.streams(), source.noticed().rejects) == (0, 0, ())


def test_finish_waits_for_the_end(pipe: tuple[int, int]) -> None:
    source = StdinSource(pipe[0])

    def write() -> None:
        for i in range(5000):
            os.write(pipe[1], b"line %d\n" % i)
        os.write(pipe[1], b"last")
        os.close(pipe[1])

    writer = threading.Thread(target=write)
    writer.start()
    data = b"".join(block.data for block in source.finish())
    writer.join()
    assert data == b"".join(b"line %d\n" % i for i in range(5000)) + b"last\n"


def test_a_too_long_line_is_counted(pipe: tuple[int, int]) -> None:
    source = StdinSource(pipe[0], new_cutter=lambda: LineCutter(4))
    os.write(pipe[1], b"12345\n1234\n")
    assert [block.data for block in source.blocks()] == [b"1234\n"]
    assert source.noticed().rejects == (Reject(LINE, "too_long", 1),)
    assert source.noticed().rejects == ()


def test_what_can_not_be_read_is_counted_and_is_the_end(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    source = StdinSource(folder)
    assert list(source.finish()) == []
    assert source.noticed().rejects == (Reject(FILE, "unreadable", 1),)
    os.close(folder)


def test_a_redirected_file_knows_how_much_is_left(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"one\ntwo")
    descriptor = os.open(tmp_path / "log", os.O_RDONLY)
    source = StdinSource(descriptor)
    assert source.lag() == 7
    assert b"".join(block.data for block in source.blocks()) == b"one\ntwo\n"
    assert source.lag() == 0
    os.close(descriptor)


def test_nothing_is_saved_and_a_restart_reads_what_comes(pipe: tuple[int, int]) -> None:
    now = [10.0]
    source = StdinSource(pipe[0], clock=lambda: now[0])
    assert source.save(whole=True) is None
    source.restore([])
    os.write(pipe[1], b"one\n")
    now[0] = 13.0
    assert source.lag_seconds() == 3.0
    assert list(source.blocks()) == [Block("stdin", b"one\n")]
    assert source.lag_seconds() == 0.0
    source.committed()
    source.close()
    os.write(pipe[1], b"two\n")
    assert list(source.blocks()) == [Block("stdin", b"two\n")]
