"""Alerts on a budget that is spent too fast: one rule a tier, each over two windows."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from generator.alerting import announce, each
from generator.cases import shown
from generator.model import Case, ProvenAlert
from generator.recording import counts_wholes, distinct, grown, read
from generator.samples import labels, past, series
from generator.spending import SHORT, Burst, Ledger, Steady
from generator.texts import amount
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from generator.alerting import Announcement
    from generator.model import AlertRule, Recording
    from generator.spending import Spending
    from spec.model import Alert, Budget, Burn, Spec, Tier

# Paces beside a tier's own at which nothing may happen to lie on another tier's bound.
_FASTER = tuple(Fraction(n, 100) for n in (125, 130, 120, 140, 115, 150, 110, 170))
_SLOWER = tuple(Fraction(n, 100) for n in (80, 85, 75, 90, 70, 60))

# promtool gives up on a query that reads 10,000 samples: such as a day beside another tier's
# minutes. What a burst proves must do there.
_MOST_SAMPLES = 9000


def prove(alert: Alert, condition: Burn, spec: Spec) -> ProvenAlert:
    """Fire where a tier's share is spent within its window, and spending goes on.

    The short window, a twelfth of the long one, lets the alert end soon after the spending does.
    """
    budget = next(b for b in spec.budgets if b.name == condition.budget)
    family = spec.families[budget.of.metric]
    recordings: list[Recording] = []
    rules: list[AlertRule] = []
    says: dict[str, Announcement] = {}
    words = []
    for tier in budget.tiers:
        bound = tier.share * budget.limit
        long, short = (
            grown(budget.of, window, budget.by, spec) for window in (tier.window, _short(tier))
        )
        says[tier.name] = announce(
            alert,
            spec,
            family.unit,
            window=tier.window,
            threshold=bound,
            extra={
                "severity": tier.severity,
                "budget": budget.name,
                "tier": tier.name,
                "long_window": format_duration(tier.window),
                "short_window": format_duration(_short(tier)),
            },
        )
        recordings += [long, short]
        expr = (
            f"{read(long, spec)} > {_decimal(bound, 1)}\nand\n"
            f"{read(short, spec)} > {_decimal(bound, SHORT)}"
        )
        rules.append(says[tier.name].rule(expr))
        words.append(
            f"more than {amount(bound, family.unit)} within {format_duration(tier.window)} "
            f"({tier.name}, {tier.severity})"
        )
    ledger = Ledger(budget.limit, budget.tiers, alert.wait, alert.keep, counts_wholes(family))
    cases = _Cases(budget, ledger, says, labels(family, budget.of.where, budget.by, spec), spec)
    return ProvenAlert(
        alert=alert,
        recordings=distinct(recordings),
        rules=tuple(rules),
        cases=tuple(cases.all()),
        words=f"of `{budget.of.metric}`, {' or '.join(words)} was spent{each(budget.by)}, "
        f"and at that pace in the last twelfth of the time too; the budget `{budget.name}` is "
        f"{amount(budget.limit, family.unit)} in {format_duration(budget.per)}",
    )


def _short(tier: Tier) -> Fraction:
    return tier.window / SHORT


def _decimal(bound: Fraction, part: int) -> str:
    """Write a part of a bound exactly: as a decimal, or as a division where there is none."""
    exact = bound / part
    text = format_number(exact)
    return text if Fraction(text) == exact else f"{format_number(bound)} / {part}"


@dataclass(frozen=True, slots=True)
class _Cases:
    """The cases of all tiers; the ledger says which of them fire together."""

    budget: Budget
    ledger: Ledger
    says: Map[str, Announcement]
    having: Map[str, str]
    spec: Spec

    def all(self) -> Iterator[Case]:
        """Give them, tier by tier."""
        for tier in self.budget.tiers:
            yield from self._steady(tier)
            yield from self._bursts(tier)
        yield self._case("stays silent: nothing is spent", Burst(Fraction(0)), 3)
        silent = Case(
            "stays silent: there are no series", self.ledger.interval, (), self._at(3), ()
        )
        yield silent

    def _steady(self, tier: Tier) -> Iterator[Case]:
        """Spend for the whole of the long window, a little faster and a little slower."""
        last = self.ledger.samples(tier.window + self.ledger.wait) + 2
        if last > _MOST_SAMPLES:
            return
        own = self.ledger.bound(tier) * self.ledger.interval / tier.window
        for paces, what in ((_FASTER, "fires"), (_SLOWER, "stays silent")):
            for pace in paces:
                spending = Steady(own * pace)
                if self.ledger.clear(spending, last):
                    name = (
                        f"{tier.name} {what}: steadily at {format_number(pace * 100)}% of its pace"
                    )
                    yield self._case(name, spending, last)
                    break

    def _bursts(self, tier: Tier) -> Iterator[Case]:
        """Spend at once; only where the wait fits into the short window can that fire."""
        ledger, bound = self.ledger, self.ledger.bound(tier)
        last = ledger.samples(ledger.wait) + 2
        beyond = past(bound, ">", whole=ledger.wholes)
        if last * ledger.interval < _short(tier):
            yield self._case(
                f"{tier.name} fires: just past its share, at once", Burst(beyond), last
            )
            yield self._case(f"{tier.name} stays silent: its share, at once", Burst(bound), last)
            restarted = Burst(beyond, restart=True)
            yield self._case(f"{tier.name} fires: adding up over a restart", restarted, last)
        # Later than the short window, so that the spending is over, and within the long one.
        over = ledger.samples(_short(tier) * 3 / 2 + ledger.keep) + 2
        if over * ledger.interval < tier.window and over <= _MOST_SAMPLES:
            name = f"{tier.name} stays silent: spent twice its share, and stopped"
            yield self._case(name, Burst(bound * 2), over)

    def _case(self, name: str, spending: Spending, last: int) -> Case:
        kept = shown(self.budget.by, self.having, self.spec.fleet)
        values = spending.values(last + 1)
        return Case(
            name,
            self.ledger.interval,
            (series(self.budget.of.metric, self.having, values),),
            self._at(last),
            tuple(
                self.says[tier].expected(kept, float(spent))
                for tier, spent in self.ledger.firing(spending, last).items()
            ),
        )

    def _at(self, sample: int) -> Fraction:
        return sample * self.ledger.interval
