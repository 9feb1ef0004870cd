"""Input series for readings that are compared with their own past: one reading a step.

A step is twice as long as the window that a reading looks back over, and rules are evaluated once a
step: so each reading has a window of its own, whose start falls between two samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Protocol

from generator.climbing import Climb
from generator.mixes import mixed
from generator.recording import counts_wholes
from generator.samples import Pace, labels, series
from spec.model import Increase, Quantile, Ratio, Value
from spec.quantities import format_number

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from collections.abc import Sequence

    from generator.mixes import Mix
    from generator.model import Series
    from generator.usual import Levels
    from spec.model import Measured, Spec

_HUNDREDTH, _THOUSANDTH = Fraction(1, 100), Fraction(1, 1000)


class Readings(Protocol):
    """Series that give readings."""

    @property
    def interval(self) -> Fraction:
        """From one sample to the next, in seconds."""

    @property
    def having(self) -> Map[str, str]:
        """The labels of the series."""

    @property
    def grain(self) -> Fraction:
        """What readings are multiples of."""

    @property
    def lowest(self) -> Fraction | None:
        """The least that can be read."""

    @property
    def highest(self) -> Fraction | None:
        """The most that can be read."""

    @property
    def idle(self) -> Fraction | None:
        """What is read while nothing happens."""

    @property
    def restarts(self) -> bool:
        """Whether a restart can change what is read."""

    @property
    def too_few(self) -> Fraction:
        """The most events that are not judged by; less than 1 where any are."""

    def series(self, levels: Levels, *, few: int = 0, restart: bool = False) -> tuple[Series, ...]:
        """Give series of which the first sample is in the first step that is no None.

        In the last `few` steps less happens than is judged by. With `restart`, counters start anew
        within the last window.
        """

    def restarted(self, level: Fraction) -> Fraction:
        """Give what is read over such a restart instead of a level."""


def readings(of: Measured, step: Fraction, by: tuple[str, ...], spec: Spec) -> Readings:
    """Find series for what is read once every `step` seconds."""
    if isinstance(of, Value):
        return _Gauge.of(of, step, by, spec)
    climb = Climb.through(step)
    match of:
        case Increase():
            return _Counter.of(of, climb, by, spec)
        case Ratio():
            return _Share.of_two(of, climb, by, spec)
        case Quantile():
            return _Buckets.of_histogram(of, climb, by, spec)


@dataclass(frozen=True, slots=True)
class _Counter:
    """One counter: a reading is how much it grew."""

    climb: Climb
    name: str
    having: Map[str, str]
    whole: bool
    lowest: Fraction | None = Fraction(0)
    highest: Fraction | None = None
    idle: Fraction | None = Fraction(0)
    too_few: Fraction = Fraction(0)
    restarts: bool = True

    @classmethod
    def of(cls, of: Increase, climb: Climb, by: tuple[str, ...], spec: Spec) -> _Counter:
        family = spec.families[of.of.metric]
        having = labels(family, of.of.where, by, spec)
        return cls(climb, family.name, having, counts_wholes(family))

    @property
    def interval(self) -> Fraction:
        return self.climb.interval

    @property
    def grain(self) -> Fraction:
        return Fraction(1) if self.whole else _HUNDREDTH

    def series(self, levels: Levels, *, few: int = 0, restart: bool = False) -> tuple[Series, ...]:  # noqa: ARG002 - as the others: what is counted is all there is
        grown = [level or Fraction(0) for level in levels]
        return (series(self.name, self.having, self.climb.values(grown, restart=restart)),)

    def restarted(self, level: Fraction) -> Fraction:
        return _rounded(self.climb.restarted(level), whole=self.whole)


@dataclass(frozen=True, slots=True)
class _Share:
    """Two counters: a reading is a part by a whole, of so many `events`."""

    climb: Climb
    mix: Mix
    events: Fraction
    too_few: Fraction
    lowest: Fraction | None = Fraction(0)
    idle: Fraction | None = None
    restarts: bool = True

    @classmethod
    def of_two(cls, of: Ratio, climb: Climb, by: tuple[str, ...], spec: Spec) -> _Share:
        mix = mixed(of, by, spec, Pace(climb.interval, Fraction(0), Fraction(0)))
        return cls(climb, mix, Fraction(_many(of.at_least)), Fraction(ceil(of.at_least) - 1))

    @property
    def interval(self) -> Fraction:
        return self.climb.interval

    @property
    def having(self) -> Map[str, str]:
        return self.mix.part

    @property
    def grain(self) -> Fraction:
        if self.mix.shared:
            return _THOUSANDTH
        return Fraction(1) if self.mix.part_whole else _HUNDREDTH

    @property
    def highest(self) -> Fraction | None:
        return Fraction(1) if self.mix.shared else None

    def series(self, levels: Levels, *, few: int = 0, restart: bool = False) -> tuple[Series, ...]:
        events = _events(levels, self.events, self.too_few, few)
        parts = [(level or Fraction(0)) * n for level, n in zip(levels, events, strict=True)]
        beside = [n - part if self.mix.shared else n for part, n in zip(parts, events, strict=True)]
        return (
            series(self.mix.part_name, self.mix.part, self.climb.values(parts, restart=restart)),
            series(self.mix.other_name, self.mix.other, self.climb.values(beside, restart=restart)),
        )

    def restarted(self, level: Fraction) -> Fraction:
        part = self.climb.restarted(level * self.events)
        whole = self.climb.restarted(self.events)
        return _rounded(part, whole=self.mix.part_whole) / _rounded(
            whole, whole=self.mix.other_whole
        )


@dataclass(frozen=True, slots=True)
class _Buckets:
    """A histogram of at most two levels: a reading is the one or the other."""

    climb: Climb
    name: str
    having: Map[str, str]
    q: Fraction
    events: Fraction
    too_few: Fraction
    grain: Fraction = _HUNDREDTH
    lowest: Fraction | None = Fraction(0)
    highest: Fraction | None = None
    idle: Fraction | None = None
    restarts: bool = True

    @classmethod
    def of_histogram(cls, of: Quantile, climb: Climb, by: tuple[str, ...], spec: Spec) -> _Buckets:
        family = spec.families[of.of.metric]
        having = labels(family, of.of.where, by, spec)
        few = Fraction(ceil(of.at_least) - 1)
        return cls(climb, family.name, having, of.q, Fraction(_many(of.at_least)), few)

    @property
    def interval(self) -> Fraction:
        return self.climb.interval

    def series(self, levels: Levels, *, few: int = 0, restart: bool = False) -> tuple[Series, ...]:
        events = _events(levels, self.events, self.too_few, few)
        both = sorted({level for level in levels if level is not None})
        low, high = both[0], both[-1]
        # All that is in the first bucket is spread over it; what is beyond the last bound counts
        # as that bound. Where the first would reach beyond, so much is in it as gives the level.
        first = min(low / self.q, high)
        held = {low: first * self.q / low, high: Fraction(0) if first < high else self.q}
        bounds = sorted({first, high})
        found = []
        for bound in bounds:
            counts = [
                n * (held[level] if level is not None else 0)
                if bound == first
                else n * (1 if level == low else 0)
                for level, n in zip(levels, events, strict=True)
            ]
            found.append(self._bucket(format_number(bound), counts, restart=restart))
        found.append(self._bucket("+Inf", events, restart=restart))
        values = self.climb.values(events, restart=restart)
        return (*found, series(f"{self.name}_count", self.having, values))

    def _bucket(self, le: str, counts: Sequence[Fraction], *, restart: bool) -> Series:
        values = self.climb.values(counts, restart=restart)
        return series(f"{self.name}_bucket", {**self.having, "le": le}, values)

    def restarted(self, level: Fraction) -> Fraction:
        return level


@dataclass(frozen=True, slots=True)
class _Gauge:
    """One gauge, or for `count` so many: a reading is its level."""

    interval: Fraction
    name: str
    having: Map[str, str]
    crowd: str
    grain: Fraction
    highest: Fraction | None
    lowest: Fraction | None = None
    idle: Fraction | None = None
    too_few: Fraction = Fraction(0)
    restarts: bool = False

    @classmethod
    def of(cls, of: Value, step: Fraction, by: tuple[str, ...], spec: Spec) -> _Gauge:
        family = spec.families[of.of.metric]
        held = {*by, *(m.label for m in of.of.where), *spec.selector}
        free = next(n for n in (*family.labels, "instance", "job", "copy") if n not in held)
        share = family.unit == "ratio"
        grain = Fraction(1) if counts_wholes(family) else _THOUSANDTH if share else _HUNDREDTH
        return cls(
            step,
            family.name,
            labels(family, of.of.where, by, spec),
            free if of.aggregate == "count" else "",
            Fraction(1) if of.aggregate == "count" else grain,
            Fraction(1) if share and of.aggregate not in ("count", "sum") else None,
        )

    def series(self, levels: Levels, *, few: int = 0, restart: bool = False) -> tuple[Series, ...]:  # noqa: ARG002 - as the others: a gauge has neither
        if not self.crowd:
            values = [None if level is None else format_number(level) for level in levels]
            return (series(self.name, self.having, _present(values)),)
        most = max(level for level in levels if level is not None)
        return tuple(
            series(self.name, {**self.having, self.crowd: f"{self.crowd}-{n}"}, _present(there))
            for n in range(1, floor(most) + 1)
            for there in [["1" if level is not None and level >= n else None for level in levels]]
        )

    def restarted(self, level: Fraction) -> Fraction:
        return level


def _present(values: Sequence[str | None]) -> str:
    """Write a gauge's values, marking where it is there no more."""
    written = []
    for before, value in zip([None, *values], values, strict=False):
        written.append(value or ("stale" if before else "_"))
    return " ".join(written)


def _events(levels: Levels, usual: Fraction, too_few: Fraction, few: int) -> list[Fraction]:
    """Give how much happens in each step."""
    last = len(levels) - few
    return [
        Fraction(0) if level is None else usual if number < last else too_few
        for number, level in enumerate(levels)
    ]


def _many(at_least: Fraction) -> int:
    """Give more events than need be, even over a restart; a thousandth of them is whole."""
    return (ceil(at_least * 2 / 1000) or 1) * 1000


def _rounded(amount: Fraction, *, whole: bool) -> Fraction:
    return Fraction(floor(amount + Fraction(1, 2))) if whole else amount
