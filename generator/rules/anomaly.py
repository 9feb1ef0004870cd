"""Alerts on a reading that is far from what it usually was: a band learnt from its own past.

The band stands around the median of the past. Its width is a number of spreads, a spread being the
distance of the quartiles: an incident that took less than a quarter of the past moves neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from generator import usual
from generator.alerting import announce, each, lasting
from generator.cases import shown
from generator.measuring import reading, unit_read
from generator.model import Case, ProvenAlert, Recording
from generator.readings import readings
from generator.recording import read
from generator.usual import Side
from spec.model import Increase, Value
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.alerting import Announcement
    from generator.model import Series, Sort
    from generator.readings import Readings
    from generator.usual import Levels
    from spec.model import Alert, Anomaly, Direction, Measured, Spec

_MORE = 4
"""Readings of the past in a case beyond those that are needed."""


def prove(alert: Alert, condition: Anomaly, spec: Spec) -> ProvenAlert:
    """Fire where the reading is more spreads than the bound away from its median."""
    if alert.threshold is None:
        raise ValueError(f"{alert.name} has no threshold")
    measured = condition.of
    direction, spreads = alert.threshold.direction, format_number(alert.threshold.bound)
    says = announce(
        alert,
        spec,
        unit_read(measured, spec),
        window=_window(measured, alert),
        threshold=f"{spreads} times its usual spread",
    )
    recordings = reading(measured, alert.by, spec)
    band = _recordings(recordings[-1], condition, spec)
    side = {"above": "above", "below": "below", "beyond": "away from"}[direction]
    past = format_duration(condition.past)
    read_as = readings(measured, condition.step, alert.by, spec)
    return ProvenAlert(
        alert=alert,
        recordings=(*recordings, band.usual, band.spread, band.known),
        rules=(says.rule(_expr(recordings[-1], band, alert, condition, spec)),),
        cases=tuple(_Cases(alert, condition, says, read_as, spec).all()),
        words=f"`{recordings[-1].record}` was more than {spreads} spreads {side} its median of the "
        f"last {past}, of which at least {format_duration(condition.history)} must be "
        f"known{each(alert.by)}",
    )


# ---- rules --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Band:
    """What is recorded of the past: its median, its spread, and how many readings there are."""

    usual: Recording
    spread: Recording
    known: Recording


def _recordings(now: Recording, condition: Anomaly, spec: Spec) -> _Band:
    """Record the past, read once a step, without the step that has not ended yet."""
    past, step = format_duration(condition.past), format_duration(condition.step)
    then = f"{read(now, spec)}[{past}:{step}] offset {step}"
    median = Recording(f"{now.record}_usual{past}", f"quantile_over_time(0.5, {then})")
    least = f"{format_number(usual.RELATIVE)} * abs({read(median, spec)})"
    quartiles = f"quantile_over_time(0.75, {then})\n-\nquantile_over_time(0.25, {then})"
    return _Band(
        median,
        Recording(f"{now.record}_spread{past}", f"(\n{quartiles}\n) > {least}\nor\n{least}"),
        Recording(f"{now.record}_known{past}", f"count_over_time({then})"),
    )


def _expr(recorded: Recording, band: _Band, alert: Alert, condition: Anomaly, spec: Spec) -> str:
    threshold = alert.threshold
    if threshold is None:
        raise ValueError(f"{alert.name} has no threshold")
    spread = read(band.spread, spec)
    if condition.margin:
        spread = f"clamp_min({spread}, {format_number(condition.margin)})"
    now, median = read(recorded, spec), read(band.usual, spec)
    width = f"{format_number(threshold.bound)} * {spread}"
    above, below = f"{now} > {median} + {width}", f"{now} < {median} - {width}"
    far = {"above": above, "below": below}.get(threshold.direction, f"(\n{above}\nor\n{below}\n)")
    fewest = ceil(condition.history / condition.step)
    expr = f"{far}\nand\n{read(band.known, spec)} >= {fewest}"
    if condition.at_least:
        least = format_number(condition.at_least)
        expr += f"\nand\n(\n{now} >= {least}\nor\n{median} >= {least}\n)"
    return expr


def _window(of: Measured, alert: Alert) -> Fraction:
    match of:
        case Increase():
            return lasting(of.per, alert)
        case Value():
            return alert.wait
        case _:
            return lasting(of.over, alert)


# ---- cases --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cases:
    """The cases of an anomaly: readings, one a step, of which the band says what they come to."""

    alert: Alert
    condition: Anomaly
    says: Announcement
    readings: Readings
    spec: Spec

    def all(self) -> Iterator[Case]:
        """Give them, side by side of the band."""
        if self.alert.threshold is None:
            return
        band = usual.band(self.condition, self.alert.threshold)
        sides: tuple[Direction, ...] = (
            ("above", "below") if band.direction == "beyond" else (band.direction,)
        )
        for direction in sides:
            side = Side(replace(band, direction=direction), self.readings)
            yield from self._told(side)
            yield from self._sparse(side)
            if self.readings.restarts:
                yield from self._restarted(side)
        yield self._case("stays silent: there are no series", (), 1, (), "missing")

    @property
    def _held(self) -> int:
        """Steps that it must last."""
        return ceil(self.alert.wait / self.condition.step)

    def _past(self, side: Side) -> list[Fraction | None]:
        """Give an ordinary past; of the first step nothing is known."""
        return [None] + [side.usual] * max(side.band.fewest + _MORE, 5 * (self._held + 1))

    def _told(self, side: Side) -> Iterator[Case]:
        """Give the cases that follow from the band alone."""
        word, often, near, far = side.band.direction, side.usual, side.near, side.far
        lasts = [far] * (self._held + 1)
        past = self._past(side)
        young = [None] + [often] * max(side.band.fewest - 1 - self._held, 0)
        # A quarter of the past would move its quartiles: this is an eighth, or one.
        eighth = max(len(past) // 8, 1)
        after = [*past[:2], *[far] * eighth, *past[2 + eighth :], often]
        # A third of the past does.
        wild = [None, *[often, often, far] * (len(past) // 3 + 1), *lasts]
        gap = [self.readings.idle] * 2
        yield from self._fires(side, f"far {word}", [*past, *lasts])
        yield from self._silent(side, f"{word}, but near", [*past, near])
        if self._held:
            yield from self._waits(side, [*past, far])
        yield from self._fires(side, f"far {word}, in spite of an incident", [*after, *lasts])
        yield from self._silent(side, f"as far {word} as often before", wild)
        yield from self._silent(side, f"far {word}, but too little is known", [*young, *lasts])
        again = [*past, *gap, *lasts]
        yield from self._fires(side, f"far {word}, after a silence", again, sort="silence")

    def _sparse(self, side: Side) -> Iterator[Case]:
        """Give a case of less traffic than is judged by."""
        name = f"stays silent: far {side.band.direction}, but too few to judge by"
        far = [side.far] * (self._held + 1)
        levels = [*self._past(side), *far]
        if self.readings.too_few >= 1:
            series = self.readings.series(levels, few=len(far))
            yield self._case(name, series, len(levels) - 1, (), "silent")
        least = self.condition.at_least
        for often in (Fraction(0), least - self.readings.grain):
            small = replace(side, band=replace(side.band, at_least=Fraction(0)), start=often)
            levels = [*self._past(small), *[small.far] * (self._held + 1)]
            if max(often, small.far) < least and small.band.fires(levels, self._held):
                series = self.readings.series(levels)
                yield self._case(name, series, len(levels) - 1, (), "silent")
                return

    def _restarted(self, side: Side) -> Iterator[Case]:
        """Give cases of counters that start anew within the last window."""
        word, past = side.band.direction, self._past(side)
        for name, far in ((f"far {word}", side.further), (f"not far {word}", side.usual)):
            levels = [*past, *[far] * (self._held + 1)]
            read_as = self.readings.restarted(far)
            series = self.readings.series(levels, restart=True)
            fires = side.band.fires([*levels[:-1], read_as], self._held)
            if fires is not None:
                what = "fires" if fires else "stays silent"
                expected = (read_as,) if fires else ()
                told = f"{what}: {name}, over a restart"
                yield self._case(told, series, len(levels) - 1, expected, "reset")

    def _fires(self, side: Side, name: str, levels: Levels, sort: Sort = "fires") -> Iterator[Case]:
        """Give a case, unless the band says that it does not fire, or that it is not sure."""
        if side.band.fires(levels, self._held) and levels[-1] is not None:
            series = self.readings.series(levels)
            yield self._case(f"fires: {name}", series, len(levels) - 1, (levels[-1],), sort)

    def _silent(self, side: Side, name: str, levels: Levels) -> Iterator[Case]:
        """Give a case, unless the band says that it fires, is kept firing, or is not sure."""
        kept = ceil(self.alert.keep / self.condition.step)
        ends = [levels[: len(levels) - ago] for ago in range(min(kept, len(levels) - 1) + 1)]
        if all(side.band.unusual(end) is False for end in ends):
            series = self.readings.series(levels)
            yield self._case(f"stays silent: {name}", series, len(levels) - 1, (), "silent")

    def _waits(self, side: Side, levels: Levels) -> Iterator[Case]:
        if side.band.fires(levels, 0):
            name = f"stays silent: far {side.band.direction}, but not long enough"
            series = self.readings.series(levels)
            yield self._case(name, series, len(levels) - 1, (), "silent")

    def _case(
        self,
        name: str,
        series: tuple[Series, ...],
        step: int,
        values: tuple[Fraction, ...],
        sort: Sort,
    ) -> Case:
        kept = shown(self.alert.by, self.readings.having, self.spec.fleet)
        expected = tuple(self.says.expected(kept, float(value)) for value in values)
        every = self.condition.step
        return Case(name, self.readings.interval, series, step * every, expected, sort, every)
