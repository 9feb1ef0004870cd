"""Alerts on the spent share of a budget, or on its pace over a part of the period.

Parameters: the budget, the window (its own period, or less for a pace), and the share that is too
much, of what the budget allows for such a time. The cases show it a little more than that, and just
that; what is spent in two parts with a silence between; nothing spent, no series, and a counter
that starts anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from generator import budgets
from generator.alerting import announce, compared, each
from generator.bursts import Jumps, just_past
from generator.cases import shown
from generator.exact import decimal, is_decimal
from generator.model import Case, ProvenAlert
from generator.playing import played
from generator.recording import counts_wholes, read
from generator.samples import labels, past, series
from generator.sampling import sampling
from generator.texts import amount
from spec.quantities import format_duration
from spec.rolling import LONGEST_RAW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from generator.alerting import Announcement
    from generator.model import Sort
    from generator.sampling import Sampling
    from spec.model import Alert, Budget, Spec, Spent

SORTS: frozenset[Sort] = frozenset({"fires", "silent", "silence", "missing", "reset"})


def prove(alert: Alert, condition: Spent, spec: Spec) -> ProvenAlert:
    """Fire where more was spent within the window than this share of what is allowed."""
    budget = next(b for b in spec.budgets if b.name == condition.budget)
    family = spec.families[budget.of.metric]
    _, share = compared(alert)
    bound = share * budget.limit * condition.over / budget.per
    says = announce(
        alert,
        spec,
        family.unit,
        window=condition.over,
        threshold=bound,
        extra={"budget": budget.name},
        facts={"limit": amount(budget.limit, family.unit)},
    )
    recordings = budgets.spent(budget, condition.over, spec)
    having = labels(family, budget.of.where, budget.by, spec)
    cases = _Cases(budget, condition.over, bound, says, having, spec, sampling((condition.over,)))
    return ProvenAlert(
        alert=alert,
        recordings=recordings,
        rules=(says.rule(f"{read(recordings[-1], spec)} > {decimal(bound)}"),),
        cases=tuple(cases.all(whole=counts_wholes(family))),
        words=f"more than {amount(bound, family.unit)} of "
        f"`{budget.of.metric}` was spent within {format_duration(condition.over)}"
        f"{each(budget.by)}; the budget `{budget.name}` is {amount(budget.limit, family.unit)} in "
        f"{format_duration(budget.per)}",
    )


@dataclass(frozen=True, slots=True)
class _Cases:
    """Where the cases play: a window in seconds, and what may be spent within it."""

    budget: Budget
    window: Fraction
    bound: Fraction
    says: Announcement
    having: Map[str, str]
    spec: Spec
    on: Sampling

    def all(self, *, whole: bool) -> Iterator[Case]:
        """Give them all."""
        beyond = past(self.bound, ">", whole=whole)
        at = self.bound if is_decimal(self.bound) else self.bound * 99 / 100
        half = self.bound / 2
        if whole:
            at, half = Fraction(floor(self.bound)), Fraction(floor(half / 4) * 4)
        held, keeps = (self.on.lasts(t) for t in (self.says.alert.wait, self.says.alert.keep))
        first = max(self.on.settled(self.window), 2)
        last = first + held
        yield self._case("just past the share", Jumps(((1, beyond),)), last)
        yield self._case("at the share", Jumps(((1, at),)), last)
        if held:
            waiting = self.on.settled(self.window) + held - 1
            yield self._case("it has not lasted long enough", Jumps(((1, beyond),)), waiting)
        # Of a month, no case can wait for the end.
        pause = last if self.window > LONGEST_RAW else self.on.lasts(self.window) + keeps
        quiet = last + pause + held + 1
        once, twice = Jumps(((1, beyond),)), Jumps(((1, beyond), (quiet, beyond)))
        yield self._case("silence after too much", once, quiet, "silence")
        yield self._case("too much again after a silence", twice, quiet + last, "silence")
        restarted = Jumps(((1, just_past(self.bound, whole=whole)),), restart=True)
        yield self._case("adding up over a restart", restarted, last, "reset")
        calm = Jumps(((1, half),), restart=True)
        yield self._case("half of it, over a restart", calm, last, "reset")
        yield self._case("nothing is spent", Jumps(()), last)
        name = "stays silent: there are no series"
        yield Case(name, self.on.interval, (), self.on.interval * last, (), "missing")

    def _case(self, what: str, jumps: Jumps, last: int, sort: Sort | None = None) -> Case:
        alert, on = self.says.alert, self.on
        grown = (jumps.grown(sample, self.window, on) for sample in range(last + 1))
        answers = (spent if spent > self.bound else None for spent in grown)
        value = played(answers, on.lasts(alert.wait), on.lasts(alert.keep))
        kept = shown(self.budget.by, self.having, self.spec.fleet)
        return Case(
            f"{'stays silent' if value is None else 'fires'}: {what}",
            on.interval,
            (series(self.budget.of.metric, self.having, jumps.values(last + 1)),),
            on.interval * last,
            () if value is None else (self.says.expected(kept, float(value)),),
            sort or ("silent" if value is None else "fires"),
        )
