"""Input series for promtool: labels that fit a selection, and values with a known increase.

Everything here is exact. A counter that starts at 0 inside the window and stands still at its end
is not extrapolated, so `increase` gives what was added, in Prometheus 2 and 3 alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import TYPE_CHECKING

from generator.model import Series
from generator.promql import quote
from spec.quantities import format_number

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as Map

    from spec.model import Family, Matcher, Spec

# Odd numbers of half intervals in a window: its start then falls between two samples.
_HALVES = (75, 45, 25, 15)
_LARGE = 60


@dataclass(frozen=True, slots=True)
class Pace:
    """How the samples of a case follow each other, and when it looks; all in seconds.

    `window`: over what the alert looks back. `wait`, `keep`: how long it must hold, and goes on.
    Where the wait fits into the window, everything is added at once, in the second sample;
    otherwise, and where `steady`, a little in every sample, so that there is always as much in the
    window.
    """

    window: Fraction
    wait: Fraction
    keep: Fraction
    steady: bool = False

    @property
    def interval(self) -> Fraction:
        """From one sample, and one evaluation, to the next."""
        return _interval(self.window)

    @property
    def at_once(self) -> bool:
        """Whether an amount is added at once."""
        return not self.steady and (self._held + 3) * self.interval < self.window

    @property
    def at(self) -> Fraction:
        """When an alert whose condition holds has fired."""
        start = 1 if self.at_once else self._full
        return (start + self._held + 1) * self.interval

    @property
    def before(self) -> Fraction:
        """An evaluation at which an alert that waits for a `burst` has not fired yet."""
        return min(max(self._held, 1), self._steps) * self.interval

    @property
    def at_resumed(self) -> Fraction:
        """When an alert has fired again for what has `resumed`."""
        return (self._busy + self._quiet) * self.interval + self.at

    @property
    def at_restarted(self) -> Fraction:
        """When an alert has fired for what was added across a restart."""
        if self.at_once:
            return self.at
        # The window is full again, and what an answer of no growth would have ended is not over.
        return (self._full + max(self._held, self._steps + 1) + 1) * self.interval

    @property
    def forgets(self) -> bool:
        """Whether a condition that held for one sample has left nothing that still fires."""
        return self.wait > 0 or not self.keep

    @property
    def _held(self) -> int:
        return ceil(self.wait / self.interval)

    @property
    def _full(self) -> int:
        """Samples until the window is full and nothing is left of what fired on the way."""
        return ceil((self.window + self.keep) / self.interval) + 1

    @property
    def _rest(self) -> int:
        return ceil(self.at / self.interval)

    @property
    def _steps(self) -> int:
        """Steps between the first and the last sample in a window."""
        return self.window // self.interval

    @property
    def _busy(self) -> int:
        return 1 if self.at_once else self._full

    @property
    def _quiet(self) -> int:
        """Samples until nothing in the window, no wait and no afterglow is left."""
        return ceil((self.window + self.wait + self.keep) / self.interval) + 2

    def adds(self, amount: Fraction) -> str:
        """Values of a counter that has grown by `amount` within the window."""
        if self.at_once:
            return self.bursts(amount)
        # What lies between the first and the last sample in the window is what is seen.
        return f"0+{format_number(amount / self._steps)}x{self._rest + 1}"

    def bursts(self, amount: Fraction) -> str:
        """Values of a counter to which all is added in the second sample."""
        return f"0 {format_number(amount)}x{self._rest}"

    def resumes(self, amount: Fraction) -> str:
        """Values of a counter that grows, stands still for longer than the window, and grows."""
        step = amount if self.at_once else amount / self._steps
        once, again = (format_number(n * step) for n in (self._busy, self._busy + 1))
        grown = f"0+{format_number(step)}x{self._busy} {once}x{self._quiet - 2}"
        if self.at_once:
            return f"{grown} {once} {again}x{self._rest}"
        return f"{grown} {once}+{format_number(step)}x{self._rest + 1}"

    def adds_across_restart(self, amount: Fraction) -> str:
        """Values of a counter that starts anew on the way.

        It comes back lower than it was, or nobody could see that it started anew.
        """
        if not self.at_once:
            step = format_number(amount / self._steps)
            rest = ceil(self.at_restarted / self.interval) - self._full
            return f"0+{step}x{self._full} 0+{step}x{rest}"
        first = amount * 3 / 4
        if amount.denominator == 1:
            first = Fraction(ceil(first))
        return f"0 {format_number(first)} {format_number(amount - first)}x{self._rest}"

    def idles(self) -> str:
        """Values of a counter that stands still."""
        return f"7x{self._rest + 1}"

    def turns(self, before: Fraction, after: Fraction) -> str:
        """Values of a gauge that changes once, in the second sample."""
        return f"{format_number(before)} {format_number(after)}x{self._rest}"

    def flashes(self, before: Fraction, after: Fraction) -> str:
        """Values of a gauge that changes for one sample and is there no more."""
        return f"{format_number(before)} {format_number(after)} stale _x{self._rest}"

    def returns(self, before: Fraction, after: Fraction) -> str:
        """Values of a gauge that changes, is gone for longer than the window, and does it again."""
        first, then = format_number(before), format_number(after)
        gone = f"{first} {then}x{self._busy - 1} stale _x{self._quiet - 2}"
        return f"{gone} {first} {then}x{self._rest}"

    def ends(self) -> str:
        """Values of a series that is there at first and then no more."""
        return f"1 stale _x{self._rest}"


@cache
def _interval(window: Fraction) -> Fraction:
    """Divide a window so that its start falls between samples, in whole milliseconds."""
    whole = [2 * window / halves for halves in _HALVES]
    for unit in (1, 1000):
        for interval in whole:
            if (interval * unit).denominator == 1:
                return interval
    return Fraction(max(round(2000 * window / _HALVES[0]), 1), 1000)


def past(bound: Fraction, sign: str, *, whole: bool) -> Fraction:
    """Give an amount just on the alert's side (`>` or `<`) of a bound: one more, or a per cent.

    Amounts that are not whole end at a hundredth (or a half, where that is more), so that no
    noise of floating point shows when they are rounded for people.
    """
    if whole:
        return Fraction(floor(bound) + 1 if sign == ">" else ceil(bound) - 1)
    above = sign == ">"
    share, turn = (Fraction(101, 100), ceil) if above else (Fraction(99, 100), floor)
    amount = Fraction(turn(bound * share * 100), 100) + (Fraction(1, 2) if bound >= _LARGE else 0)
    return amount if amount != bound else bound + Fraction(1 if above else -1, 100)


def labels(
    family: Family, where: Iterable[Matcher], by: tuple[str, ...], spec: Spec
) -> dict[str, str]:
    """Give labels of a series that is selected by all of `where`."""
    matchers = tuple(where)
    own = {"fleet": spec.fleet} if family.recorded else spec.selector
    names = dict.fromkeys((*family.labels, *by, *(m.label for m in matchers), *own))
    return {name: own.get(name) or _value(name, family, matchers) for name in names}


def _value(label: str, family: Family, where: tuple[Matcher, ...]) -> str:
    mine = [m for m in where if m.label == label]
    wanted = [value for m in mine if not m.negated for value in m.values]
    choices = (*wanted, *family.values.get(label, ()), f"{label}-1", f"other-{label}")
    fits = (v for v in choices if all((v in m.values) != m.negated for m in mine))
    return next(fits, choices[0])


def series(metric: str, having: Map[str, str], values: str) -> Series:
    """Write an input series."""
    inner = ",".join(f"{name}={quote(value)}" for name, value in having.items())
    return Series(f"{metric}{{{inner}}}", values)
