"""Alerts on a gauge's level."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, TypeAlias

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

    from generator.model import Case, Series, Sort
    from spec.model import Alert, Spec, Value

SORTS: frozenset[Sort] = frozenset({"fires", "silent", "silence", "missing"})
"""A gauge is no counter: a restart is no more than another level."""

# Writes a gauge's values: they were so, and are so.
Spell: TypeAlias = "Callable[[Fraction, Fraction], str]"

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

    free = [name for name in family.labels if name not in alert.by]
    fixed = {m.label for m in condition.of.where}

    def gauge(values: str, other: Map[str, str] | None = None) -> Series:
        return series(family.name, {**having, **(other or {})}, values)

    def single(spell: Spell, before: Fraction, after: Fraction) -> tuple[Series, ...]:
        return (gauge(spell(before, after)),)

    def crowd(spell: Spell, before: Fraction, after: Fraction) -> tuple[Series, ...]:
        """Give so many series instead of one of that level: `count` looks at nothing else."""
        held = {*alert.by, *fixed, *spec.selector}
        label = next(name for name in (*free, "instance", "job", "copy") if name not in held)
        stays = spell(Fraction(1), Fraction(1))
        values = [
            pace.ends() if n >= after else stays if n < before else f"_{stays[1:]}"
            for n in range(int(max(before, after)))
        ]
        return tuple(gauge(one, {label: f"{label}-{n}"}) for n, one in enumerate(values, 1))

    wide = (condition.aggregate, sign) in _ONE_IS_ENOUGH
    sibling = next(({name: f"other-{name}"} for name in free if name not in fixed), None)
    counts = condition.aggregate == "count"
    beyond = past(bound, sign, whole=counts or counts_wholes(family))
    near = Fraction(floor(bound) if sign == ">" else ceil(bound)) if counts else bound
    calm = gauge(pace.turns(bound, bound), sibling) if wide and sibling else None
    lasts = f" for {format_duration(alert.wait)}" if alert.wait else ""
    return ProvenAlert(
        alert=alert,
        recordings=(recording,),
        rules=(says.rule(f"{read(recording, spec)} {sign} {format_number(bound)}"),),
        cases=tuple(_cases(stage, crowd if counts else single, near, beyond, calm)),
        words=f"the {condition.aggregate} of `{family.name}` was "
        f"{'above' if sign == '>' else 'below'} {amount(bound, family.unit)}{lasts}"
        f"{each(alert.by)}",
    )


def _cases(
    stage: Stage,
    level: Callable[[Spell, Fraction, Fraction], tuple[Series, ...]],
    near: Fraction,
    beyond: Fraction,
    calm: Series | None,
) -> Iterator[Case]:
    """Give the cases; `level` makes series of a level that turns into another."""
    pace = stage.pace
    turns = level(pace.turns, near, beyond)
    yield stage.fires("just past the threshold", beyond, *turns)
    yield stage.silent("at the threshold", *level(pace.turns, near, near))
    if calm:
        yield stage.fires("one of several is past the threshold", beyond, *turns, calm)
    if pace.wait:
        yield stage.waits(*turns)
    if pace.forgets:
        yield stage.silent("the series ended", *level(pace.flashes, near, beyond))
    again = level(pace.returns, near, beyond)
    yield stage.fires("past the threshold, after a silence", beyond, *again, sort="silence")
    yield stage.silent("there are no series", sort="missing")
