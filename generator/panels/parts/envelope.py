"""grafanalib's panel and query, brought to the JSON that Grafana writes today (schema 42).

grafanalib knows the shapes of Grafana 6 to 8. Its classes for dashboards, variables and grid
positions still fit; a panel's type, options and fields are given here as data instead, and
`tidy` takes out what Grafana has dropped since.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import attr
from grafanalib import core
from grafanalib._gen import DashboardEncoder

Json: TypeAlias = dict[str, Any]

SCHEMA_VERSION = 42
SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}

_OLD_IN_PANEL = {"cacheTimeout", "editable", "error", "height", "minSpan", "span"}
_OLD_IN_DASHBOARD = {"__inputs", "gnetId", "hideControls", "id", "rows", "sharedCrosshair", "style"}
_OLD_IN_VARIABLE = {"auto", "auto_count", "auto_min", "tagValuesQuery", "tagsQuery", "useTags"}
_OF_A_ROW = ("collapsed", "gridPos", "id", "title", "type")
_EMPTY_IS_NOTHING = {"links", "transformations", "interval", "hideTimeOverride"}


@attr.s
class Visual(core.Panel):  # type: ignore[misc]  # grafanalib ships no types
    """A panel of any type: `options`, `defaults` and `overrides` are Grafana's own JSON."""

    type: str = attr.ib(default="timeseries")
    options: Json = attr.ib(factory=dict)
    defaults: Json = attr.ib(factory=dict)
    overrides: list[Json] = attr.ib(factory=list)

    def to_json_data(self) -> Json:
        """Give the panel as JSON, still with grafanalib's old keys."""
        fields = {"defaults": self.defaults, "overrides": self.overrides}
        data = {"type": self.type, "options": self.options, "fieldConfig": fields}
        whole: Json = self.panel_json(data)
        return whole


@attr.s
class Query(core.Target):  # type: ignore[misc]  # grafanalib ships no types
    """A Prometheus query: over a range, or (`instant`) at its end."""

    def to_json_data(self) -> Json:
        """Give the query as JSON."""
        return {
            "datasource": self.datasource,
            "editorMode": "code",
            "expr": self.expr,
            "format": self.format,
            "instant": self.instant,
            "legendFormat": self.legendFormat,
            "range": not self.instant,
            "refId": self.refId,
        }


def tidy(dashboard: core.Dashboard) -> Json:
    """Give a dashboard's JSON without keys, nulls and thresholds that Grafana no longer knows."""
    raw: Json = json.loads(json.dumps(dashboard.to_json_data(), cls=DashboardEncoder))
    whole = {k: v for k, v in raw.items() if k not in _OLD_IN_DASHBOARD}
    whole["panels"] = [_panel(p) for p in raw["panels"]]
    whole["templating"] = {"list": [_variable(v) for v in raw["templating"]["list"]]}
    whole["timepicker"] = {"refresh_intervals": raw["timepicker"]["refresh_intervals"]}
    return whole


def text(data: Json) -> str:
    """Write JSON so that equal data are equal bytes."""
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _panel(raw: Json) -> Json:
    if raw["type"] == "row":
        row = {key: raw[key] for key in _OF_A_ROW}
        return row | {"panels": [_panel(p) for p in raw["panels"]]}
    kept = {
        key: value
        for key, value in raw.items()
        if key not in _OLD_IN_PANEL and (value or key not in _EMPTY_IS_NOTHING)
    }
    # grafanalib puts its own thresholds beside ours; without steps they hide Grafana's default.
    thresholds = kept["fieldConfig"]["defaults"].get("thresholds", {})
    if not thresholds.get("steps"):
        kept["fieldConfig"]["defaults"].pop("thresholds", None)
    cleaned: Json = {key: _without_nulls(value) for key, value in kept.items() if value is not None}
    return cleaned


def _variable(raw: Json) -> Json:
    kept = {k: v for k, v in raw.items() if k not in _OLD_IN_VARIABLE and v is not None}
    chosen = "$__all" if raw["includeAll"] else raw["current"]["value"]
    shown = "All" if raw["includeAll"] else chosen
    many = raw["multi"]
    kept["current"] = {
        "selected": True,
        "text": [shown] if many else shown,
        "value": [chosen] if many else chosen,
    }
    return kept


def _without_nulls(value: object) -> object:
    """Drop nulls, but for the lowest threshold: there null is minus infinity."""
    if isinstance(value, dict):
        step = value.keys() == {"color", "value"}
        return {k: _without_nulls(v) for k, v in value.items() if v is not None or step}
    if isinstance(value, list):
        return [_without_nulls(v) for v in value]
    return value
