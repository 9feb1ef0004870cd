"""How a budget is spent in a case, and which tiers of its alert fire then: worked out by hand.

No PromQL here: sums and comparisons of exact numbers, so that a wrong expression shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, TypeAlias

from generator.bursts import Jumps
from generator.playing import played
from spec.quantities import format_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.sampling import Sampling
    from spec.model import Tier

SHORT = 12
"""The short window is this part of the long one."""

_NOISE = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Steady:
    """So much in every sample. Only for windows that are not summed up from hours."""

    step: Fraction

    def values(self, samples: int) -> str:
        """Write the counter's values, so many of them."""
        return f"0+{format_number(self.step)}x{samples - 1}"

    def grown(self, sample: int, window: Fraction, on: Sampling) -> Fraction:
        """Give how much it has grown within a window of seconds that ends with this sample."""
        return self.step * min(sample, on.inside(window))


Spending: TypeAlias = Steady | Jumps


@dataclass(frozen=True, slots=True)
class Ledger:
    """A budget's tiers and their bounds.

    `wait` and `keep` are the alert's, in seconds. `wholes`: what is spent is rounded.
    """

    limit: Fraction
    tiers: tuple[Tier, ...]
    wait: Fraction
    keep: Fraction
    wholes: bool
    on: Sampling

    def bound(self, tier: Tier) -> Fraction:
        """Give what may be spent within the tier's window."""
        return tier.share * self.limit

    def firing(self, spending: Spending, last: int) -> dict[str, Fraction]:
        """Name the tiers that fire at a sample, each with what it shows as spent."""
        found = {}
        waits, keeps = self.on.lasts(self.wait), self.on.lasts(self.keep)
        for tier in self.tiers:
            shown = played(self._answers(tier, spending, last), waits, keeps)
            if shown is not None:
                found[tier.name] = shown
        return found

    def clear(self, spending: Steady, sample: int) -> bool:
        """Tell whether nothing is so close to a bound, or to half a cent, that noise decides."""
        for tier in self.tiers:
            for part in (1, SHORT):
                spent = spending.grown(sample, tier.window / part, self.on)
                bound = self.bound(tier) / part
                if abs(spent - bound) < bound / 50:
                    return False
                cents = spent if self.wholes else spent * 100
                if abs(cents % 1 - Fraction(1, 2)) < _NOISE:
                    return False
        return True

    def _answers(self, tier: Tier, spending: Spending, last: int) -> Iterator[Fraction | None]:
        """Give at each sample what was spent, where that is too much in both windows."""
        bound, window = self.bound(tier), tier.window
        for sample in range(last + 1):
            long = self._rounded(spending.grown(sample, window, self.on))
            if long <= bound:
                yield None
                continue
            short = self._rounded(spending.grown(sample, window / SHORT, self.on))
            yield long if short > bound / SHORT else None

    def _rounded(self, spent: Fraction) -> Fraction:
        return Fraction(floor(spent + Fraction(1, 2))) if self.wholes else spent
