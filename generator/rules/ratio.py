"""Alerts on a part of a whole: success rates, error rates, cost by task."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from generator.alerting import announce, compared, each, lasting
from generator.cases import Stage, shown
from generator.mixes import mixed, unit_of
from generator.model import ProvenAlert
from generator.promql import Scope
from generator.recording import grown, quotient, read
from generator.samples import Pace, past
from generator.texts import amount
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.mixes import Mix
    from generator.model import Case, Sort
    from spec.model import Alert, Ratio, Selection, Spec

SORTS: frozenset[Sort] = frozenset({"fires", "silent", "silence", "missing", "reset"})


def prove(alert: Alert, condition: Ratio, spec: Spec) -> ProvenAlert:
    """Fire where the ratio is past the bound, and there was enough to judge by."""
    over = lasting(condition.over, alert)
    sign, bound = compared(alert)
    unit = unit_of(condition, spec)
    says = announce(alert, spec, unit, window=over, threshold=bound)
    part = grown(condition.part, over, alert.by, spec)
    whole = grown(condition.of, over, alert.by, spec)
    ratio = quotient(part, whole, over, spec)
    expr = f"{read(ratio, spec)} {sign} {format_number(bound)}"
    if condition.at_least:
        expr += f"\nand\n{read(whole, spec)} >= {format_number(condition.at_least)}"
    pace = Pace(over, alert.wait, alert.keep)
    mix = mixed(condition, alert.by, spec, pace)
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


def _cases(
    stage: Stage, mix: Mix, sign: str, bound: Fraction, at_least: Fraction
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
    if pace.wait:
        yield stage.waits(*mix.burst(part, of))
    if at_least > 1:
        few = Fraction(ceil(at_least) - 1)
        worst = (few if mix.shared else part + few) if rising else Fraction(0)
        yield stage.silent("too few to judge by", *mix.grow(worst, few))
    again = mix.resume(part, of)
    yield stage.fires("just past the threshold, after a silence", value, *again, sort="silence")
    if pace.at_once and rising:
        yield stage.fires("adding up over a restart", value, *mix.restart(part, of), sort="reset")
    else:
        yield _over_restart(stage, mix, sign, part if rising else bound * of, of)
    if pace.at_once and not rising:
        yield stage.fires("no part has ever happened", 0, mix.without_part(of))
    yield stage.silent("nothing happens", *mix.idle())
    yield stage.silent("there are no series", sort="missing")


def _over_restart(stage: Stage, mix: Mix, sign: str, part: Fraction, of: Fraction) -> Case:
    """Give a case of both growing little by little, twice as much part as need be, or all of it.

    A restart costs a step of both, so what is left is as clear.
    """
    steady = stage.steadily()
    of = of * 2
    part = of if mix.shared else part * 4
    restarted = replace(mix, pace=steady.pace).restart(part, of)
    if sign == ">":
        value = float(part) / float(of)
        return steady.fires("going on over a restart", value, *restarted, sort="reset")
    return steady.silent("enough, over a restart", *restarted, sort="reset")
