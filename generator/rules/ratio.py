"""Alerts on a part of a whole: success rates, error rates, cost by task."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from generator.alerting import announce, compared, each, lasting
from generator.cases import Stage, shown
from generator.model import ProvenAlert
from generator.promql import Scope
from generator.recording import counts_wholes, grown, quotient, read
from generator.samples import Pace, labels, past, series
from generator.texts import amount
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from generator.model import Case, Series
    from spec.model import Alert, Family, Ratio, Selection, Spec


def prove(alert: Alert, condition: Ratio, spec: Spec) -> ProvenAlert:
    """Fire where the ratio is past the bound, and there was enough to judge by."""
    over = lasting(condition.over, alert)
    sign, bound = compared(alert)
    unit = _unit(condition, spec)
    says = announce(alert, spec, unit, window=over, threshold=bound)
    part = grown(condition.part, over, alert.by, spec)
    whole = grown(condition.of, over, alert.by, spec)
    ratio = quotient(part, whole, over, spec)
    expr = f"{read(ratio, spec)} {sign} {format_number(bound)}"
    if condition.at_least:
        expr += f"\nand\n{read(whole, spec)} >= {format_number(condition.at_least)}"
    pace = Pace(over, alert.wait, alert.keep)
    mix = _mix(condition, alert.by, spec, pace)
    stage = Stage(says, shown(alert.by, mix.part, spec.fleet), pace)
    enough = f" (of at least {format_number(condition.at_least)})" if condition.at_least else ""
    return ProvenAlert(
        alert=alert,
        recordings=(whole, part, ratio),
        rules=(says.rule(expr),),
        cases=tuple(_cases(stage, mix, sign, bound, condition.at_least)),
        words=f"`{_select(condition.part)}` by `{_select(condition.of)}` over "
        f"{format_duration(over)}{enough} was {'above' if sign == '>' else 'below'} "
        f"{amount(bound, unit)}{each(alert.by)}",
    )


def _select(of: Selection) -> str:
    return Scope().select(of)


def _unit(condition: Ratio, spec: Spec) -> str | None:
    """Give the unit of the quotient: a share where both are of one unit, else the part's."""
    units = [
        family.unit if family.type == "counter" else None
        for family in (spec.families[s.metric] for s in (condition.part, condition.of))
    ]
    return "ratio" if units[0] == units[1] else units[0]


@dataclass(frozen=True, slots=True)
class _Mix:
    """Two counters: the part, and what with it makes the whole.

    `shared`: both are of one metric, so that the whole is the sum of the two; else the second is
    the whole by itself. `part_whole`, `other_whole`: whether they count whole things.
    """

    pace: Pace
    part_name: str
    other_name: str
    part: Map[str, str]
    other: Map[str, str]
    shared: bool
    part_whole: bool
    other_whole: bool

    def grow(self, part: Fraction, of: Fraction) -> tuple[Series, Series]:
        """Give series of which so much is the part of so much."""
        return self._series(self.pace.adds(part), self.pace.adds(self._beside(part, of)))

    def restart(self, part: Fraction, of: Fraction) -> tuple[Series, Series]:
        """Give the same, with a restart in the midst of the part."""
        values = self.pace.adds_across_restart(part)
        return self._series(values, self.pace.adds(self._beside(part, of)))

    def idle(self) -> tuple[Series, Series]:
        """Give series that stand still."""
        return self._series(self.pace.idles(), self.pace.idles())

    def without_part(self, of: Fraction) -> Series:
        """Give a whole of which no part has ever happened."""
        return series(self.other_name, self.other, self.pace.adds(of))

    def at_most(self, share: Fraction, most: Fraction) -> Fraction:
        """Give a share that can be: a part is no more than the whole that it is counted in."""
        return min(share, most) if self.shared else share

    def _beside(self, part: Fraction, of: Fraction) -> Fraction:
        return of - part if self.shared else of

    def _series(self, part: str, other: str) -> tuple[Series, Series]:
        return (
            series(self.part_name, self.part, part),
            series(self.other_name, self.other, other),
        )


def _mix(condition: Ratio, by: tuple[str, ...], spec: Spec, pace: Pace) -> _Mix:
    part, of = condition.part, condition.of
    families = [spec.families[part.metric], spec.families[of.metric]]
    shared = part.metric == of.metric
    within = of.where if shared else ()
    # What is in the whole and not in the part breaks one matcher that only the part has.
    own = [m for m in part.where if m not in of.where]
    own.sort(key=lambda m: m.label in by)
    broken = [replace(own[0], negated=not own[0].negated)] if shared and own else []
    # Both must be of one group, so what fixes a label of `by` on one side holds on the other too.
    fixed = [m for m in (*part.where, *of.where) if m.label in by and m not in own[: len(broken)]]
    return _Mix(
        pace=pace,
        part_name=_counter(families[0]),
        other_name=_counter(families[1]),
        part=labels(families[0], (*part.where, *within, *fixed), by, spec),
        other=labels(families[1], (*of.where, *broken, *fixed), by, spec),
        shared=shared,
        part_whole=counts_wholes(families[0]),
        other_whole=counts_wholes(families[1]),
    )


def _counter(family: Family) -> str:
    return f"{family.name}_count" if family.type == "histogram" else family.name


def _cases(
    stage: Stage, mix: _Mix, sign: str, bound: Fraction, at_least: Fraction
) -> Iterator[Case]:
    rising, pace = sign == ">", stage.pace
    # What comes little by little and is not rounded carries the noise of floating point.
    exact = pace.at_once or (mix.part_whole and mix.other_whole)
    of = Fraction(max(ceil(at_least), 1) + (0 if exact else 1))
    if mix.part_whole:
        # As many as it takes for the bound to be a whole part of them.
        of = Fraction(ceil(of / bound.denominator) * bound.denominator)
        one = 1 if rising else -1
        part, at_bound = bound * of + one, bound * of - (0 if exact else one)
    else:
        beyond = past(bound, sign, whole=False)
        part = mix.at_most(beyond, (bound + 1) / 2) * of
        close = bound * (Fraction(99, 100) if rising else Fraction(101, 100))
        at_bound = mix.at_most(close, Fraction(1)) * of
    value = float(part) / float(of)
    yield stage.fires("just past the threshold", value, *mix.grow(part, of))
    yield stage.silent("at the threshold", *mix.grow(at_bound, of))
    if pace.wait and pace.at_once:
        yield stage.waits(*mix.grow(part, of))
    if at_least > 1:
        few = Fraction(ceil(at_least) - 1)
        worst = (few if mix.shared else part + few) if rising else Fraction(0)
        yield stage.silent("too few to judge by", *mix.grow(worst, few))
    if pace.at_once and rising:
        yield stage.fires("adding up over a restart", value, *mix.restart(part, of))
    elif pace.at_once:
        yield stage.fires("no part has ever happened", 0, mix.without_part(of))
        if pace.forgets:
            yield stage.silent("enough, over a restart", *mix.restart(at_bound, of))
    yield stage.silent("nothing happens", *mix.idle())
    yield stage.silent("there are no series")
