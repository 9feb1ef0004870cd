"""Grafana's unit for what a query gives, from the unit that its family declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec.model import Expr, Rate, Ratio, Value

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

    from spec.model import Family, Query

_UNITS = {None: "short", "s": "s", "usd": "currencyUSD", "bytes": "bytes", "ratio": "percentunit"}
_PER_SECOND = {None: "cps", "s": "percentunit", "usd": "currencyUSD", "bytes": "Bps"}
_TIME = "_timestamp_seconds"


def unit_of(query: Query, families: Map[str, Family]) -> str:
    """Name Grafana's unit of what `query` gives; "" for PromQL, which nobody can tell."""
    if isinstance(query, Expr):
        return ""
    if isinstance(query, Ratio):
        part, of = (families[s.metric].unit for s in (query.part, query.of))
        same = part == of and (part is not None or query.part.metric == query.of.metric)
        return "percentunit" if same else _UNITS[part]
    family = families[query.of.metric]
    if isinstance(query, Rate):
        return _PER_SECOND.get(family.unit, "cps")
    if isinstance(query, Value) and family.name.endswith(_TIME):
        return "dateTimeFromNow"
    return _UNITS[family.unit]


def is_time(unit: str) -> bool:
    """Tell whether Grafana shows this unit as a point in time; it then wants milliseconds."""
    return unit.startswith("dateTime")
