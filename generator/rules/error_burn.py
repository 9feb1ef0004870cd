"""Alerts on an error budget that is spent too fast: one rule a tier, each over two windows.

Parameters: the SLO's tiers. A rule fires while the share of errors is above the tier's bound
(factor x error budget) over its long and its short window, and there were enough events in the long
one. The cases show each tier events that must fire it, just at its bound, and too few to judge by;
a pause, after which it fires again; errors that have never happened; series that are missing; and
counters that start anew, in an outage and while all is well.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from generator import objectives
from generator.alerting import announce, each
from generator.burning import judge
from generator.events import Events, Step
from generator.exact import decimal
from generator.model import Case, ProvenAlert
from generator.recording import read
from generator.texts import amount
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Mapping as Map

    from generator.alerting import Announcement
    from generator.burning import Judge
    from generator.model import AlertRule, Sort
    from spec.model import Alert, ErrorBurn, ErrorTier, Slo, Spec

SORTS: frozenset[Sort] = frozenset({"fires", "silent", "silence", "missing", "reset"})

# A pause is as long as the long window where that is so few samples, else as the short one.
_LONGEST_PAUSE = 100


def prove(alert: Alert, condition: ErrorBurn, spec: Spec) -> ProvenAlert:
    """Fire where errors come so fast that a tier's share of the error budget goes in its window."""
    slo = next(slo for slo in spec.slos if slo.name == condition.slo)
    says = {tier.name: _announced(alert, slo, tier, spec) for tier in slo.tiers}
    cases = _Cases(Events(slo, spec), judge(slo, alert.wait, alert.keep), says, spec.fleet)
    words = (
        f"more than {amount(slo.bound(tier), 'ratio')} of at least {format_number(tier.at_least)} "
        f"within {format_duration(tier.window)}, and within {format_duration(tier.short)} too "
        f"({tier.name}, {tier.severity})"
        for tier in slo.tiers
    )
    goal = f"{format_number(slo.objective * 100)}% over {format_duration(slo.over)}"
    return ProvenAlert(
        alert=alert,
        recordings=objectives.recordings(slo, spec),
        rules=tuple(_rule(says[tier.name], slo, tier, spec) for tier in slo.tiers),
        cases=tuple(cases.all()),
        words=f"of the events of the SLO `{slo.name}` ({goal}), {' or '.join(words)} went wrong"
        f"{each(slo.by)}",
    )


def _announced(alert: Alert, slo: Slo, tier: ErrorTier, spec: Spec) -> Announcement:
    return announce(
        alert,
        spec,
        "ratio",
        window=tier.window,
        threshold=slo.bound(tier),
        extra={
            "severity": tier.severity,
            "slo": slo.name,
            "tier": tier.name,
            "long_window": format_duration(tier.window),
            "short_window": format_duration(tier.short),
        },
        facts={
            "objective": f"{format_number(slo.objective * 100)}%",
            "period": format_duration(slo.over),
            "factor": f"{float(slo.factor(tier)):.4g}",
        },
        wait=tier.wait,
    )


def _rule(says: Announcement, slo: Slo, tier: ErrorTier, spec: Spec) -> AlertRule:
    long, short = (
        read(objectives.ratio(slo, window, spec), spec) for window in (tier.window, tier.short)
    )
    bound = decimal(slo.bound(tier))
    expr = f"{long} > {bound}\nand\n{short} > {bound}"
    if tier.at_least:
        total = read(objectives.events(slo, tier.window, spec)[-1], spec)
        expr += f"\nand ignoring (slo)\n{total} >= {format_number(tier.at_least)}"
    return says.rule(expr)


@dataclass(frozen=True, slots=True)
class _Cases:
    """The cases of all tiers; the judge says which of them fire together."""

    events: Events
    judge: Judge
    says: Map[str, Announcement]
    fleet: str

    def all(self) -> Iterator[Case]:
        """Give them, tier by tier."""
        for tier in self.judge.slo.tiers:
            yield from self._tier(tier)
        first = min(self.judge.slo.tiers, key=lambda tier: tier.window)
        yield from self._pause(first)
        yield from self._restarts(first)
        enough = self._enough(first, Fraction(1))
        if self.judge.slo.within is None and not self.judge.slo.good:
            steps = [Step(well=enough)] * 3
            yield self._case("no error has ever happened", steps, "missing", part=False)
        yield self._case("nothing happens", [Step()] * 3, "silence")
        name = "stays silent: there are no series"
        yield Case(name, self.judge.on.interval, (), self._at(3), (), "missing")

    def _tier(self, tier: ErrorTier) -> Iterator[Case]:
        """Give events of which the share of errors is just above a bound, or just at it."""
        bound = self.judge.slo.bound(tier)
        start = self.judge.on.settled(tier.window, tier.short)
        last = self._lasts(tier)
        total = self._enough(tier, bound)
        wrong = int(bound * total)
        above, at = (Step(total - n, n) for n in (wrong + 1, wrong))
        yield self._case(f"{tier.name} just past its bound", [above] * last, tier=tier)
        yield self._case(f"{tier.name} at its bound", [at] * last)
        if tier.at_least > 1:
            few = [Step(wrong=ceil(tier.at_least) - 1), *[Step()] * (last - 1)]
            yield self._case(f"{tier.name} has too few to judge by", few)
        if self.judge.held(tier):
            waiting = start + self.judge.held(tier) - 1
            yield self._case(f"{tier.name} has not lasted long enough", [above] * waiting)

    def _pause(self, tier: ErrorTier) -> Iterator[Case]:
        """An outage, then nothing at all, then another outage."""
        count = Step(wrong=self._enough(tier, Fraction(1)))
        lasts = self._lasts(tier)
        windows = [self.judge.on.lasts(w) for w in (tier.window, tier.short)]
        keeps = self.judge.on.lasts(self.judge.keep)
        outage = [count] * lasts
        ended = [*outage, *[Step()] * (windows[1] + keeps + 2)]
        yield self._case(f"{tier.name} in silence after an outage", ended, "silence")
        quiet = (windows[0] if windows[0] <= _LONGEST_PAUSE else windows[1]) + keeps + 2
        again = [*outage, *[Step()] * quiet, *outage]
        yield self._case(f"{tier.name} again after a silence", again, "silence", tier=tier)

    def _restarts(self, tier: ErrorTier) -> Iterator[Case]:
        """Counters that start anew in an outage, and while all is well."""
        enough = self._enough(tier, Fraction(1))
        lasts = self._lasts(tier)
        wrong, well = Step(wrong=2 * enough), Step(well=2 * enough)
        # It comes back lower than it was, or nobody could see that it started anew.
        anew = [Step(wrong=enough, restart=True), Step(well=enough, restart=True)]
        outage = [wrong, anew[0], *[wrong] * (lasts - 1)]
        yield self._case(f"{tier.name} in an outage over a restart", outage, "reset", tier=tier)
        calm = [well, anew[1], *[well] * (lasts - 1)]
        yield self._case("a restart while all is well", calm, "reset")

    def _lasts(self, tier: ErrorTier) -> int:
        """Give how many samples of errors fire a tier."""
        return self.judge.on.settled(tier.window, tier.short) + self.judge.held(tier) + 1

    def _enough(self, tier: ErrorTier, bound: Fraction) -> int:
        """Give so many events that a tier judges them, and its bound is a whole part of them."""
        whole = bound.denominator
        return max(ceil(tier.at_least / whole), 1) * whole

    def _case(
        self,
        what: str,
        steps: Sequence[Step],
        sort: Sort | None = None,
        *,
        tier: ErrorTier | None = None,
        part: bool = True,
    ) -> Case:
        """Give a case that looks at the last step; `tier` is the one that it is to show firing."""
        firing = self.judge.firing(steps)
        if tier and tier.name not in firing:
            raise ValueError(f"the case of {tier.name} does not fire it: {what}")
        shown = {**self.events.shown, "fleet": self.fleet}
        expected = tuple(
            self.says[name].expected(shown, float(share)) for name, share in firing.items()
        )
        return Case(
            f"{'fires' if firing else 'stays silent'}: {what}",
            self.judge.on.interval,
            self.events.series(steps, part=part),
            self._at(len(steps)),
            expected,
            sort or ("fires" if firing else "silent"),
        )

    def _at(self, sample: int) -> Fraction:
        return sample * self.judge.on.interval
