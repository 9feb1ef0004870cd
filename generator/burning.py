"""Which tiers of an SLO's alert fire in a case: worked out by hand, in exact numbers.

No PromQL here: sums and comparisons, so that a wrong expression shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING

from generator.playing import played
from generator.sampling import FEW, Sampling, sampling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generator.events import Step
    from spec.model import ErrorTier, Slo


@dataclass(frozen=True, slots=True)
class Judge:
    """An SLO's tiers. `wait` and `keep` are the alert's, in seconds."""

    slo: Slo
    wait: Fraction
    keep: Fraction
    on: Sampling

    def held(self, tier: ErrorTier) -> int:
        """Give in how many samples a tier's wait is over."""
        return self.on.lasts(self.wait if tier.wait is None else tier.wait)

    def firing(self, steps: Sequence[Step]) -> dict[str, Fraction]:
        """Name the tiers that fire after these steps, each with its share of errors."""
        wrong = [0, *accumulate(step.wrong for step in steps)]
        every = [0, *accumulate(step.wrong + step.well for step in steps)]
        found = {}
        keep = self.on.lasts(self.keep)
        for tier in self.slo.tiers:
            answers = self._answers(tier, wrong, every)
            shown = played(answers, self.held(tier), keep)
            if shown is not None:
                found[tier.name] = Fraction(*shown)
        return found

    def _answers(
        self, tier: ErrorTier, wrong: Sequence[int], every: Sequence[int]
    ) -> Iterator[tuple[int, int] | None]:
        """Give at each sample what went wrong of how many, where that is too much."""
        bound = self.slo.bound(tier)
        over, under, least = bound.numerator, bound.denominator, ceil(tier.at_least)
        long, short = (self._sums(window, wrong, every) for window in (tier.window, tier.short))
        for (part, of), (lately, total) in zip(long, short, strict=True):
            past = part * under > over * of and lately * under > over * total
            yield (part, of) if past and of >= least else None

    def _sums(
        self, window: Fraction, wrong: Sequence[int], every: Sequence[int]
    ) -> Iterator[tuple[int, int]]:
        """Give at each sample what went wrong of how many in a window that ends with it."""
        inside = self.on.inside(window)
        for last in self.on.all_seen(len(wrong), window):
            first = max(last - inside, 0)
            yield wrong[last] - wrong[first], every[last] - every[first]


def judge(slo: Slo, wait: Fraction, keep: Fraction) -> Judge:
    """Judge an SLO by samples that suit the windows of all its tiers."""
    windows = [w for tier in slo.tiers for w in (tier.window, tier.short)]
    return Judge(slo, wait, keep, sampling(windows, FEW))
