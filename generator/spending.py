"""How a budget is spent in a case, and which tiers of its alert fire then: worked out by hand.

No PromQL here: sums and comparisons of exact numbers, so that a wrong expression shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, TypeAlias

from spec.quantities import format_number

if TYPE_CHECKING:
    from spec.model import Tier

SHORT = 12
"""The short window is this part of the long one."""

# The shortest window holds almost five samples: enough to rise and restart in. Several choices,
# since no window may start on a sample: Prometheus 2 would count that sample in, and 3 would not.
_SAMPLES = (Fraction(24, 5), Fraction(33, 7), Fraction(52, 11), Fraction(61, 13))
_NOISE = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Steady:
    """So much in every sample."""

    step: Fraction

    def values(self, samples: int) -> str:
        """Write the counter's values."""
        return f"0+{format_number(self.step)}x{samples}"

    def spent(self, sample: int, window: Fraction) -> Fraction:
        """Give what was spent within a window, in samples, that ends with this one."""
        return self.step * min(sample, floor(window))


@dataclass(frozen=True, slots=True)
class Burst:
    """So much in the second sample; with a `restart`, a quarter of it in the third."""

    amount: Fraction
    restart: bool = False

    def values(self, samples: int) -> str:
        """Write the counter's values."""
        if not self.restart:
            return f"0 {format_number(self.amount)}x{samples}"
        rest = format_number(self.amount / 4)
        return f"0 {format_number(self.amount * 3 / 4)} {rest}x{samples}"

    def spent(self, sample: int, window: Fraction) -> Fraction:
        """Give what was spent within a window, in samples, that ends with this one."""
        if not 1 <= sample < window:
            return Fraction(0)
        return self.amount * 3 / 4 if self.restart and sample == 1 else self.amount


Spending: TypeAlias = Steady | Burst


@dataclass(frozen=True, slots=True)
class Ledger:
    """A budget's tiers and their bounds, sampled every `interval` seconds.

    `wait` and `keep` are the alert's, in seconds. `wholes`: what is spent is rounded.
    """

    limit: Fraction
    tiers: tuple[Tier, ...]
    wait: Fraction
    keep: Fraction
    wholes: bool

    @property
    def interval(self) -> Fraction:
        """From one sample, and one evaluation, to the next, in whole milliseconds."""
        shortest = min(tier.window for tier in self.tiers) / SHORT
        choices = [Fraction(max(round(shortest / n * 1000), 1), 1000) for n in _SAMPLES]
        windows = [_written(tier.window / part) for tier in self.tiers for part in (1, SHORT)]
        off = (c for c in choices if all((window / c).denominator != 1 for window in windows))
        return next(off, choices[0])

    def bound(self, tier: Tier) -> Fraction:
        """Give what may be spent within the tier's window."""
        return tier.share * self.limit

    def window(self, tier: Tier, part: int = 1) -> Fraction:
        """Give a tier's window, or a part of it, in samples; PromQL knows no less than 1 ms."""
        return _written(tier.window / part) / self.interval

    def samples(self, seconds: Fraction) -> int:
        """Give in how many samples so much time is over."""
        return ceil(seconds / self.interval)

    def firing(self, spending: Spending, sample: int) -> dict[str, Fraction]:
        """Name the tiers that fire at a sample, each with what it shows as spent."""
        found = {}
        for tier in self.tiers:
            shown = self._fires(tier, spending, sample)
            if shown is not None:
                found[tier.name] = shown
        return found

    def clear(self, spending: Spending, sample: int) -> bool:
        """Tell whether nothing is so close to a bound, or to half a cent, that noise decides."""
        for tier in self.tiers:
            for part in (1, SHORT):
                spent = spending.spent(sample, self.window(tier, part))
                off = abs(spent - self.bound(tier) / part)
                if isinstance(spending, Steady) and off < self.bound(tier) / part / 50:
                    return False
                cents = spent if self.wholes else spent * 100
                if abs(cents % 1 - Fraction(1, 2)) < _NOISE:
                    return False
        return True

    def _fires(self, tier: Tier, spending: Spending, last: int) -> Fraction | None:
        """Play Prometheus: wait while the condition holds, keep on when it holds no more."""
        since: int | None = None
        over: int | None = None
        shown: Fraction | None = None
        fires = False
        for sample in range(last + 1):
            spent = self._past(tier, spending, sample)
            if spent is not None:
                since, over, shown = (sample if since is None else since), None, spent
                fires = fires or (sample - since) * self.interval >= self.wait
                continue
            over = sample if over is None else over
            if not fires or (sample - over) * self.interval >= self.keep:
                since, over, shown, fires = None, None, None, False
        return shown if fires else None

    def _past(self, tier: Tier, spending: Spending, sample: int) -> Fraction | None:
        long = self._rounded(spending.spent(sample, self.window(tier)))
        short = self._rounded(spending.spent(sample, self.window(tier, SHORT)))
        bound = self.bound(tier)
        return long if long > bound and short > bound / SHORT else None

    def _rounded(self, spent: Fraction) -> Fraction:
        return Fraction(floor(spent + Fraction(1, 2))) if self.wholes else spent


def _written(seconds: Fraction) -> Fraction:
    """Give a duration as PromQL can say it."""
    return Fraction(round(seconds * 1000), 1000)
