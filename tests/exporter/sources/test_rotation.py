"""Any sequence of writes, rotations, looks, saves and kills gives every line once."""

from __future__ import annotations

import bz2
import gzip
import itertools
import lzma
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from exporter.sources.file import QUIET
from exporter.sources.siblings import SETTLED
from tests.exporter.sources.following import Follower

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("a.log", "b.log")
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


class Rotation(RuleBasedStateMachine):
    """Files `a.log` and `b.log` as programs write and rotate them, and a source that follows.

    Every piece of text is a new number, so that a line lost or doubled is seen. What is removed or
    truncated without a copy has been read and saved before: nobody could find it afterwards.
    """

    max_open = 256

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.follower = Follower(self.folder, max_open=self.max_open)
        self.pieces = 0
        self.rotations = 0
        self.over: dict[str, list[bytes]] = {name: [] for name in NAMES}
        self.current: dict[str, bytes] = {}
        self.beside: list[Path] = []

    def teardown(self) -> None:
        try:
            self.check_everything()
        finally:
            self.follower.source.close()
            shutil.rmtree(self.folder)

    def check_everything(self) -> None:
        self.follower.take(self.follower.source.finish())
        for name in NAMES:
            wanted = sorted(self.over[name] + self.current.get(name, b"").splitlines())
            assert sorted(self.follower.lines.get(name, b"").splitlines()) == wanted
        assert self.follower.noticed().rejects == ()
        assert self.follower.source.lag() == 0

    def end(self, name: str) -> None:
        """Say that a name's content is over: its last line counts as it is."""
        self.over[name] += self.current.pop(name).splitlines()

    def beside_name(self, name: str) -> Path:
        self.rotations += 1
        path = self.folder / f"{name}{'.-'[self.rotations % 2]}{self.rotations}"
        self.beside.append(path)
        return path

    def make_safe(self, name: str) -> None:
        """Have all of a file read and saved."""
        self.write(name, b"\n")
        self.look(1.0)
        self.look(1.0)
        self.save(whole=False)

    def write(self, name: str, end: bytes) -> None:
        self.pieces += 1
        text = b"%08d%s" % (self.pieces, end)
        self.follower.write(name, text)
        self.current[name] = self.current.get(name, b"") + text

    @rule(name=st.sampled_from(NAMES))
    def append_a_line(self, name: str) -> None:
        self.write(name, b"\n")

    @rule(name=st.sampled_from(NAMES))
    def append_a_part_of_a_line(self, name: str) -> None:
        self.write(name, b"")

    @rule(seconds=st.sampled_from([0.0, 0.25, 1.0]))
    def look(self, seconds: float) -> None:
        self.follower.poll(seconds)

    @rule(blocks=st.integers(0, 3), killed=st.booleans())
    def save_amid_a_look(self, blocks: int, *, killed: bool) -> None:
        self.follower.clock.now += 1
        given = self.follower.source.blocks()
        self.follower.take(itertools.islice(given, blocks))
        self.follower.save()
        if killed:
            self.follower.start()
        else:
            self.follower.take(given)

    @rule(whole=st.booleans())
    def save(self, *, whole: bool) -> None:
        self.follower.save(whole=whole)

    @rule()
    def kill_and_start(self) -> None:
        self.follower.start()

    @rule()
    def be_quiet(self) -> None:
        for _ in range(2):
            self.look(QUIET)

    @precondition(lambda self: self.current)
    @rule(data=st.data())
    def rename(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.current)))
        (self.folder / name).rename(self.beside_name(name))
        self.end(name)

    @precondition(lambda self: self.current)
    @rule(data=st.data())
    def rename_to_what_is_found_in_no_way_but_by_its_number(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.current)))
        self.look(1.0)
        self.look(SETTLED)  # New lines may have waited for a file beside them.
        self.save(whole=False)
        self.rotations += 1
        (self.folder / name).rename(self.folder / f"{self.rotations}.old")
        self.end(name)

    @precondition(lambda self: self.current)
    @rule(data=st.data(), looks=st.booleans())
    def copy_and_truncate(self, data: st.DataObject, *, looks: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.current)))
        if looks:  # A copy of what was never seen is told from another log only once it is over.
            self.look(1.0)
        shutil.copy(self.folder / name, self.beside_name(name))
        if looks:
            self.look(1.0)
        os.truncate(self.folder / name, 0)
        self.end(name)

    @precondition(lambda self: self.beside)
    @rule(data=st.data())
    def rename_again(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(self.beside))
        self.beside.remove(path)
        path.rename(self.beside_name(path.name[:5]))

    @precondition(lambda self: self.beside)
    @rule(data=st.data(), kind=st.sampled_from(sorted(COMPRESS)), looks=st.booleans())
    def compress(self, data: st.DataObject, kind: str, *, looks: bool) -> None:
        path = data.draw(st.sampled_from(self.beside))
        self.beside.remove(path)
        Path(f"{path}.{kind}").write_bytes(COMPRESS[kind](path.read_bytes()))
        if looks:
            self.look(1.0)
        path.unlink()

    @precondition(lambda self: self.current)
    @rule(data=st.data())
    def truncate(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.current)))
        self.make_safe(name)
        os.truncate(self.folder / name, 0)
        self.end(name)

    @precondition(lambda self: self.current)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.current)))
        self.make_safe(name)
        (self.folder / name).unlink()
        self.end(name)

    @invariant()
    def nothing_comes_that_was_not_written(self) -> None:
        for name, given in self.follower.lines.items():
            lines = given.splitlines()
            assert set(lines) <= set(self.over[name]) | set(
                self.current.get(name, b"").splitlines()
            )
            assert len(set(lines)) == len(lines)


class RotationWithOneDescriptor(Rotation):
    """The same where files are closed all the time."""

    max_open = 1


SETTINGS = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestRotation = Rotation.TestCase
TestRotation.settings = SETTINGS
TestRotationWithOneDescriptor = RotationWithOneDescriptor.TestCase
TestRotationWithOneDescriptor.settings = SETTINGS
