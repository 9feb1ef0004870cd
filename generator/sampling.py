"""When a case has its samples, and what of them a window counts: whole numbers, and fast."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from spec.rolling import HOUR, LONGEST_RAW

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

# Samples in the shortest window, in several choices: no window may start on a sample, since
# Prometheus 2 would count that sample in, and 3 would not.
MANY = (Fraction(24, 5), Fraction(33, 7), Fraction(52, 11), Fraction(61, 13))
"""Almost five: enough to rise and to begin anew in."""
FEW = (Fraction(29, 10), Fraction(26, 9), Fraction(37, 13), Fraction(32, 11))
"""Almost three: enough where every sample is like the others."""
# Where hours are summed up, samples must follow each other within what Prometheus looks back.
_LONGEST = 250_000
_HOUR = int(HOUR * 1000)


@dataclass(frozen=True, slots=True)
class Sampling:
    """A sample, and an evaluation, every `step` milliseconds, the first one at 0."""

    step: int

    @property
    def interval(self) -> Fraction:
        """From one sample to the next, in seconds."""
        return Fraction(self.step, 1000)

    def inside(self, window: Fraction) -> int:
        """Give how many steps lie within a window of seconds."""
        return int(window * 1000) // self.step

    def lasts(self, seconds: Fraction) -> int:
        """Give in how many steps so much time is over."""
        return -(-ceil(seconds * 1000) // self.step)

    def seen(self, sample: int, window: Fraction) -> int:
        """Give the last sample that a window counts: a summed one knows only whole hours."""
        if window <= LONGEST_RAW:
            return sample
        return sample * self.step // _HOUR * _HOUR // self.step

    def all_seen(self, samples: int, window: Fraction) -> list[int]:
        """Give what `seen` gives at each of so many samples."""
        if window <= LONGEST_RAW:
            return list(range(samples))
        return [sample * self.step // _HOUR * _HOUR // self.step for sample in range(samples)]

    def settled(self, *windows: Fraction) -> int:
        """Give the sample at which all of these windows count what happened in the second one."""
        longest = max(windows)
        return 1 if longest <= LONGEST_RAW else -(-_HOUR // self.step)


def sampling(windows: Collection[Fraction], samples: Sequence[Fraction] = MANY) -> Sampling:
    """Choose samples that suit all of these windows, in seconds."""
    shortest = min(windows) * 1000
    if max(windows) > LONGEST_RAW:
        shortest = min(shortest, _LONGEST * samples[0])
    raw = [int(window * 1000) for window in windows if window <= LONGEST_RAW]
    steps = [max(round(shortest / n), 1) for n in samples]
    return Sampling(next((s for s in steps if all(w % s for w in raw)), steps[0]))
