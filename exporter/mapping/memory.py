"""What a mapping remembers from line to line: bounded, the oldest go first, and are counted."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from exporter.store.series import Level

Key: TypeAlias = str | tuple[str | None, ...] | None
LIMIT = 20_000


@dataclass(slots=True)
class Seen:
    """Keys that were seen: the first of each counts (`dedupe`)."""

    limit: int = LIMIT
    evicted: int = 0
    keys: OrderedDict[Key, None] = field(default_factory=OrderedDict)

    def first(self, key: Key) -> bool:
        """Tell whether a key is new, and remember it."""
        if key in self.keys:
            return False
        self.keys[key] = None
        if len(self.keys) > self.limit:
            self.keys.popitem(last=False)
            self.evicted += 1
        return True


@dataclass(slots=True)
class Streaks:
    """How long the run of equal values is, by key (`streak`)."""

    at: int
    limit: int = LIMIT
    evicted: int = 0
    runs: OrderedDict[Key, list[object]] = field(default_factory=OrderedDict)

    def reached(self, key: Key, value: object) -> bool:
        """Take the next value; tell whether the run has just reached its length."""
        run = self.runs.get(key)
        if run is not None and run[0] == value:
            run[1] += 1  # type: ignore[operator] # a value and a length
            return run[1] == self.at
        self.runs[key] = [value, 1]
        self.runs.move_to_end(key)
        if len(self.runs) > self.limit:
            self.runs.popitem(last=False)
            self.evicted += 1
        return self.at == 1


@dataclass(frozen=True, slots=True)
class Started:
    """A start that waits for its end. `kept` are its labels' values, `clock` when it was read."""

    time: datetime | None
    kept: tuple[str, ...]
    level: Level | None
    clock: float


@dataclass(slots=True)
class Pairs:
    """Starts without an end yet (`pair`); `give_up` applies what `abandoned` says."""

    within: float
    clock: Callable[[], float]
    give_up: Callable[[Started], None] = lambda _: None
    limit: int = LIMIT
    evicted: int = 0
    open: OrderedDict[Key, Started] = field(default_factory=OrderedDict)

    def start(
        self, key: Key, time: datetime | None, kept: tuple[str, ...], level: Level | None
    ) -> bool:
        """Take a start. The same again is none; one at another time abandons the first."""
        earlier = self.open.get(key)
        if earlier is not None:
            if earlier.time == time:
                return False
            self.abandon(key)
        if level is not None:
            level.value = (level.value or 0) + 1
        self.open[key] = Started(time, kept, level, self.clock())
        if len(self.open) > self.limit:
            self.evicted += 1
            self.abandon(next(iter(self.open)))
        return True

    def end(self, key: Key) -> Started | None:
        """Take an end: give its start, or None where there is none."""
        started = self.open.pop(key, None)
        if started is not None and started.level is not None:
            started.level.value = (started.level.value or 0) - 1
        return started

    def abandon(self, key: Key) -> None:
        """Give up one start."""
        started = self.end(key)
        if started is not None:
            self.give_up(started)

    def abandon_overdue(self, now: float | None) -> None:
        """Give up what waits longer than it may; everything where `now` is None."""
        for key in [
            key
            for key, started in self.open.items()
            if now is None or now - started.clock > self.within
        ]:
            self.abandon(key)
