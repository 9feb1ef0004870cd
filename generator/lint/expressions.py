"""Expressions that can't mean what they say: raw counters, rates of gauges, 0/0, lost buckets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generator.lint.divisors import never_zero
from generator.lint.finding import Rule
from generator.lint.syntax import (
    COMPARISONS,
    Aggregate,
    Binary,
    Call,
    PromqlError,
    Select,
    Subquery,
    parse,
    parts,
    walk,
)
from generator.lint.variables import settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.lint.finding import Finding
    from generator.lint.syntax import Node
    from generator.lint.whole import Query, Whole

SYNTAX = Rule("promql-syntax", "error", "Every expression of a rule is PromQL.")
RAW_COUNTER = Rule(
    "counter-without-rate", "error", "A counter is only read through increase or rate."
)
RATE_OF_GAUGE = Rule("rate-of-gauge", "error", "Only counters are read through increase or rate.")
DIVISION = Rule("division-by-zero", "error", "What divides can't be 0.")
LOST_BUCKETS = Rule(
    "quantile-without-le", "error", "The label le survives until the quantile is taken."
)
BOARD_SYNTAX = Rule("target-promql-rule", "error", "Every expression of a dashboard is PromQL.")
BOARD_COUNTER = Rule(
    "target-counter-agg-rule", "error", "A panel reads counters through increase or rate."
)
RULES = (
    SYNTAX, RAW_COUNTER, RATE_OF_GAUGE, DIVISION, LOST_BUCKETS, BOARD_SYNTAX, BOARD_COUNTER,
)  # fmt: skip

RATES = frozenset({"rate", "irate", "increase"})
_OF_COUNTERS = RATES | {
    "resets", "changes", "count_over_time", "present_over_time", "absent_over_time",
    "absent", "timestamp", "min_over_time", "max_over_time",
}  # fmt: skip
# They ask whether something is there, not how much it is.
_PRESENCE = frozenset({"group", "count", "count_values"})
_OF_BUCKETS = frozenset({"histogram_quantile", "histogram_fraction"})
# As long as the word that it stands for, so that places stay.
_MATCHERS = 'matc_="x"'


def find(whole: Whole) -> Iterator[Finding]:
    """Look at every expression, of rules and of dashboards."""
    steady = _steady(whole)
    for query in whole.of_rules():
        yield from _read(query, SYNTAX, whole)
        yield from _checked(query, RAW_COUNTER, steady, whole)
    for query in whole.of_variables():
        yield from _read(query, BOARD_SYNTAX, whole)
    for query in whole.of_boards():
        yield from _read(query, BOARD_SYNTAX, whole)
        yield from _checked(query, BOARD_COUNTER, steady, whole)


def _steady(whole: Whole) -> frozenset[str]:
    """Name the recordings that are never 0, whatever labels tell those of one name apart."""
    steady: set[str] = set()
    varying: set[str] = set()
    for recording, query in whole.recordings:
        fine = query.tree is not None and never_zero(query.tree, steady)
        (steady if fine else varying).add(recording.record)
    return frozenset(steady - varying)


def _checked(
    query: Query, counter: Rule, steady: frozenset[str], whole: Whole
) -> Iterator[Finding]:
    if query.tree is None:
        return
    for name in dict.fromkeys(raw_counters(query.tree, whole)):
        message = f"reads the counter {name} as it is: it only grows, and restarts from 0"
        hint = f"read increase({name}[…]) or rate({name}[…])"
        yield whole.in_query(counter, query, message, hint, name)
    for node in walk(query.tree):
        if isinstance(node, Call):
            yield from _call(node, query, whole)
    for divisor in _divisors(query.tree, frozenset(), steady):
        message = f"divides by {_named(divisor)}, which can be 0"
        hint = "divide by (… > 0): no answer, where there is none"
        yield whole.in_query(DIVISION, query, message, hint, "expr")


def _read(query: Query, rule: Rule, whole: Whole) -> Iterator[Finding]:
    """Note what is no PromQL, and point into the spec's own text where it is written there."""
    if query.error is None:
        return
    place = whole.places.of(query.origin, under=("expr",))
    node = query.origin.get("expr") if query.origin else None
    if node and isinstance(node.value, str):
        mark = whole.places.at(node, _offset(node.value))
        place = replace(place, mark=mark)
    yield whole.finding(rule, place, f"is no PromQL: {query.error}", "", query.subject)


def _offset(text: str) -> int:
    """Tell where an expression of the spec goes wrong."""
    plain, _ = settled(text.replace("$matchers", _MATCHERS))
    try:
        parse(plain)
    except PromqlError as error:
        return error.offset
    return 0


# ---- counters -----------------------------------------------------------------------------------


def raw_counters(node: Node, whole: Whole, *, fine: bool = False) -> Iterator[str]:
    """Name the counters whose level is read; `fine` says that what is around asks for no level."""
    match node:
        case Select():
            if not fine and whole.metrics.is_counter(node.name):
                yield node.name
        case Call():
            within = fine or node.function in _OF_COUNTERS
            for part in node.arguments:
                yield from raw_counters(part, whole, fine=within)
        case Aggregate():
            yield from raw_counters(node.inner, whole, fine=fine or node.operation in _PRESENCE)
        case Binary() if node.operator in ("and", "unless"):
            yield from raw_counters(node.left, whole, fine=fine)
            yield from raw_counters(node.right, whole, fine=True)
        case _:
            for part in parts(node):
                yield from raw_counters(part, whole, fine=fine)


def _call(node: Call, query: Query, whole: Whole) -> Iterator[Finding]:
    if node.function in RATES:
        of = node.arguments[0]
        inner = of.inner if isinstance(of, Subquery) else of
        if isinstance(inner, Select) and whole.metrics.kind(inner.name) == "gauge":
            message = f"takes {node.function} of {inner.name}, which is no counter"
            hint = "use delta, deriv or avg_over_time"
            yield whole.in_query(RATE_OF_GAUGE, query, message, hint, inner.name)
    if node.function in _OF_BUCKETS and not query.open:
        answer = whole.metrics.shape(node.arguments[-1])
        if not answer.may_have("le") and answer.some is not None:
            message = f"takes {node.function} of what has no label le any more"
            yield whole.in_query(
                LOST_BUCKETS, query, message, "add le to what it groups by", node.function
            )


# ---- division -----------------------------------------------------------------------------------


def _divisors(node: Node, positive: frozenset[Node], steady: frozenset[str]) -> Iterator[Node]:
    """Give what divides and can be 0; `positive` is above 0 by what is around."""
    if isinstance(node, Binary) and node.operator in ("/", "%"):
        if node.right not in positive and not never_zero(node.right, steady):
            yield node.right
    elif isinstance(node, Binary) and node.operator == "and":
        yield from _divisors(node.left, positive | _not_zero(node.right), steady)
        yield from _divisors(node.right, positive, steady)
        return
    for part in parts(node):
        yield from _divisors(part, positive, steady)


def _not_zero(node: Node) -> frozenset[Node]:
    """Give what a condition says not to be 0."""
    if isinstance(node, Binary) and node.operator in COMPARISONS:
        return frozenset({node.left}) if never_zero(node, ()) else frozenset()
    if isinstance(node, Binary) and node.operator in ("and", "unless"):
        return _not_zero(node.left)
    return frozenset()


def _named(node: Node) -> str:
    """Name what divides, as short as it can be told."""
    names = [part.name for part in walk(node) if isinstance(part, Select) and part.name]
    return names[0] if names else "something"
