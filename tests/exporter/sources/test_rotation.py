"""Any sequence of writes, new files, rotations and polls gives every line once and in order."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from exporter.sources.file import QUIET, FileSource

NAMES = ("a.log", "b.log")


class Rotation(RuleBasedStateMachine):
    """Files `a.log` and `b.log` as programs write and rotate them, and a source that follows.

    What a stream must give is what was written to it up to the last newline of each of its
    files. Every piece of text is a new number, so that a line lost or doubled is seen.
    """

    max_open = 256
    removes = True

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.now = 0.0
        self.pieces = 0
        self.rotations = 0
        self.written: dict[str, bytearray] = {}  # by stream: the complete lines of finished files
        self.current: dict[str, bytearray] = {}  # by name: all of the file that has it now
        self.given: dict[str, bytes] = {}
        self.source = FileSource(
            (f"{self.root}/*.log",), max_open=self.max_open, clock=lambda: self.now
        )

    def teardown(self) -> None:
        for block in self.source.finish():
            self.take(block.stream, block.data)
        for name in list(self.current):
            self.end(name)
        wanted = {name: bytes(data) for name, data in self.written.items() if data}
        assert self.given == wanted
        assert self.source.rejects() == ()
        assert self.source.lag() == 0
        self.folder.cleanup()

    def take(self, stream: str, data: bytes) -> None:
        name = Path(stream).name
        assert data.endswith(b"\n")
        self.given[name] = self.given.get(name, b"") + data

    def end(self, name: str) -> None:
        """Say that a name's file is over: its last line counts as it is."""
        data = self.current.pop(name)
        if data and not data.endswith(b"\n"):
            data += b"\n"
        self.written.setdefault(name, bytearray()).extend(data)

    def write(self, name: str, end: bytes) -> None:
        self.pieces += 1
        text = b"%d%s" % (self.pieces, end)
        with (self.root / name).open("ab") as file:
            file.write(text)
        self.current.setdefault(name, bytearray()).extend(text)

    @rule(name=st.sampled_from(NAMES))
    def append_a_line(self, name: str) -> None:
        self.write(name, b"\n")

    @rule(name=st.sampled_from(NAMES))
    def append_a_part_of_a_line(self, name: str) -> None:
        self.write(name, b"")

    @rule(seconds=st.sampled_from([0.0, 0.25, 1.0]))
    def look(self, seconds: float) -> None:
        self.now += seconds
        for block in self.source.blocks():
            self.take(block.stream, block.data)

    def before_rotation(self, data: st.DataObject) -> Path:
        """Choose a file and write its last line, which nobody has looked at.

        Its file has been seen before: one that comes and goes between two looks at the globs is
        nobody's. It ends with a newline: a last line without one waits until the file is quiet,
        and so comes after the lines of the next file.
        """
        name = data.draw(st.sampled_from(sorted(self.current)))
        self.look(1.0)
        self.write(name, b"\n")
        self.end(name)
        return self.root / name

    @precondition(lambda self: self.current)
    @rule(data=st.data(), found=st.booleans())
    def rename(self, data: st.DataObject, *, found: bool) -> None:
        path = self.before_rotation(data)
        self.rotations += 1
        number = self.rotations
        path.rename(self.root / (f"{number}.{path.name}" if found else f"{path.name}.{number}"))

    @precondition(lambda self: self.current)
    @rule(data=st.data())
    def copy_and_truncate(self, data: st.DataObject) -> None:
        path = self.before_rotation(data)
        self.look(1.0)
        os.truncate(path, 0)
        self.look(1.0)

    @precondition(lambda self: self.current and self.removes)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self.before_rotation(data).unlink()

    @rule()
    def be_quiet(self) -> None:
        for _ in range(2):
            self.look(QUIET)

    @invariant()
    def nothing_comes_that_was_not_written(self) -> None:
        for name, given in self.given.items():
            whole = self.written.get(name, bytearray()) + self.current.get(name, bytearray())
            assert whole.startswith(given)


class RotationWithOneDescriptor(Rotation):
    """The same where files are closed all the time; what is removed unread is lost then."""

    max_open = 1
    removes = False


SETTINGS = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestRotation = Rotation.TestCase
TestRotation.settings = SETTINGS
TestRotationWithOneDescriptor = RotationWithOneDescriptor.TestCase
TestRotationWithOneDescriptor.settings = SETTINGS
