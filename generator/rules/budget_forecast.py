"""Alerts on a budget that will run out: on which day, if spending goes on as it does.

Parameters: the budget, how far to look ahead (`within`), and over how much of the past the pace is
taken (`from`). The alert's value is the time at which the budget runs out. The cases show it
spending that will exceed the limit in time, and spending that just will not; a limit that is
exceeded already, which another alert tells; spending that stops, and goes on after a silence;
nothing spent, no series, and a counter that starts anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from generator import budgets
from generator.alerting import announce, each
from generator.bursts import Jumps
from generator.cases import shown
from generator.model import Case, ProvenAlert
from generator.playing import played
from generator.recording import counts_wholes, distinct, read
from generator.samples import labels, past, series
from generator.sampling import sampling
from generator.texts import amount
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from generator.alerting import Announcement
    from generator.model import Sort
    from generator.sampling import Sampling
    from spec.model import Alert, Budget, BudgetForecast, Spec

SORTS: frozenset[Sort] = frozenset({"fires", "silent", "silence", "missing", "reset"})

_LONGEST_PAUSE = 200
# Shares of an amount to choose from, so that the day that is told does not begin or end just then.
_CHOICES = tuple(Fraction(n, 1000) for n in range(1000, 1080))
_MINUTE, _CLOSE = 60, 3


def prove(alert: Alert, condition: BudgetForecast, spec: Spec) -> ProvenAlert:
    """Fire while the limit holds, but what is spent at this pace will exceed it in time."""
    budget = next(b for b in spec.budgets if b.name == condition.budget)
    family = spec.families[budget.of.metric]
    limit = amount(budget.limit, family.unit)
    within = condition.within
    says = announce(
        alert,
        spec,
        "time",
        window=within,
        threshold=limit,
        extra={"budget": budget.name},
        facts={"limit": limit},
    )
    now = budgets.spent(budget, budget.per, spec)
    when = budgets.runs_out(budget, condition.since, within, spec)
    day = when[-1]
    expr = (
        f"{read(day, spec)} < time() + {format_number(within)}\n"
        f"and ignoring ({', '.join(day.labels)})\n"
        f"{read(now[-1], spec)} <= {format_number(budget.limit)}"
    )
    having = labels(family, budget.of.where, budget.by, spec)
    kept = {**shown(budget.by, having, spec.fleet), **day.labels}
    windows = (budget.per, budget.per - within, condition.since)
    on = sampling(windows)
    cases = _Cases(budget, condition, says, having, kept, counts_wholes(family), windows, on)
    return ProvenAlert(
        alert=alert,
        recordings=distinct([*now, *when]),
        rules=(says.rule(expr),),
        cases=tuple(cases.all()),
        words=f"the budget `{budget.name}` ({limit} in {format_duration(budget.per)}) will be "
        f"spent in less than {format_duration(within)}, if spending goes on as in the last "
        f"{format_duration(condition.since)}{each(budget.by)}",
    )


@dataclass(frozen=True, slots=True)
class _Cases:
    """Where the cases play. `kept` are the labels that the alert has of the recording.

    `windows` are those of what is spent now, of what of it will still count, and of the pace.
    """

    budget: Budget
    asked: BudgetForecast
    says: Announcement
    having: Map[str, str]
    kept: Map[str, str]
    whole: bool
    windows: tuple[Fraction, ...]
    on: Sampling

    def all(self) -> Iterator[Case]:
        """Give them all."""
        ahead = self.asked.within / self.asked.since
        edge = self.budget.limit / (1 + ahead)
        held = self.on.lasts(self.says.alert.wait)
        start = self.on.settled(*self.windows)
        last = max(start, 2) + held
        spends = self._spends(past(edge, ">", whole=self.whole), last)
        yield self._case("it will be spent in time", spends, last)
        slower = Jumps(((1, past(edge, "<", whole=self.whole)),))
        yield self._case("it will be spent later", slower, last)
        gone = Jumps(((1, past(self.budget.limit, ">", whole=self.whole)),))
        yield self._case("it is spent already", gone, last)
        if held:
            yield self._case("it has not lasted long enough", spends, start + held - 1)
        yield from self._pause(edge, last)
        restarts = self._spends(self._round(edge * 21 / 20), last, restart=True)
        yield self._case("adding up over a restart", restarts, last, "reset")
        calm = Jumps(((1, self._round(edge / 2)),), restart=True)
        yield self._case("half of it, over a restart", calm, last, "reset")
        yield self._case("nothing is spent", Jumps(()), last)
        name = "stays silent: there are no series"
        yield Case(name, self.on.interval, (), self.on.interval * last, (), "missing")

    def _pause(self, edge: Fraction, last: int) -> Iterator[Case]:
        """Spending that stops for longer than the pace looks back, where no case waits too long."""
        keeps = self.on.lasts(self.says.alert.keep)
        lasts = self.on.lasts(self.asked.since) + keeps + last
        quiet = last + (lasts if lasts <= _LONGEST_PAUSE else last) + 2
        first = self._round(edge / 2)
        yield self._case("half of it, and silence", Jumps(((1, first),)), quiet, "silence")
        for eighths in range(1, 64):
            more = self._round(edge * eighths / 8)
            if self._shows(Jumps(((1, first), (quiet, more))), quiet + last) is not None:
                again = self._spends(more, quiet + last, (1, first), at=quiet)
                yield self._case("too much again after a silence", again, quiet + last, "silence")
                return

    def _spends(
        self,
        wanted: Fraction,
        last: int,
        *before: tuple[int, Fraction],
        at: int = 1,
        restart: bool = False,
    ) -> Jumps:
        """Spend about so much in a sample, so that noise can't decide which minute is told."""
        for share in _CHOICES:
            jumps = Jumps((*before, (at, self._round(wanted * share))), restart=restart)
            value = self._shows(jumps, last)
            if value is not None and _CLOSE < value % _MINUTE < _MINUTE - _CLOSE:
                return jumps
        return Jumps((*before, (at, self._round(wanted))), restart=restart)

    def _round(self, wanted: Fraction) -> Fraction:
        """Give an amount that can be cut into quarters."""
        unit = Fraction(4) if self.whole else Fraction(1, 25)
        return max(ceil(wanted / unit), 1) * unit

    def _shows(self, jumps: Jumps, last: int) -> Fraction | None:
        answers = (self._answer(jumps, sample) for sample in range(last + 1))
        alert = self.says.alert
        return played(answers, self.on.lasts(alert.wait), self.on.lasts(alert.keep))

    def _answer(self, jumps: Jumps, sample: int) -> Fraction | None:
        """Give the time at which the budget runs out, where that is soon and not over."""
        now, kept, lately = (jumps.grown(sample, w, self.on) for w in self.windows)
        within, limit = self.asked.within, self.budget.limit
        more = kept + lately * within / self.asked.since - now
        if more <= 0 or now > limit or within * (limit - now) / more >= within:
            return None
        return sample * self.on.interval + within * (limit - now) / more

    def _case(self, what: str, jumps: Jumps, last: int, sort: Sort | None = None) -> Case:
        value = self._shows(jumps, last)
        expected = () if value is None else (self.says.expected(self.kept, float(value)),)
        return Case(
            f"{'stays silent' if value is None else 'fires'}: {what}",
            self.on.interval,
            (series(self.budget.of.metric, self.having, jumps.values(last + 1)),),
            self.on.interval * last,
            expected,
            sort or ("silent" if value is None else "fires"),
        )
