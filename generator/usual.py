"""What is usual for a reading, and what is not: worked out by hand, no PromQL here.

Cases of anomalies are made of readings, one a step, and this says which of them are unusual.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.readings import Readings
    from spec.model import Anomaly, Direction, Threshold

Levels: TypeAlias = "Sequence[Fraction | None]"
"""Readings, one a step; None where nothing could be read."""

RELATIVE = Fraction(1, 10)
"""A spread is at least this part of what is usual."""

_CLEAR, _QUARTER = Fraction(1, 100), Fraction(1, 4)
_USUAL = Fraction(100)
# What may be usual for a share, where there is to be room above or below it.
_SHARES: dict[Direction, tuple[Fraction, ...]] = {
    "above": (Fraction(1, 5), Fraction(1, 20), Fraction(1, 100), Fraction(0)),
    "below": (Fraction(4, 5), Fraction(9, 10), Fraction(1)),
}


@dataclass(frozen=True, slots=True)
class Band:
    """What is usual: `spreads` around the median of the last `steps` readings but the newest.

    Nothing is unusual before `fewest` readings, or where neither it nor the usual is `at_least` so
    much. A spread is at least `margin`.
    """

    direction: Direction
    spreads: Fraction
    margin: Fraction
    steps: int
    fewest: int
    at_least: Fraction

    def width(self, usual: Fraction, spread: Fraction = Fraction(0)) -> Fraction:
        """Give how far a reading may be from the usual."""
        return self.spreads * max(spread, RELATIVE * abs(usual), self.margin)

    def fires(self, levels: Levels, held: int) -> bool | None:
        """Tell whether the last reading, and `held` more before it, are unusual.

        None where that is not sure: see `unusual`.
        """
        found = [self.unusual(levels[: len(levels) - ago]) for ago in range(held + 1)]
        if found[0] is False:
            return False
        return True if all(found) else None

    def unusual(self, levels: Levels) -> bool | None:
        """Tell whether the last reading is unusual.

        None where that depends on rounding, or on whether the past's first step is part of it:
        Prometheus 2 says that it is, and 3 that it is not.
        """
        two = {self._unusual(levels, steps) for steps in (self.steps, self.steps + 1)}
        return two.pop() if len(two) == 1 else None

    def _unusual(self, levels: Levels, steps: int) -> bool | None:
        *before, now = levels
        past = sorted(level for level in before[-steps:] if level is not None)
        if now is None or len(past) < self.fewest:
            return False
        usual = quantile(Fraction(1, 2), past)
        if max(now, usual) < self.at_least:
            return False
        spread = quantile(Fraction(3, 4), past) - quantile(Fraction(1, 4), past)
        width = self.width(usual, spread)
        off = {"above": now - usual, "below": usual - now}.get(self.direction, abs(now - usual))
        if abs(off - width) < width * _CLEAR:
            return None
        return off > width


def band(of: Anomaly, threshold: Threshold) -> Band:
    """Give the band of an anomaly."""
    return Band(
        threshold.direction,
        threshold.bound,
        of.margin,
        of.past // of.step,
        ceil(of.history / of.step),
        of.at_least,
    )


def quantile(q: Fraction, ordered: Sequence[Fraction]) -> Fraction:
    """Give a quantile of ordered numbers as PromQL does: between its two neighbours."""
    rank = q * (len(ordered) - 1)
    lower = floor(rank)
    below, above = ordered[lower], ordered[min(lower + 1, len(ordered) - 1)]
    return below + (above - below) * (rank - lower)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a band, and readings that lie on it: near the usual, far from it, and further.

    `start` is what is usual; without it, something that leaves room on this side.
    """

    band: Band
    readings: Readings
    start: Fraction | None = None

    @property
    def usual(self) -> Fraction:
        """Give what is usual."""
        if self.start is not None:
            return self.start
        if self.readings.highest is None:
            return max(_USUAL, *(Fraction(ceil(n) + 1) for n in self._least()))
        choices = _SHARES[self.band.direction]
        return next((share for share in choices if self._room(share)), choices[-1])

    @property
    def near(self) -> Fraction:
        """Give a reading that is just within the band."""
        return self._off(Fraction(19, 20), outwards=False)

    @property
    def far(self) -> Fraction:
        """Give a reading that is just beyond the band."""
        return self._off(Fraction(21, 20), outwards=True)

    @property
    def further(self) -> Fraction:
        """Give a reading that is beyond the band even where a restart has cost some of it."""
        return self._off(Fraction(2), outwards=True) if self._rising else self.far

    @property
    def _rising(self) -> bool:
        return self.band.direction == "above"

    def _least(self) -> tuple[Fraction, Fraction]:
        """Give the least that is judged by, and twice the width that the margin makes."""
        return self.band.at_least, 2 * self.band.spreads * self.band.margin

    def _room(self, share: Fraction) -> bool:
        """Tell whether there is room beyond the band around a share."""
        width = self.band.width(share) * Fraction(21, 20)
        return share + width <= 1 if self._rising else share - width >= 0

    def _off(self, widths: Fraction, *, outwards: bool) -> Fraction:
        """Give a reading so many widths off the usual, a multiple of the grain."""
        grain, width = self.readings.grain, self.band.width(self.usual)
        lowest, highest = self.readings.lowest, self.readings.highest
        exact = self.usual + (widths if self._rising else -widths) * width
        up = self._rising == outwards
        rounded = (ceil if up else floor)(exact / grain) * grain
        if lowest is not None and rounded < lowest:
            # Between the band's edge and the lowest, where there is room.
            return max(floor((self.usual - width) / 2 / grain) * grain, lowest)
        if highest is not None:
            return min(rounded, highest)
        if grain < 1 <= abs(rounded) and rounded.denominator == 1:
            # Whole seconds are cut off when they are shown, and noise would cut off one more.
            return rounded + (_QUARTER if up else -_QUARTER)
        return rounded
