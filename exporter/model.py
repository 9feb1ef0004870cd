"""What the exporter's parts hand to each other: blocks of lines, and who makes and takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Plain: TypeAlias = Any
"""What a checkpoint can hold: None, truth values, numbers of 64 bits, texts, bytes, times with a
zone, and lists and dicts (with texts as keys) of them. Tuples come back as lists."""

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


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a source met since it was asked last, besides lines."""

    rejects: tuple[Reject, ...] = ()
    rotations: int = 0
    truncations: int = 0


class Cutter(Protocol):
    """Takes a stream's bytes as they are read, gives those that are whole, keeps the rest.

    What is whole may be lines, or records of several lines. All memory is bounded.
    """

    too_long: int
    """Lines or records that were skipped for their length; whoever reads it sets it back to 0."""

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; give what is complete now, or nothing."""
        ...

    def held(self) -> int:
        """Bytes of the stream, as they were fed, that belong to nothing that was given yet.

        A reader that starts anew so many bytes back gives the same as if it had not stopped.
        """
        ...

    def end(self) -> bytes:
        """The stream is over: give what is left, with a newline; start anew."""
        ...

    @property
    def skipping(self) -> bool:
        """Whether it is amid a line that is too long, counted already, to be skipped to its end."""
        ...

    def resume(self, *, at_start: bool, skipping: bool) -> None:
        """Begin in the middle of a stream, or amid a line that is skipped."""
        ...


class Durable(Protocol):
    """A part of the exporter's state that is kept in a checkpoint."""

    def save(self, *, whole: bool) -> Plain:
        """Give what changed since the last call, or everything; None where there is nothing.

        Called between two blocks, by the thread that reads. If the checkpoint can't be written,
        the next call asks for everything.
        """
        ...

    def restore(self, saved: Sequence[Plain]) -> None:
        """Take up what was saved: something whole first, then changes, in order. Called once."""
        ...


class Source(Durable, Protocol):
    """A kind of stream. One thread reads; `lag` and `streams` may be called from any thread.

    No method raises for what is wrong with a stream: that is counted in what it `noticed`.
    What it saves are positions: between two blocks, just what was given counts as read.
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

    def lag_seconds(self) -> float:
        """How long the oldest bytes that are not read have been waiting, as far as known."""
        ...

    def noticed(self) -> Noticed:
        """Tell what was met since the last call."""
        ...

    def committed(self) -> None:
        """What was saved last is safe now: what was read may be removed, where that is wanted."""
        ...

    def close(self) -> None:
        """Give back what is held: descriptors, connections."""
        ...


class Engine(Durable, Protocol):
    """A compiled mapping: takes one source's blocks and moves the series. Never raises for input.

    What it saves is what its rules remember.
    """

    @property
    def mixes(self) -> bool:
        """Whether lines of several streams may stand in one block."""
        ...

    def apply(self, block: Block) -> None:
        """Take a block's lines, in order."""
        ...

    def notice(self, noticed: Noticed) -> None:
        """Count what the source met.

        What was rejected under the rule LINE is a line too, with the outcome `rejected`.
        """
        ...

    def history_is_read(self) -> None:
        """What comes from now on is news, not history."""
        ...

    def tick(self, now: float) -> None:
        """Give up pairs that wait too long. Called when the source was read to its end.

        `now` is the running time, in seconds.
        """
        ...

    def finish(self) -> None:
        """Nothing comes any more: everything still open is abandoned."""
        ...

    def drain(self) -> None:
        """Empty what was gathered into the series."""
        ...

    def forget_buffers(self) -> None:
        """Let go of series that may be no more. Called when everything is drained."""
        ...


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How one source fares. `lines` counts by outcome; `lag` is in bytes, `late` in seconds."""

    name: str
    lines: Mapping[str, int]
    streams: int
    lag: int
    late: float
    catching_up: bool
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What the status page shows. `uptime` is in seconds; `series` counts them by family.

    `reading` is False when nothing reads the sources any more; `failure` says why no checkpoint
    can be written, or "".
    """

    version: str
    fleet: str
    uptime: float
    sources: tuple[SourceStatus, ...]
    series: Mapping[str, int] = field(default_factory=dict)
    reading: bool = True
    failure: str = ""
