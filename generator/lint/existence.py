"""Everything that is read is there: metrics, their labels, and values that can be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.lint.finding import Rule
from generator.lint.shape import CHOOSING
from generator.lint.syntax import Aggregate, Binary, Select, selections, walk
from generator.lint.variables import used
from spec.problems import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.lint.finding import Finding
    from generator.lint.metrics import Metric
    from generator.lint.syntax import Condition, Node
    from generator.lint.whole import Query, Whole

METRIC_UNKNOWN = Rule(
    "metric-unknown", "error", "What is read is exported, recorded, or Prometheus' own."
)
METRIC_UNFED = Rule("metric-unfed", "error", "What is read is fed by one of the sources.")
RECORDING_UNKNOWN = Rule("recording-unknown", "error", "A recording that is read is recorded.")
LABEL_UNKNOWN = Rule("label-unknown", "error", "Labels that are asked for can be there.")
VALUE_IMPOSSIBLE = Rule(
    "value-impossible", "error", "Values that are asked for are among those that a label can have."
)
RULES = (METRIC_UNKNOWN, METRIC_UNFED, RECORDING_UNKNOWN, LABEL_UNKNOWN, VALUE_IMPOSSIBLE)

# What a flood of labels is counted under; any label may have it.
_OVERFLOW = "__overflow__"
# The rule itself puts it on the answer, so grouping by it is harmless.
_OF_RULES = "fleet"
_PLAIN = re.compile(r"[\w.: -]+")


def find(whole: Whole) -> Iterator[Finding]:
    """Find what is read and never there."""
    for query in whole.queries():
        if query.tree and not query.open:
            yield from _of_query(query, query.tree, whole)


def _of_query(query: Query, tree: Node, whole: Whole) -> Iterator[Finding]:
    told: set[str] = set()
    for select in selections(tree):
        metric = whole.metrics.find(select.name)
        if select.name and metric is None and select.name not in told:
            told.add(select.name)
            yield _unknown(select.name, query, whole)
        elif metric and not metric.fed and select.name not in told:
            told.add(select.name)
            yield _unfed(metric, query, whole)
        elif metric and metric.fed:
            yield from _conditions(select, metric, query, whole)
    if told:
        return
    for node in walk(tree):
        if isinstance(node, Aggregate):
            yield from _grouping(node, query, whole)
        elif isinstance(node, Binary):
            yield from _matching(node, query, whole)


# ---- metrics ------------------------------------------------------------------------------------


def _unknown(name: str, query: Query, whole: Whole) -> Finding:
    known = whole.metrics.by_name
    if ":" in name:
        hint = nearest(name, (other for other in known if ":" in other))
        message = f"reads {name}, which nothing records"
        return whole.in_query(RECORDING_UNKNOWN, query, message, hint, name)
    if f"{name}_bucket" in known:
        hint = f"read {name}_bucket, {name}_sum or {name}_count"
        message = f"reads {name}, a histogram, which has no series of that name"
        return whole.in_query(METRIC_UNKNOWN, query, message, hint, name)
    hint = nearest(name, (other for other, metric in known.items() if metric.fed))
    hint = hint or "declare it below families, and feed it"
    message = f"reads {name}, which nothing exports or records"
    return whole.in_query(METRIC_UNKNOWN, query, message, hint, name)


def _unfed(metric: Metric, query: Query, whole: Whole) -> Finding:
    message = f"reads {metric.family}, which none of the sources feeds"
    hint = "add a source whose preset moves it"
    return whole.in_query(METRIC_UNFED, query, message, hint, metric.name, metric.family)


# ---- labels -------------------------------------------------------------------------------------


def _conditions(select: Select, metric: Metric, query: Query, whole: Whole) -> Iterator[Finding]:
    for condition in select.conditions:
        label = condition.label
        if metric.labels is not None and label not in metric.labels:
            # An alternative that is empty says that the label may be missing.
            if condition.sign == "=~" and condition.value.endswith("|"):
                continue
            yield _no_label(label, select.name, metric.labels, query, whole)
        elif not used(condition.value):
            yield from _value(condition, metric, query, whole)


def _no_label(label: str, name: str, have: frozenset[str], query: Query, whole: Whole) -> Finding:
    message = f'reads "{label}" of {name}, which has no such label'
    hint = nearest(label, have) or f"it has: {', '.join(sorted(have))}"
    return whole.in_query(LABEL_UNKNOWN, query, message, hint, label)


def _value(condition: Condition, metric: Metric, query: Query, whole: Whole) -> Iterator[Finding]:
    allowed = metric.values.get(condition.label)
    if not allowed:
        return
    for value in _impossible(condition, allowed | {_OVERFLOW, ""}):
        message = f'reads {condition.label}="{value}" of {metric.name}, which is never so'
        hint = nearest(value, allowed)
        yield whole.in_query(VALUE_IMPOSSIBLE, query, message, hint, value, condition.label)


def _impossible(condition: Condition, allowed: frozenset[str]) -> list[str]:
    """Name the values that a condition asks for and that can never be."""
    value = condition.value
    if condition.sign in ("=", "!="):
        return [] if value in allowed else [value]
    alternatives = value.split("|")
    if all(map(_PLAIN.fullmatch, alternatives)):
        return [one for one in alternatives if not any(re.fullmatch(one, a) for a in allowed)]
    try:
        fits = any(re.fullmatch(value, one) for one in allowed)
    except re.error:
        return []
    return [] if fits else [value]


# ---- groups and joins ---------------------------------------------------------------------------


def _grouping(node: Aggregate, query: Query, whole: Whole) -> Iterator[Finding]:
    if node.keeps != "by" and node.operation not in CHOOSING:
        return
    inner = whole.metrics.shape(node.inner)
    for label in node.labels:
        if not inner.may_have(label) and label != _OF_RULES:
            have = sorted(inner.some or ())
            message = f'groups by "{label}", which what it groups has not'
            hint = nearest(label, have) or f"it has: {', '.join(have) or 'none'}"
            yield whole.in_query(LABEL_UNKNOWN, query, message, hint, label)


def _matching(node: Binary, query: Query, whole: Whole) -> Iterator[Finding]:
    if node.matching != "on":
        return
    sides = [whole.metrics.shape(side) for side in (node.left, node.right)]
    for label in node.labels:
        if not all(side.may_have(label) for side in sides):
            which = "left" if not sides[0].may_have(label) else "right"
            message = f'joins on "{label}", which the {which} side has not'
            yield whole.in_query(LABEL_UNKNOWN, query, message, "", label)
    one = {"left": sides[1], "right": sides[0]}.get(node.many)
    for label in node.included:
        if one and not one.may_have(label):
            message = f'takes "{label}" from a side that has not that label'
            yield whole.in_query(LABEL_UNKNOWN, query, message, "", label)
