"""From sources to a timeline: every record gets a time, or is left out and counted."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from exporter.backfill.timeline import BEFORE_ALL
from exporter.backfill.times import EARLIEST, EventTimes
from exporter.formats.envelope_cutter import EnvelopeCutter
from exporter.formats.envelopes import ENVELOPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.backfill.timeline import Timeline
    from exporter.model import Block, Source
    from exporter.pipeline import Progress
    from spec.model import Source as Declared


@dataclass(slots=True)
class Taken:
    """What was read, in records: lines, or whole documents; but `unread` are bytes of files.

    `late` are those after the end of the time that was asked for, `beside` are events without a
    time, which have that of the record before them. `dated` were in streams, so many as `undated`,
    in which nothing has a time: they have that at which their file was last written.
    """

    records: int = 0
    late: int = 0
    beside: int = 0
    dated: int = 0
    undated: int = 0
    unread: int = 0


@dataclass(slots=True)
class _Stream:
    """How far a stream has come. `last` is its newest time, `waiting` are places without one.

    `beside` counts events that had no time of their own, `events` tells whether there was any.
    """

    last: float | None = None
    late: bool = False
    events: bool = False
    beside: int = 0
    waiting: list[int] = field(default_factory=list)


class Reader:
    """Reads sources into a timeline. What happened after `until` (in seconds) is left out."""

    def __init__(self, timeline: Timeline, until: float) -> None:
        self.taken = Taken()
        self._timeline = timeline
        self._until = until

    def read(self, number: int, source: Source, declared: Declared, told: Progress) -> None:
        """Read a source to its end.

        Raises:
            OSError: the timeline has no room for it.
        """
        times = EventTimes(declared.mappings, declared.wrapped)
        streams: dict[str, _Stream] = {}
        done = 0
        for block in itertools.chain(source.blocks(), source.finish()):
            stream = streams.setdefault(block.stream, _Stream())
            for record in _records(block, declared):
                self._take((number, block.stream), stream, record, *times.of(record.data))
            done += len(block.data)
            told(done, done + source.lag())
        self.taken.unread += source.lag()
        for name, stream in streams.items():
            if stream.last is None and stream.waiting:
                self._date(name, stream)
            else:
                self.taken.beside += stream.beside

    def _take(
        self,
        of: tuple[int, str],
        stream: _Stream,
        record: _Record,
        times: list[float],
        event: bool,  # noqa: FBT001 (what `of` tells, as a whole)
    ) -> None:
        """Put a record on the timeline, where it happened before `until`."""
        stream.events = stream.events or event
        within = [time for time in times if time <= self._until]
        self.taken.records += 1
        if times or not stream.late:
            stream.late = bool(times) and not within
        if stream.late:
            self.taken.late += 1
            return
        if within:
            # What was written later did not happen earlier, whatever a clock said.
            stream.last = max(within) if stream.last is None else max(stream.last, *within)
            for place in stream.waiting:
                self._timeline.date(place, stream.last)
            stream.waiting.clear()
        else:
            stream.beside += event
        place = self._timeline.add(stream.last, *of, record.data, alone=record.alone)
        if stream.last is None and place not in stream.waiting[-1:]:
            stream.waiting.append(place)

    def _date(self, name: str, stream: _Stream) -> None:
        """Give the records of a stream without any time that of its file."""
        if not stream.events:
            for place in stream.waiting:
                self._timeline.date(place, BEFORE_ALL)
            return
        written = _written(name)
        time = self._until if written is None else written
        within = time <= self._until
        for place in stream.waiting:
            self._timeline.date(place, time if within else None)
        if within:
            self.taken.dated += stream.beside
            self.taken.undated += 1
        else:
            self.taken.late += stream.beside


@dataclass(frozen=True, slots=True)
class _Record:
    """A record as it was written; `alone`: no other may stand beside it in a block."""

    data: bytes
    alone: bool = False


def _records(block: Block, declared: Declared) -> Iterator[_Record]:
    """Part a block into what may have times of its own."""
    if declared.mappings[0].format == "document":
        yield _Record(block.data, alone=True)
        return
    lines = [line + b"\n" for line in block.data.split(b"\n")[:-1]]
    if not declared.wrapped:
        yield from (_Record(line) for line in lines if not line.isspace())
        return
    cutter = EnvelopeCutter(ENVELOPES[declared.wrapped]())
    for line in lines:
        if whole := cutter.feed(line):
            yield _Record(whole)
    if rest := cutter.end():
        yield _Record(rest)


def _written(name: str) -> float | None:
    """Tell when a file was last written; None for standard input, and a file that is gone."""
    try:
        return max(Path(name).stat().st_mtime, EARLIEST)
    except (OSError, ValueError):
        return None
