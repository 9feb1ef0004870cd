"""With `start: end`, what is there at the very first start counts as read, and nothing later."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from exporter.model import Noticed
from exporter.sources.file import QUIET
from tests.exporter.sources.following import Follower

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def follower(tmp_path: Path) -> Follower:
    follower = Follower(tmp_path, start="end")
    follower.write("a.log", b"old\nold\n")
    follower.write("b.log", b"old\nhal")
    follower.write("a.log.1", b"old\n")
    follower.write("a.log.2.gz", gzip.compress(b"old\n"))
    follower.age("a.log.2.gz")
    follower.write("empty.log", b"")
    return follower


@pytest.mark.parametrize("restarted", [False, True])
def test_history_is_skipped_and_what_follows_is_not(follower: Follower, *, restarted: bool) -> None:
    follower.poll()
    assert (follower.lines, follower.source.lag()) == ({}, 0)
    if restarted:
        follower.stop()
        follower.start()
    follower.write("a.log", b"1\n")
    follower.write("b.log", b"f\n2\n")
    follower.write("c.log", b"3\n")
    follower.write("empty.log", b"4\n")
    follower.write("a.log.1", b"5\n")
    follower.poll()
    assert follower.lines == {
        "a.log": b"5\n1\n",
        "b.log": b"2\n",
        "c.log": b"3\n",
        "empty.log": b"4\n",
    }
    for _ in range(2):
        follower.poll(QUIET)
    assert follower.lines["a.log"] == b"5\n1\n"
    assert follower.noticed() == Noticed()


def test_rotation_after_it_reads_the_rest_only(follower: Follower) -> None:
    follower.poll()
    follower.stop()
    follower.write("a.log", b"1\n")
    (follower.folder / "a.log").rename(follower.folder / "a.log.3")
    follower.write("a.log", b"2\n")
    follower.start()
    follower.poll()
    assert follower.lines == {"a.log": b"1\n2\n"}


def test_files_that_come_while_it_is_down_are_read_from_their_start(tmp_path: Path) -> None:
    follower = Follower(tmp_path, start="end")
    follower.poll()
    follower.stop()
    follower.write("a.log", b"1\n")
    follower.start()
    follower.poll()
    assert follower.lines == {"a.log": b"1\n"}
