"""A counter that jumps: what a case shows of it within windows of any length, in exact numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from generator.samples import past
from spec.quantities import format_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generator.sampling import Sampling


@dataclass(frozen=True, slots=True)
class Jumps:
    """A counter that stands at 0, and grows by these amounts, each in its sample (from 1 on).

    With `restart` the first amount comes in two parts: three quarters, and after the counter has
    begun anew, in the next sample, the last one. Nothing else may come in that sample, or nobody
    could see that the counter began anew.
    """

    jumps: tuple[tuple[int, Fraction], ...]
    restart: bool = False

    def values(self, samples: int) -> str:
        """Write the counter's values, so many of them."""
        grown = dict(self.jumps)
        if self.restart:
            (at, amount), *_ = self.jumps
            grown |= {at: amount * 3 / 4, at + 1: -amount / 2}
        levels = accumulate(grown.get(sample, Fraction(0)) for sample in range(samples))
        return runs(format_number(level) for level in levels)

    def grown(self, sample: int, window: Fraction, on: Sampling) -> Fraction:
        """Give how much it has grown within a window of seconds that ends with this sample."""
        last = on.seen(sample, window)
        first = last - on.inside(window)
        total = sum((amount for at, amount in self.jumps if first < at <= last), Fraction(0))
        at, amount = self.jumps[0] if self.jumps else (0, Fraction(0))
        return total - amount / 4 if self.restart and at == last else total


def just_past(bound: Fraction, *, whole: bool) -> Fraction:
    """Give an amount just above a bound, that a restart can cut into quarters."""
    beyond = past(bound, ">", whole=whole)
    return Fraction(-(-beyond // 4) * 4) if whole else beyond


def runs(values: Iterable[str]) -> str:
    """Write values in promtool's notation, equal ones together."""
    counted = ((value, len(list(same))) for value, same in groupby(values))
    return " ".join(f"{value}x{times - 1}" if times > 1 else value for value, times in counted)
