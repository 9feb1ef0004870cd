"""What the exporter's parts hand to each other: blocks of lines, and who makes and takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LINE = "line"
"""The rule under which a line is rejected before any rule of the spec could see it."""

FILE = "file"
"""The rule under which a file, or the rest of one, is rejected: no line was counted for it."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole lines of one stream, in order; every line ends with a newline.

    A block holds about 32 KiB, or one longer line. `stream` is the path under which the file was
    first seen, or "stdin". The bytes are as written: not decoded, CRLF not changed.
    """

    stream: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Reject:
    """What could not be used, counted: `rule` is a rule of the spec, or LINE or FILE.

    `reason` is one of a fixed few words. `sample` is one of the lines, shortened, or "".
    """

    rule: str
    reason: str
    count: int
    sample: str = ""


class Source(Protocol):
    """A kind of stream. One thread reads; `lag` and `streams` may be called from any thread.

    No method raises for what is wrong with a stream: that is counted in `rejects`.
    """

    def blocks(self) -> Iterator[Block]:
        """Give what is there now, then end. Called again and again: that is following."""
        ...

    def finish(self) -> Iterator[Block]:
        """Read to the end and give a last line without a newline too. The last call."""
        ...

    def lag(self) -> int:
        """Bytes that are written and not yet read, as far as known."""
        ...

    def streams(self) -> int:
        """Streams that are followed."""
        ...

    def rejects(self) -> tuple[Reject, ...]:
        """What could not be read since the last call."""
        ...


class Engine(Protocol):
    """A compiled mapping: takes one source's blocks and moves the series. Never raises for input.

    The caller holds the lock of the series during every call.
    """

    def apply(self, block: Block) -> None:
        """Take a block's lines, in order."""
        ...

    def reject(self, rule: str, reason: str, count: int) -> None:
        """Count what the source could not read.

        With the rule LINE these are lines too: they count as lines with the outcome `rejected`.
        """
        ...

    def tick(self, now: float) -> None:
        """Give up pairs that wait too long. Called when the source was read to its end.

        `now` is the monotonic clock, in seconds.
        """
        ...

    def finish(self) -> None:
        """Nothing comes any more: everything still open is abandoned."""
        ...


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a source's lines, what could not be used, and what had to be forgotten.

    `young` are rejects that happened so lately that a scrape is to see them at 0 first.
    """

    lines: Mapping[str, int]
    rejects: Mapping[tuple[str, str], int]
    evictions: Mapping[str, int]
    bytes: int
    young: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How one source fares. `lines` counts them by outcome; `lag` is in bytes."""

    name: str
    lines: Mapping[str, int]
    streams: int
    lag: int
    catching_up: bool
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What the status page shows. `uptime` is in seconds; `series` counts them by family.

    `reading` is False when nothing reads the sources any more.
    """

    version: str
    fleet: str
    uptime: float
    sources: tuple[SourceStatus, ...]
    series: Mapping[str, int] = field(default_factory=dict)
    reading: bool = True
