"""A panel's queries: PromQL over the window that fits the kind of panel, legends, letters."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from generator import promql
from generator.panels.parts.envelope import SOURCE, Query
from generator.panels.parts.units import is_time
from spec.model import Average, Expr, Increase, Quantile, Rate, Ratio, Selection, Value

if TYPE_CHECKING:
    from generator.panels.parts.envelope import Json
    from generator.panels.parts.visualisation import Surroundings, Timing, Visualisation
    from generator.promql import Scope
    from spec.model import Panel, PanelQuery

TRAILING = "15m"
"""The window behind each point of a ratio, quantile or average that names none. Tasks are few: a
shorter one would leave most points without an event."""

_COMMON = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^{}]*)\$matchers")
_ALERTS = ("ALERTS", "ALERTS_FOR_STATE")
_PART_OF_HISTOGRAM = re.compile(r"_(bucket|count|sum)$")


def queries(
    panel: Panel, kind: Visualisation, units: tuple[str, ...], around: Surroundings
) -> list[Query]:
    """Write a panel's queries in Grafana's JSON, named A, B, C and so on."""
    return [
        Query(**_settings(panel, kind, index, unit, around)) for index, unit in enumerate(units)
    ]


def _settings(
    panel: Panel, kind: Visualisation, index: int, unit: str, around: Surroundings
) -> Json:
    query = panel.queries[index]
    return {
        "datasource": SOURCE,
        "expr": _ordered(expression(query, unit, kind.timing, around), panel),
        "format": kind.format,
        "instant": kind.timing == "instant",
        "legendFormat": legend(query, panel.title),
        "refId": letter(index),
    }


def letter(index: int) -> str:
    """Name the query at this index."""
    return chr(ord("A") + index)


def legend(query: PanelQuery, title: str) -> str:
    """Name a query's series: as the spec says, else by its name and the labels that differ."""
    parts = (query.name, *(f"{{{{{label}}}}}" for label in query.by))
    return query.legend or " · ".join(part for part in parts if part) or title


def expression(asked: PanelQuery, unit: str, timing: Timing, around: Surroundings) -> str:
    """Write the PromQL of one query."""
    query, by = asked.query, asked.by
    over_range = timing == "range"
    scope = replace(around.scope, window="$__rate_interval" if over_range else "$__range")
    behind = replace(scope, window=TRAILING) if over_range else scope
    match query:
        case Increase():
            expr = _counted(query, by, scope)
            if around.families[query.of.metric].unit is None:
                # increase() extrapolates; things that are counted come in whole numbers.
                expr = f"round({expr})"
        case Rate():
            # Over a time that is not the whole range, or dashboard-linter finds it wrong.
            expr = promql.rate(query, by, replace(scope, window="$__rate_interval"))
        case Ratio():
            expr = promql.ratio(query, by, behind)
        case Quantile():
            expr = promql.quantile(query, by, behind)
            if query.at_least:
                seen = promql.observations(query.of, query.over, by, behind)
                expr = f"{expr} and {promql.enough(seen, query.at_least)}"
        case Average():
            expr = promql.average(query, by, behind)
        case Value():
            level = promql.value(query, by, scope)
            expr = f"1000 * {level}" if is_time(unit) else level
        case Expr():
            expr = common_matchers(query.expr, scope, around.fleet)
    return expr


def _counted(query: Increase, by: tuple[str, ...], scope: Scope) -> str:
    """Write how much a counter grew: 0, not nothing, where there are only others of its family."""
    expr = promql.increase(query, by, scope)
    if not query.of.where or any(condition.label in by for condition in query.of.where):
        return expr
    every = promql.increase(replace(query, of=replace(query.of, where=())), by, scope)
    return f"{expr} or 0 * {every}"


def common_matchers(expr: str, scope: Scope, fleet: str) -> str:
    """Put the matchers that every selector carries where an expression says `$matchers`."""

    def matched(found: re.Match[str]) -> str:
        name, own = found.groups()
        if name in _ALERTS or ":" in name:
            return f"{name}{{{own}{alert_matchers(scope, fleet)}"
        family = name if name in (scope.labels or {}) else _PART_OF_HISTOGRAM.sub("", name)
        whole = scope.select(Selection(family))
        return f"{name}{{{own}{whole[len(family) + 1 : -1]}"

    return _COMMON.sub(matched, expr)


def alert_matchers(scope: Scope, fleet: str) -> str:
    """Write what selects a fleet's alerts, and what its rules record.

    They keep the labels that their rules keep, so no job or instance. An alert that is about no
    agent stays, whichever agent is chosen.
    """
    own = [f'{label}=~"{variable}|"' for label, variable in scope.variables]
    return ",".join([f"fleet={promql.quote(fleet)}", *own])


def _ordered(expr: str, panel: Panel) -> str:
    """Sort an instant query's answers, and keep the first `limit`, where the panel asks for it."""
    order, limit = panel.options.get("order"), panel.options.get("limit")
    rising = order == "ascending"
    if limit:
        expr = f"{'bottomk' if rising else 'topk'}({limit}, {expr})"
    if order:
        return f"{'sort' if rising else 'sort_desc'}({expr})"
    return expr
