"""Alerts that are whole: a rule that can end, cases, a runbook, a panel, and a style."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from generator.conventions import MAX_GROUP, group_names
from generator.lint.finding import Rule, Subject
from generator.lint.metrics import FIRING
from generator.lint.syntax import (
    COMPARISONS,
    Aggregate,
    Binary,
    Call,
    Negative,
    Number,
    Select,
    Subquery,
    walk,
)
from generator.targets.rules import recorded as all_recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.lint.finding import Finding
    from generator.lint.syntax import Node
    from generator.lint.whole import LintedAlert, Whole

NO_RULE = Rule("alert-without-rule", "error", "Every alert has a rule.")
NO_TEST = Rule(
    "alert-without-test", "error", "Every alert has a case that fires and one that stays silent."
)
NO_RUNBOOK = Rule("alert-without-runbook", "warning", "Every alert has a runbook, all of it.")
NO_PANEL = Rule("alert-without-panel", "warning", "A panel shows what an alert reads.")
NO_COMPARISON = Rule("comparison-missing", "error", "An alert's expression has an end.")
HASTY_ABSENT = Rule(
    "absent-without-for", "error", "What is absent is so for a while before anybody is told."
)
NAME = Rule("alert-name", "warning", "Names are CamelCase, of at most 40 characters.")
SUMMARY = Rule("alert-summary", "warning", "A summary is one sentence, the same for every series.")
DESCRIPTION = Rule(
    "alert-description", "warning", "A description tells of this alert: a label, or the value."
)
GROUP = Rule("group-size", "warning", "Groups hold at most 20 rules, names 40 characters.")
DUPLICATE = Rule("rule-duplicate", "warning", "No two alerts ask the same.")
RULES = (
    NO_RULE, NO_TEST, NO_RUNBOOK, NO_PANEL, NO_COMPARISON, HASTY_ABSENT, NAME, SUMMARY,
    DESCRIPTION, GROUP, DUPLICATE,
)  # fmt: skip

_LONGEST = 40
_CAMEL = re.compile(r"([A-Z]+[a-z0-9]+)+")
_SENTENCE = re.compile(r"[A-Z].+\.", re.DOTALL)
_PARTS = ("meaning", "impact", "diagnosis", "mitigation")
_ABSENT = frozenset({"absent", "absent_over_time"})


def find(whole: Whole) -> Iterator[Finding]:
    """Look at every alert, and at what they make together."""
    shown = _shown(whole)
    for alert in whole.alerts:
        yield from _whole(alert, whole)
        yield from _panel(alert, shown, whole)
        yield from _style(alert, whole)
        yield from _rules(alert, whole)
    yield from _duplicates(whole)
    yield from _groups(whole)


def _at(
    rule: Rule, alert: LintedAlert, whole: Whole, message: str, hint: str = "", *, key: str = ""
) -> Finding:
    """Make a finding at one of an alert's keys, or at the alert where it has not that key."""
    told = alert.proven.alert
    place = whole.places.of(told.origin, under=(key,) if key else ())
    return whole.finding(rule, place, message, hint, Subject(alert=told.name))


# ---- whole --------------------------------------------------------------------------------------


def _whole(alert: LintedAlert, whole: Whole) -> Iterator[Finding]:
    proven = alert.proven
    if not proven.rules:
        yield _at(NO_RULE, alert, whole, "has no rule")
    outcomes = {bool(case.expected) for case in proven.cases}
    for fires, word in ((True, "in which it fires"), (False, "in which it stays silent")):
        if fires not in outcomes and (fires or not _always(alert)):
            message, hint = f"has no case {word}", "add one to its cases"
            yield _at(NO_TEST, alert, whole, message, hint, key="cases")
    lacking = [part for part in _PARTS if not getattr(proven.alert.runbook, part).strip()]
    if lacking:
        message = f"has no runbook for the night: {', '.join(lacking)} missing"
        hint = f"write {', '.join(_PARTS)} below runbook"
        yield _at(NO_RUNBOOK, alert, whole, message, hint, key="runbook")


def _shown(whole: Whole) -> frozenset[str]:
    """Name all that panels show: what they read, and what that is made of."""
    return whole.lineage.of(
        query.tree for board in whole.boards for panel in board.panels for query in panel.queries
    )


def _panel(alert: LintedAlert, shown: frozenset[str], whole: Whole) -> Iterator[Finding]:
    read = whole.lineage.of(query.tree for _, query, _ in alert.rules)
    metrics = [whole.metrics.find(name) for name in read]
    if None in metrics or any(metric and not metric.fed for metric in metrics):
        return
    parts = {metric.family: metric.name for metric in metrics if metric and metric.family}
    families = {whole.metrics.family(name) for name in shown}
    if read and not read & shown and not families & set(parts):
        names = ", ".join(sorted(parts) or sorted(read))
        hint = "add a panel that does, so that whoever is woken sees it"
        yield _at(NO_PANEL, alert, whole, f"no panel shows {names}", hint)


# ---- rules --------------------------------------------------------------------------------------


def _rules(alert: LintedAlert, whole: Whole) -> Iterator[Finding]:
    for rule, query, _ in alert.rules:
        if query.tree is None:
            continue
        if not _ends(query.tree) and not _dead_man(query.tree):
            message = "fires as long as there is anything: it compares nothing"
            hint = "add above: or below:, or a comparison"
            if any(isinstance(n, Binary) and n.as_bool for n in walk(query.tree)):
                message = "fires always: a comparison with bool gives 0 instead of nothing"
                hint = "leave bool out"
            yield _at(NO_COMPARISON, alert, whole, message, hint, key="expr")
        asks = [n for n in walk(query.tree) if isinstance(n, Call) and n.function in _ABSENT]
        if asks and not rule.wait:
            message = "fires at the first scrape that fails: absent, and no for"
            key = next((k for k in ("absent", "expr") if _has(alert, k)), "")
            yield _at(HASTY_ABSENT, alert, whole, message, "add for: 5m", key=key)


def _has(alert: LintedAlert, key: str) -> bool:
    origin = alert.proven.alert.origin
    return origin is not None and origin.has(key)


def _ends(node: Node) -> bool:
    """Tell whether an expression can have no answer although there are series."""
    match node:
        case Select():
            # They are there only while something is wrong.
            return node.name in FIRING
        case Binary():
            return _side_ends(node)
        case Call():
            return node.function in _ABSENT or any(map(_ends, node.arguments))
        case Aggregate() | Negative() | Subquery():
            return _ends(node.inner)
    return False


def _side_ends(node: Binary) -> bool:
    compares = node.operator in COMPARISONS and not node.as_bool
    if compares or node.operator == "unless":
        return True
    sides = (_ends(node.left), _ends(node.right))
    return all(sides) if node.operator == "or" else any(sides)


def _always(alert: LintedAlert) -> bool:
    return any(query.tree and _dead_man(query.tree) for _, query, _ in alert.rules)


def _dead_man(node: Node) -> bool:
    """Tell whether an alert is meant to fire always, so that its silence tells."""
    return (
        isinstance(node, Call)
        and node.function == "vector"
        and isinstance(node.arguments[0], Number)
    )


# ---- style --------------------------------------------------------------------------------------


def _style(alert: LintedAlert, whole: Whole) -> Iterator[Finding]:
    told = alert.proven.alert
    if not _CAMEL.fullmatch(told.name) or len(told.name) > _LONGEST:
        hint = "begin each word with a capital, as in ToolsSlow"
        message = f'"{told.name}" is no CamelCase of 40 characters'
        yield _at(NAME, alert, whole, message, hint)
    if not _SENTENCE.fullmatch(told.summary.strip()):
        hint = "begin with a capital, end with a full stop"
        yield _at(SUMMARY, alert, whole, "is no sentence", hint, key="summary")
    said = [rule.annotations.get("description", "") for rule, _, _ in alert.rules]
    if any("{{" not in text for text in said) and not _always(alert):
        message = "says the same for every series"
        hint = "name a label or {value}"
        yield _at(DESCRIPTION, alert, whole, message, hint, key="description")


def _duplicates(whole: Whole) -> Iterator[Finding]:
    first: dict[tuple[object, ...], str] = {}
    for alert in whole.alerts:
        for rule, query, _ in alert.rules:
            key = (query.tree or query.text, rule.labels.get("severity"), rule.wait)
            other = first.setdefault(key, rule.alert)
            if other != rule.alert:
                message = f"asks the same as {other}, as long and as severely"
                yield _at(DUPLICATE, alert, whole, message, "keep one of them")


def _groups(whole: Whole) -> Iterator[Finding]:
    """Look at the groups: by construction none is too large, but a fleet's name may be long."""
    sizes = {
        "recording": len(all_recorded(whole.model)),
        "alerts": sum(len(alert.rules) for alert in whole.alerts),
    }
    for kind, size in sizes.items():
        names = Counter(group_names(whole.model.fleet, kind, size))
        for name in names:
            if len(name) > _LONGEST or size > MAX_GROUP * len(names):
                message = f'the group "{name}" is too large, or its name too long'
                yield whole.finding(GROUP, whole.places.whole("fleet"), message)
