"""Alerts on series that are gone, or were never there."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from generator import promql
from generator.alerting import announce, each
from generator.cases import Stage
from generator.model import ProvenAlert
from generator.recording import scope
from generator.samples import Pace, labels, series
from spec.model import Selection
from spec.quantities import format_duration
from spec.reading import SERVER_FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from generator.model import Case, Sort
    from spec.model import Absent, Alert, Spec

SORTS: frozenset[Sort] = frozenset({"fires", "silent", "silence", "missing"})
"""Whether a counter starts anew is nothing to whom only asks whether it is there."""

_HALF_MINUTE = Fraction(30)


def prove(alert: Alert, condition: Absent, spec: Spec) -> ProvenAlert:
    """Fire for each group of series that was there and is gone, or once where there is none.

    Nothing is recorded: what is not there has no recording. Where nothing is left that could tell
    the labels, the alert has only those that its selector fixes, and the texts say `any agent`.
    """
    family = spec.families[condition.of.metric]
    says = announce(
        alert,
        spec,
        None,
        window=condition.within,
        threshold=Fraction(1),
        missing={name: f"any {name}" for name in alert.by},
    )
    if family.type == "histogram":
        counted = Selection(f"{condition.of.metric}_count", condition.of.where)
        condition = replace(condition, of=counted)
    having = labels(family, condition.of.where, alert.by, spec)
    # A few samples, then nothing: it must still be within reach when the wait is over.
    window = min(condition.within, max(alert.wait * 4, _HALF_MINUTE * 15))
    pace = Pace(window, alert.wait, alert.keep)
    fixed = {
        m.label: m.values[0] for m in condition.of.where if len(m.values) == 1 and not m.negated
    }
    told = condition.of.metric in SERVER_FAMILIES or family.recorded
    own = {} if told else spec.selector
    never = Stage(says, {**fixed, **own}, pace)
    gone = replace(never, shown={name: having[name] for name in alert.by})
    seen = f" for {format_duration(alert.wait)}" if alert.wait else ""
    return ProvenAlert(
        alert=alert,
        recordings=(),
        rules=(says.rule(promql.absent(condition, alert.by, scope(spec))),),
        cases=tuple(_cases(gone if alert.by else never, never, condition.of.metric, having)),
        words=f"`{condition.of.metric}` was not there{seen}, though it was within the last "
        f"{format_duration(condition.within)}{each(alert.by)}; or there is none at all",
    )


def _cases(gone: Stage, never: Stage, metric: str, having: Map[str, str]) -> Iterator[Case]:
    pace = gone.pace
    there = pace.turns(Fraction(1), Fraction(1))
    lost = series(metric, having, pace.ends())
    if pace.at_once:
        yield gone.fires("the series ended", 1, lost)
        free = [name for name in gone.says.alert.by if name not in never.shown]
        for name in free[:1]:
            other = series(metric, {**having, name: f"other-{name}"}, there)
            yield gone.fires("one series of two ended", 1, lost, other)
    if pace.wait:
        yield gone.waits(*([lost] if pace.at_once else []))
    yield never.fires("there has never been a series", 1, sort="missing")
    yield gone.silent("the series is there", series(metric, having, there))
    steady = gone.steadily()
    back = series(metric, having, steady.pace.returns(Fraction(1), Fraction(1)))
    yield steady.silent("the series came back, after a silence", back, sort="silence")
