"""Alerts: from nodes to typed values, with the checks that no schema can make."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from spec.layers import CATALOGUE
from spec.model import (
    Alert,
    BudgetForecast,
    Burn,
    Category,
    ErrorBurn,
    Runbook,
    Severity,
    Spent,
)
from spec.problems import nearest
from spec.read_anomaly import read_anomaly
from spec.read_expr import note_foreign, read_expr
from spec.read_goals import names_goal, read_goal
from spec.read_queries import ALERT_KINDS, kind_of, read_condition
from spec.read_thresholds import check_reachable, read_threshold
from spec.reading import constants, duration, string, texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec.model import Condition, Family
    from spec.node import Node
    from spec.read_goals import Goals
    from spec.reading import Reading

MAX_ALERT_NAME = 40
_ZERO = Fraction(0)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_GIVEN = frozenset({"value", "threshold", "window", "fleet"})
# What an alert on a budget or an SLO can say beside its labels, by what it is on.
_GOAL_GIVEN: dict[type, frozenset[str]] = {
    Burn: frozenset({"tier", "budget", "limit"}),
    Spent: frozenset({"budget", "limit"}),
    BudgetForecast: frozenset({"budget", "limit"}),
    ErrorBurn: frozenset({"tier", "slo", "objective", "period", "factor"}),
}
# Labels that every alert's rule sets by itself; those of a burn alert tell its tiers apart.
_OWN_LABELS = frozenset({"alertname", "severity", "category", "fleet"})
_GOAL_LABELS = frozenset({"tier", "budget", "slo", "long_window", "short_window"})


def read_alerts(
    node: Node | None, goals: Goals, dashboards: frozenset[str], into: Reading
) -> tuple[Alert, ...]:
    """Read alerts; those that are switched off (`false`) are left out."""
    entries = dict(node.items()) if node else {}
    alerts = []
    for name, entry in entries.items():
        if entry.value is False:
            continue
        if len(name) > MAX_ALERT_NAME and node:
            message = f"is longer than {MAX_ALERT_NAME} characters"
            if name in node.keys:
                into.problems.append(node.key_problem(name, message))
            else:
                into.wrong(entry, f"its alert {name} {message}", "choose a shorter name")
        alert = _alert(name, entry, goals, entries, into)
        if alert and alert.dashboard not in dashboards:
            alert = replace(alert, dashboard="")
        for other in entry.get("inhibits").elements() if entry.get("inhibits") else ():  # type: ignore[union-attr] # tested in the same line
            # What the catalogue names is missing only where no source feeds it, or it is off.
            own = not other.mark.file.startswith(CATALOGUE)
            if own and into.lacks("alerts", string(other), entries):
                into.wrong(
                    other,
                    f'there is no alert "{other.text()}"',
                    nearest(str(other.text()), entries),
                )
        board = entry.get("dashboard")
        # What the catalogue names is missing only where the user has switched it off.
        named = board and not board.mark.file.startswith(CATALOGUE)
        if board and named and into.lacks("dashboards", string(board), dashboards):
            into.wrong(
                board, f'there is no dashboard "{board.text()}"', nearest(string(board), dashboards)
            )
        if alert:
            alerts.append(alert)
    return tuple(alerts)


def _alert(
    name: str, node: Node, goals: Goals, others: Iterable[str], into: Reading
) -> Alert | None:
    if not isinstance(node.value, dict):
        return None  # the schema has said so
    kind = kind_of(node, ALERT_KINDS, into, others)
    on_goal = names_goal(kind, node)
    condition, families = _condition(kind, node, goals, into) if kind else (None, ())
    before = len(into.problems)
    by = into.by(node.get("by"), families)
    sure = len(into.problems) == before and not (node.has("by") and into.doubtful(node.value["by"]))
    if on_goal:
        sure = condition is not None
        by = goals.by(condition) or ()
    threshold = read_threshold(kind, node, families, into)
    summary, description = node.get("summary"), node.get("description")
    if summary and _PLACEHOLDER.search(string(summary)):
        into.wrong(summary, "must be the same for every series", "put {labels} in the description")
    given = _GIVEN | frozenset(by) | _GOAL_GIVEN.get(type(condition), frozenset())
    if kind == "expr" and not threshold:
        given -= {"threshold"}
    if sure:
        _check_placeholders(description, given, into)
    _check_labels(node.get("labels"), by, on_goal=on_goal, into=into)
    if condition is None:
        return None
    if threshold:
        check_reachable(node, condition, threshold, into)
    runbook = node.get("runbook")
    parts = ("meaning", "impact", "diagnosis", "mitigation", "escalation")
    sentence = string(summary, f"{name} fires.")
    return Alert(
        name=name,
        condition=condition,
        threshold=threshold,
        by=by,
        wait=duration(node.get("for"), _ZERO),
        keep=duration(node.get("keep_firing_for"), _ZERO),
        severity=cast("Severity", string(node.get("severity"), "warning")),
        category=cast("Category", string(node.get("category"), "agent")),
        summary=sentence,
        description=string(description, f"{sentence} The value is {{value}}."),
        runbook=Runbook(*(string(runbook.get(p) if runbook else None) for p in parts)),
        dashboard=string(node.get("dashboard"), "fleet"),
        inhibits=texts(node.get("inhibits")),
        labels=constants(node.get("labels")),
        origin=node,
    )


def _condition(
    kind: str, node: Node, goals: Goals, into: Reading
) -> tuple[Condition | None, tuple[Family, ...]]:
    """Read what an alert of this kind asks for, and the families that it reads."""
    note_foreign(kind, node, into)
    if names_goal(kind, node):
        return read_goal(kind, node, goals, into), ()
    if kind == "anomaly":
        return read_anomaly(node, into)
    if kind == "expr":
        return read_expr(node), ()
    return read_condition(kind, node, into)


def _check_placeholders(text: Node | None, given: frozenset[str], into: Reading) -> None:
    for label in dict.fromkeys(_PLACEHOLDER.findall(string(text))):
        if text and label not in given:
            said = f"speaks of {{{label}}}, which this alert has not"
            into.wrong(text, said, nearest(label, given))


def _check_labels(node: Node | None, by: tuple[str, ...], *, on_goal: bool, into: Reading) -> None:
    """Note labels that would overwrite what routes, inhibitions and links go by."""
    taken = _OWN_LABELS | frozenset(by) | (_GOAL_LABELS if on_goal else frozenset())
    for name, value in node.items() if node else ():
        if name in taken and node:
            into.problems.append(node.key_problem(name, "is a label that the alert has already"))
        elif not string(value) and value.text() is not None:
            into.wrong(value, "must not be empty: to Prometheus that is no label")
