"""Starts that wait for their ends."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from exporter.mapping.memory import LONGEST_KEPT, Key, Memory
from spec.mapping import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.model import Plain
    from exporter.store.label_text import Labels
    from exporter.store.series import Level

LevelOf: TypeAlias = "Callable[[Labels], Level]"


class Started(NamedTuple):
    """A start that waits for its end. `kept` are its labels' values, `clock` when it was read."""

    time: datetime | None
    kept: tuple[str, ...]
    clock: float


class Pairs(Memory[Started]):
    """Starts without an end yet (`pair`); `give_up` applies what `abandoned` says.

    A start waits for `within` seconds of the exporter's running time, which `clock` tells: it goes
    on over restarts, and stands still in between. `level` gives the gauge that counts the open ones
    by what a start has kept; it is looked up anew at the end, so that it may have gone meanwhile.
    """

    def __init__(
        self,
        within: float,
        clock: Callable[[], float],
        limit: int = LIMIT,
        level: LevelOf | None = None,
    ) -> None:
        super().__init__(limit)
        self.within = within
        self.clock = clock
        self.level = level
        self.give_up: Callable[[Started], None] = lambda _: None

    def start(self, key: Key, time: datetime | None, kept: tuple[str, ...]) -> bool:
        """Take a start. The same again is none; one at another time abandons the first."""
        earlier: Started | None = self._entries.get(key)
        if earlier is not None:
            if earlier.time == time:
                return False
            self.abandon(key)
        if max(map(len, kept), default=0) > LONGEST_KEPT:
            kept = tuple(value[:LONGEST_KEPT] for value in kept)
        self._count(kept, 1)
        self.touch(key, Started(time, kept, self.clock()))
        return True

    def end(self, key: Key) -> Started | None:
        """Take an end: give its start, or None where there is none."""
        started = self.remove(key)
        if started is not None:
            self._count(started.kept, -1)
        return started

    def abandon(self, key: Key) -> None:
        """Give up one start."""
        started = self.end(key)
        if started is not None:
            self.give_up(started)

    def evict(self, key: Key) -> None:
        """Give up a start for want of room."""
        self.evicted += 1
        self.abandon(key)

    def abandon_overdue(self, now: float | None) -> None:
        """Give up what waits longer than it may; everything where `now` is None."""
        overdue = [
            key for key, started in self.items() if now is None or now - started.clock > self.within
        ]
        for key in overdue:
            self.abandon(key)

    def restore(self, saved: Sequence[Plain]) -> None:
        """Become what was saved, and claim the gauges of open starts, so that they do not expire.

        The gauges have their values already: they are saved with the other series.
        """
        super().restore(saved)
        for _, started in self.items():  # noqa: PERF102 (no dict: a mark stands among its keys)
            self._count(started.kept, 0)

    def _count(self, kept: Labels, by: int) -> None:
        if self.level is not None:
            level = self.level(kept)
            level.value = (level.value or 0) + by

    def plain(self, value: Started) -> Plain:
        """Give a start as a checkpoint holds it; its time as a text, for any zone and any year."""
        time = None if value.time is None else value.time.isoformat()
        return [time, list(value.kept), value.clock]

    def value(self, plain: Plain) -> Started:
        """Take a start from a checkpoint."""
        time, kept, clock = plain
        at = None if time is None else datetime.fromisoformat(time)
        return Started(at, tuple(kept), clock)
