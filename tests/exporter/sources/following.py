"""A source over a folder, as the tests drive it: polled, saved, killed and started anew."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from exporter.model import Noticed
from exporter.sources.file import SCAN_INTERVAL, FileSource

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from exporter.model import Block, Plain


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Follower:
    """A source over `*.log`, and every line it gave, by stream; what was not saved dies with it."""

    def __init__(self, folder: Path, glob: str = "*.log", **options: Any) -> None:  # noqa: ANN401 (as the source)
        self.folder = folder
        self.clock = Clock()
        self.lines: dict[str, bytes] = {}
        self.met = Noticed()
        self._make = partial(FileSource, (f"{folder}/{glob}",), clock=self.clock, **options)
        self.source = self._make()
        self._saved: list[Plain] = []
        self._safe: dict[str, bytes] = {}

    def poll(self, seconds: float = SCAN_INTERVAL) -> None:
        self.clock.now += seconds
        self.take(self.source.blocks())

    def take(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            assert block.data.endswith(b"\n")
            name = block.stream.removeprefix(f"{self.folder}/")
            self.lines[name] = self.lines.get(name, b"") + block.data

    def save(self, *, whole: bool = False) -> Plain:
        """Save as the pipeline does, over an encoding that knows nothing but plain values."""
        self.noticed()
        saved = self.source.save(whole=whole)
        if saved is not None:
            saved = msgspec.msgpack.decode(msgspec.msgpack.encode(saved))
            self._saved = [saved] if whole else [*self._saved, saved]
        self._safe = dict(self.lines)
        return saved

    def stop(self) -> None:
        """Save and end."""
        self.save()
        self.source.close()

    def start(self) -> None:
        """Begin with what was saved last, as if the process had been killed."""
        self.source.close()
        self.source = self._make()
        if self._saved:
            self.source.restore(self._saved)
        self.lines = dict(self._safe)
        self.clock.now += 1

    def noticed(self) -> Noticed:
        """Add up what was met."""
        new = self.source.noticed()
        self.met = Noticed(
            self.met.rejects + new.rejects,
            self.met.rotations + new.rotations,
            self.met.truncations + new.truncations,
        )
        return self.met

    def write(self, name: str, data: bytes) -> None:
        with (self.folder / name).open("ab") as file:
            file.write(data)

    def age(self, name: str, seconds: float = 3600) -> None:
        """Let a file look as if it had been written long ago."""
        at = (self.folder / name).stat().st_mtime - seconds
        os.utime(self.folder / name, (at, at))
