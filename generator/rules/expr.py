"""Alerts in PromQL: for what no other kind says. Nobody but the author can tell their cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.alerting import announce, compared, each
from generator.model import Case, ProvenAlert, Series
from generator.recording import scope
from generator.texts import amount
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from generator.alerting import Announcement
    from generator.model import Sort
    from spec.model import Alert, Promql, Spec, WrittenCase

SORTS: frozenset[Sort] = frozenset({"fires"})
"""An expression may fire always, or know no counter: more than that it fires can't be asked."""

_MATCHERS = "$matchers"


def prove(alert: Alert, condition: Promql, spec: Spec) -> ProvenAlert:
    """Fire for each series that the expression gives; the texts' `{window}` is the wait."""
    expr = _with_matchers(condition.expr, spec)
    says = announce(
        alert,
        spec,
        condition.unit,
        window=alert.wait,
        threshold=alert.threshold.bound if alert.threshold else "",
    )
    bounded = ""
    if alert.threshold:
        sign, bound = compared(alert)
        expr = f"(\n{expr.strip()}\n) {sign} {format_number(bound)}"
        bounded = f" {'above' if sign == '>' else 'below'} {amount(bound, condition.unit)}"
    lasts = f" for {format_duration(alert.wait)}" if alert.wait else ""
    return ProvenAlert(
        alert=alert,
        recordings=(),
        rules=(says.rule(expr.strip()),),
        cases=tuple(_case(case, says, spec) for case in condition.cases),
        words=f"the expression below has a value{bounded}{lasts}{each(alert.by)}",
    )


def _case(written: WrittenCase, says: Announcement, spec: Spec) -> Case:
    what = "fires" if written.fires else "stays silent"
    return Case(
        f"{what}: {written.name}",
        written.every,
        tuple(Series(_with_matchers(one, spec), values) for one, values in written.series),
        written.at,
        tuple(says.expected(one.labels, float(one.value)) for one in written.fires),
        written.sort,
    )


def _with_matchers(text: str, spec: Spec) -> str:
    """Put the fleet's own matchers where a text says `$matchers`, be it in the midst of others."""
    own = ",".join(scope(spec).own)
    if not own:
        for comma in (f"{_MATCHERS},", f",{_MATCHERS}", f", {_MATCHERS}"):
            text = text.replace(comma, "")
    return text.replace(_MATCHERS, own)
