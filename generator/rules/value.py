"""Alerts on a gauge's level."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from generator.alerting import announce, compared, each
from generator.cases import Stage, shown
from generator.model import ProvenAlert
from generator.recording import counts_wholes, level, read
from generator.samples import Pace, labels, past, series
from generator.texts import amount
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Mapping as Map

    from generator.model import Case, Series
    from spec.model import Alert, Spec, Value

_AT_LEAST = Fraction(450)
_ONE_IS_ENOUGH = {("max", ">"), ("min", "<")}


def prove(alert: Alert, condition: Value, spec: Spec) -> ProvenAlert:
    """Fire where the level is past the bound; the texts' `{window}` is how long it must be."""
    family = spec.families[condition.of.metric]
    sign, bound = compared(alert)
    says = announce(alert, spec, family.unit, window=alert.wait, threshold=bound)
    recording = level(condition.of, condition.aggregate, alert.by, spec)
    having = labels(family, condition.of.where, alert.by, spec)
    # It looks back over nothing, so the pace is that of the wait.
    pace = Pace(max(alert.wait * 4, _AT_LEAST), alert.wait, alert.keep)
    stage = Stage(says, shown(alert.by, having, spec.fleet), pace)

    def gauge(values: str, other: Map[str, str] | None = None) -> Series:
        return series(family.name, {**having, **(other or {})}, values)

    wide = (condition.aggregate, sign) in _ONE_IS_ENOUGH
    free = [name for name in family.labels if name not in alert.by]
    fixed = {m.label for m in condition.of.where}
    sibling = next(({name: f"other-{name}"} for name in free if name not in fixed), None)
    beyond = past(bound, sign, whole=counts_wholes(family))
    lasts = f" for {format_duration(alert.wait)}" if alert.wait else ""
    return ProvenAlert(
        alert=alert,
        recordings=(recording,),
        rules=(says.rule(f"{read(recording, spec)} {sign} {format_number(bound)}"),),
        cases=tuple(_cases(stage, gauge, bound, beyond, sibling if wide else None)),
        words=f"the {condition.aggregate} of `{family.name}` was "
        f"{'above' if sign == '>' else 'below'} {amount(bound, family.unit)}{lasts}"
        f"{each(alert.by)}",
    )


def _cases(
    stage: Stage,
    gauge: Callable[..., Series],
    bound: Fraction,
    beyond: Fraction,
    sibling: Map[str, str] | None,
) -> Iterator[Case]:
    pace = stage.pace
    turns = gauge(pace.turns(bound, beyond))
    yield stage.fires("just past the threshold", beyond, turns)
    yield stage.silent("at the threshold", gauge(pace.turns(bound, bound)))
    if sibling:
        calm = gauge(pace.turns(bound, bound), sibling)
        yield stage.fires("one of several is past the threshold", beyond, turns, calm)
    if pace.wait:
        yield stage.waits(turns)
    if pace.forgets:
        yield stage.silent("the series ended", gauge(pace.flashes(bound, beyond)))
    yield stage.silent("there are no series")
