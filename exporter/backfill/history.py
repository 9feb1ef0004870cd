"""Old logs to files of samples: read, put in order, applied, written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from exporter.backfill.pages import Pages
from exporter.backfill.reading import Reader
from exporter.backfill.replay import Replay, Wait
from exporter.backfill.sampler import Sampler
from exporter.backfill.timeline import Steps, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from exporter.assembly import Settings
    from exporter.backfill.reading import Taken
    from exporter.model import Noticed, Reject
    from exporter.pipeline import Progress
    from spec.model import Family, Source

Bar: TypeAlias = "Callable[[str], AbstractContextManager[Progress]]"
"""Shows how far something of this name has come."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Whose logs they are. Sources have the labels, too, that Prometheus would have given."""

    settings: Settings
    sources: tuple[Source, ...]
    families: Mapping[str, Family]


@dataclass(frozen=True, slots=True)
class Span:
    """Which samples are wanted: from when until when, in seconds since 1970, in which steps."""

    since: float
    until: int
    step: int


@dataclass(frozen=True, slots=True)
class Written:
    """What a backfill has come to. `first` and `last` are the times of samples, if there are any.

    `lines` counts by outcome, as the exporter does.
    """

    taken: Taken
    files: tuple[str, ...] = ()
    samples: int = 0
    series: int = 0
    first: int | None = None
    last: int | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    rejects: tuple[Reject, ...] = ()


def write_history(fleet: Fleet, span: Span, folder: Path, bar: Bar) -> Written:
    """Write the samples that scrapes would have seen to files in an empty folder.

    The records are kept on the same disk meanwhile.

    Raises:
        OSError: there is no room, or nothing can be written.
    """
    timeline = Timeline(folder, Steps(span.step, span.until))
    try:
        replay = _replay(fleet)
        with bar("reading") as told:
            taken, noticed = _read(replay, fleet, timeline, told)
        pages = Pages(folder, span.since)
        sampler = Sampler(pages, span.step)
        with bar("writing") as told:
            passed = _Passed((2 if replay.pairs else 1) * timeline.bytes, told)
            waits: list[Wait] = []
            if replay.pairs:
                waits = replay.unanswered(timeline, passed)
                replay = _replay(fleet)
            replay.notice(noticed)
            replay.sample(timeline, waits, sampler, passed)
            pages.finish()
    finally:
        timeline.close()
    lines = Counter[str]()
    status = replay.exporter.status()
    for source in status.sources:
        lines.update(source.lines)
    return Written(
        taken,
        tuple(pages.files),
        pages.samples,
        sampler.series,
        pages.first,
        pages.last,
        lines,
        tuple(reject for source in status.sources for reject in source.rejects),
    )


def _replay(fleet: Fleet) -> Replay:
    return Replay(fleet.settings, fleet.sources, fleet.families)


def _read(
    replay: Replay, fleet: Fleet, timeline: Timeline, told: Progress
) -> tuple[Taken, list[Noticed]]:
    """Read all sources; give also what was met in each, besides records."""
    reader = Reader(timeline, timeline.steps.until)
    lanes = replay.exporter.lanes
    for number, (lane, declared) in enumerate(zip(lanes, fleet.sources, strict=True)):
        reader.read(number, lane.source, declared, told)
    return reader.taken, [lane.source.noticed() for lane in lanes]


class _Passed:
    """Adds up the bytes that were applied, and tells how many of them all that is."""

    def __init__(self, total: int, told: Progress) -> None:
        self._done, self._total, self._told = 0, total, told

    def __call__(self, size: int) -> None:
        self._done += size
        self._told(self._done, self._total)
