"""Panels: what they show says what it is, in which unit, of which target."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from generator.lint.boards import SOURCES
from generator.lint.expressions import RATES
from generator.lint.finding import Rule, Subject
from generator.lint.metrics import FIRING
from generator.lint.syntax import Call, Select, selections, walk
from generator.lint.variables import RATE_INTERVAL
from spec.problems import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.lint.finding import Finding
    from generator.lint.syntax import Node
    from generator.lint.whole import LintedPanel, Query, Whole

DATASOURCE = Rule("panel-datasource-rule", "error", "A panel asks the data source that is chosen.")
DESCRIPTION = Rule(
    "panel-title-description-rule", "warning", "A panel has a title, and says what it shows."
)
UNITS = Rule("panel-units-rule", "error", "A panel's unit is one that Grafana has.")
TARGETS = Rule("panel-no-targets-rule", "error", "A panel that shows data asks for some.")
LOGQL = Rule("target-logql-rule", "error", "A query of logs begins with the streams that it reads.")
LOGQL_AUTO = Rule("target-logql-auto-rule", "error", "A query of logs looks back over $__auto.")
RATE_RANGE = Rule(
    "target-rate-interval-rule", "error", "A panel's rate looks back over $__rate_interval."
)
JOB = Rule("target-job-rule", "error", "A panel shows the jobs that are chosen.")
INSTANCE = Rule("target-instance-rule", "error", "A panel shows the instances that are chosen.")
RULES = (
    DATASOURCE, DESCRIPTION, UNITS, TARGETS, LOGQL, LOGQL_AUTO, RATE_RANGE, JOB, INSTANCE,
)  # fmt: skip

# They show no data of their own.
_WITHOUT_DATA = frozenset({"text", "row", "news", "dashlist", "annolist", "alertlist"})
# A heatmap's unit stands among its own settings; the others take the field's.
_IN_UNITS = frozenset({
    "stat", "singlestat", "graph", "table", "timeseries", "gauge", "bargauge", "barchart",
    "piechart", "histogram",
})  # fmt: skip
_OF_USERS = re.compile(r"(?:prefix|suffix|time|si|count|currency|bool):.+", re.DOTALL)
_LOG_RANGE = re.compile(r"\[([^\]]+)\]")


def find(whole: Whole) -> Iterator[Finding]:
    """Look at every panel, and at every query of it."""
    for board in whole.boards:
        for panel in board.panels:
            if panel.json["type"] in _WITHOUT_DATA:
                continue
            yield from _panel(panel, whole)
            for query in panel.queries:
                yield from _query(query, whole)
            yield from _logs(panel, whole)


def _at(rule: Rule, panel: LintedPanel, whole: Whole, message: str, hint: str = "") -> Finding:
    origin = panel.panel.origin if panel.panel else None
    return whole.finding(rule, whole.places.of(origin), message, hint, panel.subject)


# ---- panels -------------------------------------------------------------------------------------


def _panel(panel: LintedPanel, whole: Whole) -> Iterator[Finding]:
    shown = panel.json
    targets = shown.get("targets") or []
    if not targets:
        yield _at(TARGETS, panel, whole, "asks for nothing", "add a query")
    asked = [shown.get("datasource"), *(target.get("datasource") for target in targets)]
    uids = {(one or {}).get("uid") for one in asked if isinstance(one, dict) or one is None}
    if targets and not uids <= {*SOURCES}:
        message = "asks a data source of its own"
        yield _at(DATASOURCE, panel, whole, message, "ask ${datasource}, which can be chosen")
    lacking = [key for key in ("title", "description") if not (shown.get(key) or "").strip()]
    if lacking:
        message = f"has no {' and no '.join(lacking)}"
        yield _at(DESCRIPTION, panel, whole, message, "say what a reader sees, and where it ends")
    if shown["type"] in _IN_UNITS:
        yield from _units(panel, whole)


def _units(panel: LintedPanel, whole: Whole) -> Iterator[Finding]:
    settings = panel.json.get("fieldConfig") or {}
    defaults = settings.get("defaults") or {}
    reduce = (panel.json.get("options") or {}).get("reduceOptions") or {}
    overrides = [p for o in settings.get("overrides") or [] for p in o["properties"]]
    found = [defaults.get("unit"), *(p.get("value") for p in overrides if p["id"] == "unit")]
    units = [unit for unit in found if unit]
    if not units and not defaults.get("mappings") and not reduce.get("fields"):
        yield _at(UNITS, panel, whole, "has no unit", "add unit: short, s, percentunit, …")
    origin = panel.panel.origin if panel.panel else None
    for unit in dict.fromkeys(units):
        if unit not in _grafanas() and not _OF_USERS.fullmatch(unit):
            place = whole.places.of(origin, unit, under=("unit",))
            message = f'has the unit "{unit}", which Grafana has not'
            yield whole.finding(UNITS, place, message, nearest(unit, _grafanas()), panel.subject)


@cache
def _grafanas() -> frozenset[str]:
    """Give the units that Grafana has."""
    text = files("generator.lint").joinpath("units.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text))


# ---- queries ------------------------------------------------------------------------------------


def _query(query: Query, whole: Whole) -> Iterator[Finding]:
    if query.tree is None:
        return
    yield from _ranges(query, query.tree, whole)
    if not query.open:
        for label, rule in (("job", JOB), ("instance", INSTANCE)):
            yield from _chosen(label, rule, query, query.tree, whole)


def _ranges(query: Query, tree: Node, whole: Whole) -> Iterator[Finding]:
    for call in (node for node in walk(tree) if isinstance(node, Call)):
        of = call.arguments[0] if call.arguments else None
        fixed = isinstance(of, Select) and of.over not in (None, RATE_INTERVAL)
        if call.function in RATES - {"increase"} and fixed:
            message = f"takes {call.function} over a time of its own"
            hint = "take it over [$__rate_interval], which fits what is seen"
            yield whole.in_query(RATE_RANGE, query, message, hint, call.function)


def _chosen(label: str, rule: Rule, query: Query, tree: Node, whole: Whole) -> Iterator[Finding]:
    """Find selections that a drop-down should narrow, and does not."""
    told: set[str] = set()
    for select in selections(tree):
        metric = whole.metrics.find(select.name)
        narrowed = any(
            (one.label, one.sign, one.value) == (label, "=~", f"${label}")
            for one in select.conditions
        )
        has = metric and metric.name not in FIRING and label in (metric.labels or ())
        if has and not narrowed and select.name not in told:
            told.add(select.name)
            message = f"reads {select.name} of every {label}, whatever is chosen"
            hint = f"write {select.name}{{$matchers}}"
            yield whole.in_query(rule, query, message, hint, select.name)


def _logs(panel: LintedPanel, whole: Whole) -> Iterator[Finding]:
    """Look at queries of logs, which only settings that are Grafana's own bring."""
    for number, target in enumerate(panel.json.get("targets") or []):
        if (target.get("datasource") or {}).get("type") != "loki":
            continue
        about, expr = panel.subject, target.get("expr") or ""
        subject = Subject("", about.dashboard, about.uid, about.panel, number)
        place = whole.places.of(panel.panel.origin if panel.panel else None)
        if "{" not in expr:
            message = "reads logs of no stream"
            yield whole.finding(LOGQL, place, message, 'begin with {label="…"}', subject)
        if any(over != "$__auto" for over in _LOG_RANGE.findall(expr)):
            message = "reads logs over a time of its own"
            yield whole.finding(LOGQL_AUTO, place, message, "look back over [$__auto]", subject)
