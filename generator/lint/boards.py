"""Dashboards as wholes: their drop-downs, and that nobody edits what is generated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.lint.existence import LABEL_UNKNOWN
from generator.lint.finding import Rule
from spec.problems import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.lint.finding import Finding
    from generator.lint.whole import Board, Json, Whole

DATASOURCE = Rule(
    "template-datasource-rule", "error", "The data source is chosen in a drop-down of that name."
)
JOB = Rule("template-job-rule", "error", "The job is chosen in a drop-down.")
INSTANCE = Rule("template-instance-rule", "error", "The instance is chosen in a drop-down.")
QUERY = Rule(
    "template-label-promql-rule", "error", "A drop-down asks in a form that Grafana knows."
)
RELOAD = Rule(
    "template-on-time-change-reload-rule", "error", "Drop-downs are renewed with the time range."
)
UNEDITABLE = Rule("uneditable-dashboard", "error", "What is generated is not edited by hand.")
RULES = (DATASOURCE, JOB, INSTANCE, QUERY, RELOAD, UNEDITABLE)

SOURCES = ("$datasource", "${datasource}", "$prometheus_datasource", "${prometheus_datasource}")
_ON_TIME_RANGE = 2


def find(whole: Whole) -> Iterator[Finding]:
    """Look at every dashboard."""
    for board in whole.boards:
        yield from _datasource(board, whole)
        for name, rule in (("job", JOB), ("instance", INSTANCE)):
            yield from _target(name, rule, board, whole)
        yield from _queries(board, whole)
        if board.json.get("editable") is not False:
            yield _at(UNEDITABLE, board, whole, "can be edited", "set editable to false")


def _at(rule: Rule, board: Board, whole: Whole, message: str, hint: str = "") -> Finding:
    place = whole.places.of(board.dashboard.origin)
    return whole.finding(rule, place, message, hint, board.subject)


def _datasource(board: Board, whole: Whole) -> Iterator[Finding]:
    found = [one for one in board.json["templating"]["list"] if one["type"] == "datasource"]
    if not found:
        yield _at(DATASOURCE, board, whole, "has no drop-down for the data source")
    for one in found:
        kind = str(one.get("query"))
        names = {f"{kind}_datasource": f"{kind.capitalize()} data source"}
        if len(found) == 1:
            names["datasource"] = "Data source"
        if one["name"] not in names:
            message = f'calls its data source "{one["name"]}"'
            yield _at(DATASOURCE, board, whole, message, f"call it {' or '.join(names)}")
        elif one.get("label") != names[one["name"]]:
            message = f'labels its data source "{one.get("label")}"'
            yield _at(DATASOURCE, board, whole, message, f"label it {names[one['name']]}")


def _target(name: str, rule: Rule, board: Board, whole: Whole) -> Iterator[Finding]:
    one: Json | None = next(
        (v for v in board.json["templating"]["list"] if v["name"] == name), None
    )
    if one is None:
        yield _at(rule, board, whole, f"has no drop-down {name}")
        return
    wanted = {
        "type": one["type"] == "query",
        "label": one.get("label") == name.capitalize(),
        "multi": one.get("multi") is True,
        "allValue": one.get("allValue") == ".+",
        "datasource": (one.get("datasource") or {}).get("uid") in SOURCES,
    }
    wrong = [key for key, fine in wanted.items() if not fine]
    if wrong:
        message = f"its drop-down {name} is not as others are: {', '.join(wrong)}"
        yield _at(rule, board, whole, message)


def _queries(board: Board, whole: Whole) -> Iterator[Finding]:
    for variable in board.variables:
        name = variable.json["name"]
        place = whole.places.of(board.dashboard.origin, name, under=("variables",))
        if variable.query is None:
            message = f"its drop-down {name} asks what Grafana can't read"
            hint = "use label_values(metric, label)"
            yield whole.finding(QUERY, place, message, hint, board.subject)
        elif variable.query.tree and not variable.query.open:
            labels = whole.metrics.shape(variable.query.tree).some
            if variable.label and labels is not None and variable.label not in labels:
                message = f'lists values of "{variable.label}", which its series have not'
                hint = nearest(variable.label, labels)
                yield whole.finding(LABEL_UNKNOWN, place, message, hint, board.subject)
        if variable.json.get("refresh") != _ON_TIME_RANGE:
            message = f"its drop-down {name} is not renewed when the time range changes"
            yield whole.finding(RELOAD, place, message, "", board.subject)
        if re.search(r"\s", name):
            message = f'a variable can\'t be called "{name}"'
            yield whole.finding(QUERY, place, message, "", board.subject)
