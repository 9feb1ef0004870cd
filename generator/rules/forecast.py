"""Alerts on a gauge that will pass a bound, by its trend.

Parameters: the gauge and how its series are brought together, the bound, how far to look ahead
(`within`), and over how much of the past a line is drawn (`from`). The line needs samples from the
oldest quarter of that time, and the gauge must still be there. The cases show it a line that passes
the bound in time, and one that just does not; a level that stays at the bound; a gauge that has
just begun; one that is gone, one that comes back, and none at all. A gauge is not a counter: there
is no reset to bear.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from generator.alerting import announce, compared, each
from generator.cases import shown
from generator.exact import decimal
from generator.model import Case, ProvenAlert
from generator.recording import level, read
from generator.samples import labels, series
from generator.texts import amount
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from generator.alerting import Announcement
    from generator.model import Sort
    from spec.model import Alert, Forecast, Spec

SORTS: frozenset[Sort] = frozenset({"fires", "silent", "silence", "missing"})

OLDEST = 4
"""There must be samples in the oldest one of so many parts of the time that is looked back over."""

# Samples in the window; its quarters then end between two of them.
_SAMPLES = Fraction(46, 3)


def prove(alert: Alert, condition: Forecast, spec: Spec) -> ProvenAlert:
    """Fire where the line through the past passes the bound within the time."""
    family = spec.families[condition.of.metric]
    sign, bound = compared(alert)
    says = announce(alert, spec, family.unit, window=condition.within, threshold=bound)
    recording = level(condition.of, condition.aggregate, alert.by, spec)
    gauge = read(recording, spec)
    oldest = condition.since / OLDEST
    reach, offset = format_duration(oldest), format_duration(condition.since - oldest)
    line = f"predict_linear({gauge}[{format_duration(condition.since)}], "
    expr = (
        f"{line}{format_number(condition.within)}) {sign} {decimal(bound)}\n"
        f"and\ncount_over_time({gauge}[{reach}] offset {offset}) > 0\n"
        f"and\n{gauge}"
    )
    having = labels(family, condition.of.where, alert.by, spec)
    cases = _Cases(condition, sign, bound, says, having, shown(alert.by, having, spec.fleet))
    return ProvenAlert(
        alert=alert,
        recordings=(recording,),
        rules=(says.rule(expr),),
        cases=tuple(cases.all()),
        words=f"the {condition.aggregate} of `{condition.of.metric}` will be "
        f"{'above' if sign == '>' else 'below'} {amount(bound, family.unit)} within "
        f"{format_duration(condition.within)}, by its trend over the last "
        f"{format_duration(condition.since)}{each(alert.by)}",
    )


@dataclass(frozen=True, slots=True)
class _Cases:
    """Gauges that move along straight lines: what is foretold of them is exact."""

    asked: Forecast
    sign: str
    bound: Fraction
    says: Announcement
    having: Map[str, str]
    kept: Map[str, str]

    @property
    def _interval(self) -> Fraction:
        return Fraction(max(round(self.asked.since / _SAMPLES * 1000), 1), 1000)

    @property
    def _held(self) -> int:
        return ceil(self.says.alert.wait / self._interval)

    @property
    def _full(self) -> int:
        """The first sample at which the window is full."""
        return ceil(self.asked.since / self._interval)

    @property
    def _step(self) -> Fraction:
        """How much the gauge moves from sample to sample: up to the bound, or down to it."""
        size = max(abs(self.bound), Fraction(1)) / 8
        unit = Fraction(10) ** (len(str(floor(size))) - 2)
        rounded = Fraction(max(floor(size / unit), 1)) * unit
        return rounded if self.sign == ">" else -rounded

    @property
    def _ahead(self) -> Fraction:
        return self.asked.within / self._interval

    def all(self) -> Iterator[Case]:
        """Give them all."""
        start = self._full
        last = start + self._held + 1
        rises = self._line(start)
        fires = self._foretold(rises, last)
        yield self._case("it will pass the bound in time", [(rises, last + 1)], last, fires)
        later = self._line(last + 2)
        yield self._case("it will pass the bound later", [(later, last + 1)], last)
        yield self._case("it stays at the bound", [((self.bound, Fraction(0)), last + 1)], last)
        if self._held:
            waiting = start + self._held - 1
            yield self._case("it has not lasted long enough", [(rises, waiting + 1)], waiting)
        short = self._held + 3
        if short * self._interval < self.asked.since / 2:
            begins = [(None, last + 1 - short), (self._line(-last), short)]
            yield self._case("it has just begun", begins, last)
        gone = [(rises, last + 1), (None, 2 + self._kept)]
        yield self._case("it is gone", gone, last + 2 + self._kept, sort="silence")
        yield from self._returns(rises, last)
        name = "stays silent: there are no series"
        yield Case(name, self._interval, (), self._interval * last, (), "missing")

    def _returns(self, rises: tuple[Fraction, Fraction], last: int) -> Iterator[Case]:
        """It is gone for longer than is looked back, and begins anew as it did before."""
        quiet = self._full + self._kept + 2
        twice = [(rises, last + 1), (None, quiet), (rises, last + 1)]
        end = 2 * last + 1 + quiet
        again = self._foretold(rises, last)
        yield self._case("it comes back after a silence", twice, end, again, sort="silence")

    @property
    def _kept(self) -> int:
        return ceil(self.says.alert.keep / self._interval)

    def _line(self, crosses: int) -> tuple[Fraction, Fraction]:
        """Give a line, as its first value and its step, of which a bound is foretold.

        It is about half a step beyond the bound at the sample `crosses`, and short of it before;
        not by whole numbers, which noise could cut.
        """
        beyond = self._step / 2 + (Fraction(3, 10) if abs(self._step) > 1 else 0)
        return self.bound + beyond - self._step * (crosses + self._ahead), self._step

    def _foretold(self, line: tuple[Fraction, Fraction], sample: int) -> Fraction:
        first, step = line
        return first + step * (sample + self._ahead)

    def _case(
        self,
        what: str,
        pieces: list[tuple[tuple[Fraction, Fraction] | None, int]],
        last: int,
        value: Fraction | None = None,
        *,
        sort: Sort | None = None,
    ) -> Case:
        values = " ".join(_values(piece, samples) for piece, samples in pieces)
        expected = () if value is None else (self.says.expected(self.kept, float(value)),)
        return Case(
            f"{'stays silent' if value is None else 'fires'}: {what}",
            self._interval,
            (series(self.asked.of.metric, self.having, values),),
            self._interval * last,
            expected,
            sort or ("silent" if value is None else "fires"),
        )


def _values(line: tuple[Fraction, Fraction] | None, samples: int) -> str:
    """Write so many values along a line in promtool's notation; without one, there are none."""
    if line is None:
        return f"stale _x{samples - 1}"
    first, step = line
    moves = f"{'-' if step < 0 else '+'}{format_number(abs(step))}"
    return f"{format_number(first)}{moves}x{samples - 1}"
