"""Alerts on a quantile of a histogram: how slow, how dear, how good most of it is."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from generator import recording
from generator.alerting import announce, compared, each, lasting
from generator.cases import Stage, shown
from generator.model import ProvenAlert
from generator.samples import Pace, labels, series
from generator.texts import amount
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from generator.model import Case, Series, Sort
    from spec.model import Alert, Quantile, Spec

SORTS: frozenset[Sort] = frozenset({"fires", "silent", "silence", "missing", "reset"})


def prove(alert: Alert, condition: Quantile, spec: Spec) -> ProvenAlert:
    """Fire where the quantile is past the bound, and there was enough to judge by."""
    family = spec.families[condition.of.metric]
    over = lasting(condition.over, alert)
    sign, bound = compared(alert)
    says = announce(alert, spec, family.unit, window=over, threshold=bound)
    count = recording.grown(condition.of, over, alert.by, spec)
    level = recording.quantile(condition, over, count, alert.by, spec)
    expr = f"{recording.read(level, spec)} {sign} {format_number(bound)}"
    if condition.at_least:
        least = format_number(condition.at_least)
        expr += f"\nand\n{recording.read(count, spec)} >= {least}"
    having = labels(family, condition.of.where, alert.by, spec)
    stage = Stage(says, shown(alert.by, having, spec.fleet), Pace(over, alert.wait, alert.keep))

    def histogram(counts: dict[str, str]) -> tuple[Series, ...]:
        buckets = [
            series(f"{family.name}_bucket", {**having, "le": le}, values)
            for le, values in counts.items()
        ]
        return (*buckets, series(f"{family.name}_count", having, counts["+Inf"]))

    enough = f" of at least {format_number(condition.at_least)}" if condition.at_least else ""
    return ProvenAlert(
        alert=alert,
        recordings=(count, level),
        rules=(says.rule(expr),),
        cases=tuple(_cases(stage, histogram, sign, bound, condition)),
        words=f"the {format_number(condition.q)} quantile{enough} of `{family.name}` over "
        f"{format_duration(over)} was {'above' if sign == '>' else 'below'} "
        f"{amount(bound, family.unit)}{each(alert.by)}",
    )


def _cases(
    stage: Stage,
    histogram: Callable[[dict[str, str]], tuple[Series, ...]],
    sign: str,
    bound: Fraction,
    condition: Quantile,
) -> Iterator[Case]:
    """Give the cases. Prometheus takes the largest finite bucket for what lies beyond it.

    So the quantile is exactly the bound of the bucket before `+Inf`, without interpolation.
    """
    pace = stage.pace
    enough = Fraction(max(ceil(condition.at_least), 1))
    away = (abs(bound) or 1) if (sign == ">") == (bound > 0) else abs(bound) / 2 or 1
    beyond = bound + away if sign == ">" else bound - away

    def beyond_largest(
        bucket: Fraction, spell: Callable[[Fraction], str], amount: Fraction
    ) -> tuple[Series, ...]:
        return histogram({format_number(bucket): spell(Fraction(0)), "+Inf": spell(amount)})

    yield stage.fires("past the threshold", beyond, *beyond_largest(beyond, pace.adds, enough))
    yield stage.silent("at the threshold", *beyond_largest(bound, pace.adds, enough))
    if pace.wait:
        yield stage.waits(*beyond_largest(beyond, pace.bursts, enough))
    if condition.at_least > 1:
        few = beyond_largest(beyond, pace.adds, enough - 1)
        yield stage.silent("too few to judge by", *few)
    idle = {format_number(beyond): "0x1", "+Inf": pace.idles()}
    yield stage.silent("nothing happens", *histogram(idle))
    again = beyond_largest(beyond, pace.resumes, enough)
    yield stage.fires("past the threshold, after a silence", beyond, *again, sort="silence")
    # Little by little, a restart costs a step: of twice as much, enough is left.
    amount = enough if pace.at_once else enough * 2
    restarted = beyond_largest(beyond, pace.adds_across_restart, amount)
    yield stage.fires("adding up over a restart", beyond, *restarted, sort="reset")
    yield stage.silent("there are no series", sort="missing")
