"""The series of one source: levels, states, and when each series was born."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from fractions import Fraction

    from spec.model import Family

# Money is added as whole trillionths of a dollar, so that sums do not depend on the order.
MONEY = 10**12

Labels: TypeAlias = tuple[str, ...]
"""A series' label values, in the order of its family's labels."""


@dataclass(slots=True)
class Level:
    """A gauge: its value (None: not set yet) and the time of the event that set it."""

    value: float | None = None
    time: datetime | None = None

    def set(self, value: float, time: datetime | None) -> None:
        """Take a value; the latest event wins, in whatever order files are read."""
        if self.time is None or time is None or time >= self.time:
            self.value, self.time = value, time


@dataclass(slots=True)
class State:
    """A choice among several: the one in force, and those that were. Stateset and info families."""

    current: str | Labels | None = None
    time: datetime | None = None
    seen: dict[str | Labels, None] = field(default_factory=dict)

    def set(self, state: str | Labels, time: datetime | None) -> None:
        """Take a state; the latest event wins."""
        self.seen[state] = None
        if self.time is None or time is None or time >= self.time:
            self.current, self.time = state, time


@dataclass(slots=True)
class Histogram:
    """Observations so far: how many a bucket (the last is +Inf; not cumulative), and their sum."""

    counts: list[int]
    sum: float | Fraction = 0.0


@dataclass(slots=True)
class Snapshot:
    """All series at one moment, by family: counters and gauges as numbers, histograms apart.

    Money is kept as whole trillionths until it is written: sums stay exact.
    """

    numbers: dict[str, dict[Labels, int | float | Fraction]] = field(default_factory=dict)
    histograms: dict[str, dict[Labels, Histogram]] = field(default_factory=dict)

    def sizes(self) -> dict[str, int]:
        """Count the series of each family."""
        parts = (self.numbers, self.histograms)
        return {name: len(series) for part in parts for name, series in part.items()}

    def add(self, family: Family, labels: Labels, value: float | Fraction) -> None:
        """Add to a counter's series."""
        series = self.numbers.setdefault(family.name, {})
        series[labels] = series.get(labels, 0) + value

    def put(self, family: Family, labels: Labels, value: float) -> None:
        """Set a gauge's series."""
        self.numbers.setdefault(family.name, {})[labels] = value

    def highest(self, family: Family, labels: Labels, value: float) -> None:
        """Set a gauge's series to the highest value seen."""
        series = self.numbers.setdefault(family.name, {})
        series[labels] = max(series.get(labels, value), value)

    def join(self, other: Snapshot, families: Mapping[str, Family]) -> None:
        """Join another source's series: counters and histograms add up, of gauges the higher stays.

        Gauges and states are shared between sources, so they are the same in both; only the time of
        the newest event is each source's own.
        """
        for name, series in other.numbers.items():
            for labels, value in series.items():
                if families[name].type == "counter":
                    self.add(families[name], labels, value)
                else:
                    mine = self.numbers.setdefault(name, {})
                    mine[labels] = max(mine.get(labels, value), value)
        for name, histograms in other.histograms.items():
            for labels, histogram in histograms.items():
                self.observe(families[name], labels, histogram.counts, histogram.sum)

    def observe(
        self, family: Family, labels: Labels, counts: list[int], total: float | Fraction
    ) -> None:
        """Add observations to a histogram's series."""
        series = self.histograms.setdefault(family.name, {})
        have = series.get(labels)
        if have is None:
            series[labels] = Histogram(list(counts), total)
        else:
            have.counts = [a + b for a, b in zip(have.counts, counts, strict=True)]
            have.sum += total


@dataclass(slots=True)
class Now:
    """Gauges and states, by family and labels. The latest event wins, whoever wrote it."""

    levels: dict[tuple[str, Labels], tuple[Family, Level]] = field(default_factory=dict)
    states: dict[tuple[str, Labels], tuple[Family, State]] = field(default_factory=dict)


@dataclass(slots=True)
class SeriesBook:
    """Which series there are, and which are too young to show their value.

    A counter series that is born while the exporter runs is shown at 0 for `born_at_zero` seconds
    first. Otherwise its first value would be invisible to `increase()`, which sees differences.
    `now` holds the gauges and states; sources whose series can't be told apart share them.
    """

    clock: Callable[[], float]
    born_at_zero: float
    history: bool = True
    known: set[tuple[str, Labels]] = field(default_factory=set)
    young: dict[tuple[str, Labels], float] = field(default_factory=dict)
    now: Now = field(default_factory=Now)

    def touch(self, family: str, labels: Labels) -> None:
        """Note that a counter or histogram series has moved for the first time."""
        key = (family, labels)
        if key not in self.known:
            self.known.add(key)
            if not self.history:
                self.young[key] = self.clock()

    def level(self, family: Family, labels: Labels) -> Level:
        """Give a gauge's level, the same for all rules that set it."""
        return self.now.levels.setdefault((family.name, labels), (family, Level()))[1]

    def state(self, family: Family, labels: Labels) -> State:
        """Give the state of a stateset or info family; `labels` without those that change."""
        return self.now.states.setdefault((family.name, labels), (family, State()))[1]

    def show(self, snapshot: Snapshot) -> None:
        """Add the levels and states, and set young counters to 0."""
        for (_, labels), (family, level) in self.now.levels.items():
            if level.value is not None:
                snapshot.put(family, labels, level.value)
        for (_, labels), (family, state) in self.now.states.items():
            if family.type == "info" and isinstance(state.current, tuple):
                snapshot.put(family, state.current, 1)
            elif family.state is not None:
                at = family.labels.index(family.state)
                for one in state.seen:
                    whole = (*labels[:at], str(one), *labels[at:])
                    snapshot.put(family, whole, int(one == state.current))
        self._rejuvenate(snapshot)

    def is_young(self, family: str, labels: Labels) -> bool:
        """Tell whether a series is still to be shown at 0."""
        born = self.young.get((family, labels))
        return born is not None and self.clock() - born < self.born_at_zero

    def _rejuvenate(self, snapshot: Snapshot) -> None:
        now = self.clock()
        for key, born in list(self.young.items()):
            if now - born >= self.born_at_zero:
                del self.young[key]
                continue
            name, labels = key
            if labels in snapshot.numbers.get(name, {}):
                snapshot.numbers[name][labels] = 0
            histogram = snapshot.histograms.get(name, {}).get(labels)
            if histogram is not None:
                histogram.counts = [0] * len(histogram.counts)
                histogram.sum = 0.0
