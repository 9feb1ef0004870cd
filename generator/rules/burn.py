"""Alerts on a budget that is spent too fast: one rule a tier, each over two windows.

Parameters: the budget's tiers. A rule fires where more than the tier's share was spent within its
window, and a twelfth of that within the last twelfth of it. The cases show each tier a little more
than its share and just its share, at once and steadily; spending that has stopped, and that begins
again after a silence; nothing spent, no series, and a counter that starts anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from generator import budgets
from generator.alerting import announce, each
from generator.bursts import Jumps, just_past
from generator.cases import shown
from generator.exact import decimal
from generator.model import Case, ProvenAlert
from generator.recording import counts_wholes, distinct, read
from generator.samples import labels, past, series
from generator.sampling import sampling
from generator.spending import SHORT, Ledger, Steady
from generator.texts import amount
from spec.quantities import format_duration, format_number
from spec.rolling import LONGEST_RAW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as Map

    from generator.alerting import Announcement
    from generator.model import AlertRule, Recording, Sort
    from generator.spending import Spending
    from spec.model import Alert, Budget, Burn, Spec, Tier

SORTS: frozenset[Sort] = frozenset({"fires", "silent", "silence", "missing", "reset"})

# Paces beside a tier's own at which nothing may happen to lie on another tier's bound.
_FASTER = tuple(Fraction(n, 100) for n in (125, 130, 120, 140, 115, 150, 110, 170))
_SLOWER = tuple(Fraction(n, 100) for n in (80, 85, 75, 90, 70, 60))

# promtool gives up on a query that reads 10,000 samples: such as a day beside another tier's
# minutes. What a burst proves must do there; and long before that where it does.
_MOST_SAMPLES, _LONG = 9000, 150


def prove(alert: Alert, condition: Burn, spec: Spec) -> ProvenAlert:
    """Fire where a tier's share is spent within its window, and spending goes on.

    The short window, a twelfth of the long one, lets the alert end soon after the spending does.
    """
    budget = next(b for b in spec.budgets if b.name == condition.budget)
    family = spec.families[budget.of.metric]
    recordings: list[Recording] = []
    rules: list[AlertRule] = []
    says: dict[str, Announcement] = {}
    words: list[str] = []
    for tier in budget.tiers:
        bound = tier.share * budget.limit
        parts = [budgets.spent(budget, window, spec) for window in (tier.window, _short(tier))]
        long, short = (part[-1] for part in parts)
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
            facts={"limit": amount(budget.limit, family.unit)},
        )
        recordings += [recording for part in parts for recording in part]
        expr = (
            f"{read(long, spec)} > {decimal(bound)}\nand\n"
            f"{read(short, spec)} > {decimal(bound / SHORT)}"
        )
        rules.append(says[tier.name].rule(expr))
        words.append(
            f"more than {amount(bound, family.unit)} within {format_duration(tier.window)} "
            f"({tier.name}, {tier.severity})"
        )
    on = sampling([w for tier in budget.tiers for w in (tier.window, _short(tier))])
    wholes = counts_wholes(family)
    ledger = Ledger(budget.limit, budget.tiers, alert.wait, alert.keep, wholes, on)
    cases = _Cases(budget, ledger, says, labels(family, budget.of.where, budget.by, spec), spec)
    return ProvenAlert(
        alert=alert,
        recordings=distinct([*recordings, *budgets.recordings(budget, spec)]),
        rules=tuple(rules),
        cases=tuple(cases.all()),
        words=f"of `{budget.of.metric}`, {' or '.join(words)} was spent{each(budget.by)}, "
        f"and at that pace in the last twelfth of the time too; the budget `{budget.name}` is "
        f"{amount(budget.limit, family.unit)} in {format_duration(budget.per)}",
    )


def _short(tier: Tier) -> Fraction:
    """Give the short window, in milliseconds that PromQL can say."""
    return Fraction(max(round(tier.window / SHORT * 1000), 1), 1000)


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
        fastest = min(self.budget.tiers, key=lambda tier: tier.window)
        for tier in self.budget.tiers:
            fits = self._last(tier) < self.ledger.on.inside(_short(tier))
            yield from self._bursts(tier) if fits else self._again_and_again(tier)
            yield from self._steady(tier, needed=not fits)
            yield from self._stopped(tier)
        yield from self._pause(fastest)
        yield self._case("nothing is spent", Jumps(()), 3)
        name = "stays silent: there are no series"
        yield Case(name, self.ledger.on.interval, (), self._at(3), (), "missing")

    def _last(self, tier: Tier) -> int:
        """Give the sample at which a tier fires that was to fire from the second one on."""
        on = self.ledger.on
        return max(on.settled(tier.window, _short(tier)), 2) + on.lasts(self.ledger.wait)

    def _bursts(self, tier: Tier) -> Iterator[Case]:
        """Spend at once: only where the wait fits into the short window can that fire."""
        bound, last = self.ledger.bound(tier), self._last(tier)
        beyond = past(bound, ">", whole=self.ledger.wholes)
        yield self._case(f"{tier.name} just past its share, at once", _once(beyond), last)
        yield self._case(f"{tier.name} just its share, at once", _once(bound), last)
        held = self.ledger.on.lasts(self.ledger.wait)
        if held:
            waiting = self.ledger.on.settled(tier.window, _short(tier)) + held - 1
            yield self._case(f"{tier.name} has not lasted long enough", _once(beyond), waiting)
        amount = just_past(bound, whole=self.ledger.wholes)
        restarted = Jumps(((1, amount),), restart=True)
        yield self._case(f"{tier.name} adding up over a restart", restarted, last, "reset")

    def _again_and_again(self, tier: Tier) -> Iterator[Case]:
        """Spend in every sample, where the wait is longer than the short window."""
        beyond = past(self.ledger.bound(tier), ">", whole=self.ledger.wholes)
        last = self._last(tier)
        settled = self.ledger.on.settled(tier.window, _short(tier))
        spending = _often(beyond, range(1, last + 1))
        yield self._case(f"{tier.name} past its share, again and again", spending, last)
        waiting = settled + self.ledger.on.lasts(self.ledger.wait) - 1
        yield self._case(f"{tier.name} has not lasted long enough", spending, waiting)
        amount = just_past(self.ledger.bound(tier), whole=self.ledger.wholes)
        # Nothing may come in the sample in which the counter begins anew.
        restarted = Jumps(_often(amount, [1, *range(3, last + 2)]).jumps, restart=True)
        name = f"{tier.name} again and again, over a restart"
        yield self._case(name, restarted, last + 1, "reset")

    def _steady(self, tier: Tier, *, needed: bool) -> Iterator[Case]:
        """Spend for the whole of the long window, a little faster and a little slower."""
        on = self.ledger.on
        last = on.lasts(tier.window + self.ledger.wait) + 2
        summed = any(tier.window > LONGEST_RAW for tier in self.budget.tiers)
        if summed or last > (_MOST_SAMPLES if needed else _LONG):
            return
        own = self.ledger.bound(tier) * on.interval / tier.window
        for paces in (_FASTER, _SLOWER):
            for pace in paces:
                spending = Steady(own * pace)
                if self.ledger.clear(spending, last):
                    name = f"{tier.name} steadily at {format_number(pace * 100)}% of its pace"
                    yield self._case(name, spending, last)
                    break

    def _stopped(self, tier: Tier) -> Iterator[Case]:
        """Look later than the short window, so that the spending is over, within the long one."""
        on = self.ledger.on
        over = on.lasts(_short(tier) * 3 / 2 + self.ledger.keep) + 2
        if over * on.interval < tier.window and over <= _LONG:
            spent = _once(self.ledger.bound(tier) * 2)
            yield self._case(f"{tier.name} spent twice its share, and stopped", spent, over)

    def _pause(self, tier: Tier) -> Iterator[Case]:
        """Spend, be silent for longer than the window where that is soon, and spend again."""
        on = self.ledger.on
        beyond = past(self.ledger.bound(tier), ">", whole=self.ledger.wholes)
        windows = [on.lasts(window + self.ledger.keep) for window in (tier.window, _short(tier))]
        last = self._last(tier)
        once = 1 if last < on.inside(_short(tier)) else last
        name = f"{tier.name} in silence after its share"
        spent = _often(beyond, range(1, once + 1))
        yield self._case(name, spent, once + last + windows[1] + 2, "silence")
        quiet = once + last + (windows[0] if windows[0] <= _LONG else windows[1]) + 2
        again = _often(beyond, [*range(1, once + 1), *range(quiet, quiet + once)])
        # What is summed up from hours knows of it when its hour is over.
        hours = on.settled(tier.window) if tier.window > LONGEST_RAW else 0
        name = f"{tier.name} again after a silence"
        yield self._case(name, again, quiet + last + hours, "silence")

    def _case(self, what: str, spending: Spending, last: int, sort: Sort | None = None) -> Case:
        kept = shown(self.budget.by, self.having, self.spec.fleet)
        firing = self.ledger.firing(spending, last)
        expected = tuple(
            self.says[tier].expected(kept, float(spent)) for tier, spent in firing.items()
        )
        return Case(
            f"{'fires' if firing else 'stays silent'}: {what}",
            self.ledger.on.interval,
            (series(self.budget.of.metric, self.having, spending.values(last + 1)),),
            self._at(last),
            expected,
            sort or ("fires" if firing else "silent"),
        )

    def _at(self, sample: int) -> Fraction:
        return sample * self.ledger.on.interval


def _often(amount: Fraction, samples: Iterable[int]) -> Jumps:
    return Jumps(tuple((sample, amount) for sample in samples))


def _once(amount: Fraction) -> Jumps:
    return Jumps(((1, amount),))
