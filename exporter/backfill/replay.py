"""A timeline read by an exporter whose clock is that of the events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from exporter.assembly import Exporter
from exporter.backfill.movements import Movements
from exporter.backfill.sampler import AWAKE
from exporter.backfill.timeline import BEFORE_ALL
from exporter.model import Block
from exporter.store.running_time import RunningTime
from spec.mapping import UNSETTLED_FOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.assembly import Settings
    from exporter.backfill.sampler import Sampler
    from exporter.backfill.timeline import Run, Steps, Timeline
    from exporter.mapping.memory import Key
    from exporter.model import Noticed
    from spec.model import Family, Source

SWEEP = 60 * 60
"""Seconds between two searches for gauges that have expired."""


class Wait(NamedTuple):
    """A start that never gets its end: when it is given up, and where it is."""

    until: float
    source: int
    pair: str
    key: Key


class Replay:
    """Applies a timeline to a fresh exporter. It stands still while nothing happens."""

    def __init__(
        self, settings: Settings, sources: Sequence[Source], families: Mapping[str, Family]
    ) -> None:
        """Compile the mappings of the sources, which the timeline numbers."""
        self._now = 0.0
        self._expire = settings.gauges_expire
        self._swept = 0
        self.exporter = Exporter(
            replace(settings, born_at_zero=0.0, serves=False),
            sources,
            families,
            running=RunningTime(lambda: self._now),
        )
        self._movements = Movements(self.exporter.stores, settings.views)

    @property
    def pairs(self) -> bool:
        """Whether there is anything that has a start and an end."""
        return any(engine.open_pairs() for engine in self.exporter.engines)

    def notice(self, noticed: Sequence[Noticed]) -> None:
        """Count what each source met besides records."""
        for engine, one in zip(self.exporter.engines, noticed, strict=True):
            engine.notice(one)

    def unanswered(self, timeline: Timeline, told: Callable[[int], None]) -> list[Wait]:
        """Apply everything; give the starts that are left, by when they would be given up."""
        for run in timeline.runs():
            self._apply(run)
            told(len(run.data))
        waits = [
            Wait(started.time.timestamp() + pairs.within, number, name, key)
            for number, engine in enumerate(self.exporter.engines)
            for name, pairs in engine.open_pairs().items()
            for key, started in pairs.items()
            if started.time is not None
        ]
        return sorted(waits, key=lambda wait: wait[:3])

    def sample(
        self,
        timeline: Timeline,
        waits: Sequence[Wait],
        sampler: Sampler,
        told: Callable[[int], None],
    ) -> None:
        """Apply everything, and hand what it moves to a sampler, step by step.

        Starts that never get an end are given up when they have waited long enough by the events'
        time, and all that are left in the last step.

        Raises:
            OSError: a file can't be written.
        """
        steps, left = timeline.steps, list(reversed(waits))
        at = None
        for run in timeline.runs():
            if run.time != BEFORE_ALL:
                end = steps.end(run.time)
                if at is not None and end > at:
                    self._close(at, sampler)
                    self._rest(at, end, left, steps, sampler)
                at = self._now = end
            self._apply(run)
            told(len(run.data))
        if at is not None:
            for engine in self.exporter.engines:
                engine.finish()
            self._close(at, sampler)
            sampler.all_at(at)

    def _apply(self, run: Run) -> None:
        self.exporter.engines[run.source].apply(Block(run.stream, run.data))

    def _rest(self, at: int, end: int, left: list[Wait], steps: Steps, sampler: Sampler) -> None:
        """Let time pass between the ends of two steps in which there are events."""
        asleep = at + AWAKE
        settled = steps.end(at + UNSETTLED_FOR + 1)
        while (moment := min(settled, steps.end(left[-1].until) if left else end)) < end:
            self._beat(at, min(moment, asleep), sampler)
            self._give_up(left, moment, steps)
            self._close(moment, sampler)
            at = moment
            settled = settled if settled > at else end
        self._beat(at, min(end, asleep), sampler)
        self._give_up(left, end, steps)

    def _give_up(self, left: list[Wait], until: int, steps: Steps) -> None:
        """Give up what has waited long enough."""
        while left and steps.end(left[-1].until) <= until:
            wait = left.pop()
            self.exporter.engines[wait.source].open_pairs()[wait.pair].abandon(wait.key)

    @staticmethod
    def _beat(after: int, until: int, sampler: Sampler) -> None:
        if until > after:
            sampler.beat(after, until)

    def _close(self, at: int, sampler: Sampler) -> None:
        """End a step: everything that moved in it is written."""
        self._now = at
        for engine in self.exporter.engines:
            engine.settle(at)
            engine.drain()
        sampler.take(at, self._movements.take())
        if at % sampler.beat_every == 0:
            sampler.all_at(at)
        if at - self._swept >= SWEEP:
            self._swept = at
            if sum(store.expire(self._expire) for store in self.exporter.stores):
                for engine in self.exporter.engines:
                    engine.forget_buffers()
                sampler.forget()
