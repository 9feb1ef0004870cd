"""Counters of which every step has a window of its own: how they grow, and over a restart.

A step is twice as long as the window, and an odd number of samples: so a window that ends with a
step starts between two samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from spec.quantities import format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAMPLES = (15, 25, 45, 75)
# Samples after a restart.
_AFTER = 3


@dataclass(frozen=True, slots=True)
class Climb:
    """How counters grow: so many `samples` in a step, one every `interval` seconds."""

    interval: Fraction
    samples: int

    @classmethod
    def through(cls, step: Fraction) -> Climb:
        """Divide a step into whole seconds, or milliseconds where need be."""
        for unit in (1, 1000):
            for samples in _SAMPLES:
                if (step / samples * unit).denominator == 1:
                    return cls(step / samples, samples)
        return cls(step / _SAMPLES[0], _SAMPLES[0])

    @property
    def _seen(self) -> int:
        return (self.samples - 1) // 2

    def values(self, grown: Sequence[Fraction], *, restart: bool = False) -> str:
        """Write a counter that grows by so much within the window of each step but the first.

        It is not there before the second sample, so that nothing is read in the first step.
        """
        parts, reached = ["_"], Fraction(0)
        for number, amount in enumerate(grown[1:], 1):
            pace = amount / self._seen
            first = reached + pace if number > 1 else Fraction(0)
            last = restart and number == len(grown) - 1
            more = self.samples - 1 - (_AFTER + 1 if last else 0)
            parts.append(f"{format_number(first)}+{format_number(pace)}x{more}")
            reached = first + pace * more
        if restart:
            parts.append(f"0+{format_number(grown[-1] / self._seen)}x{_AFTER}")
        return " ".join(parts)

    def restarted(self, amount: Fraction) -> Fraction:
        """Give what `increase` makes of an amount over a restart in the midst of its window.

        The step at which it started anew is lost, and half a step is extrapolated.
        """
        seen = Fraction(self._seen)
        return amount * (seen - 1) / seen * Fraction(self.samples, 2) / seen
