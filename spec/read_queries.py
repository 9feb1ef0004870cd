"""What alerts and panels ask for: from nodes to typed queries, every name checked."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from spec.model import (
    Absent,
    Average,
    Expr,
    Forecast,
    Increase,
    Quantile,
    Rate,
    Ratio,
    Selection,
    Value,
)  # fmt: skip
from spec.problems import nearest
from spec.reading import amount, duration, string

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec.model import Condition, Family, Query
    from spec.node import Node
    from spec.reading import Reading

ALERT_KINDS = (
    "increase", "ratio", "quantile", "value", "absent", "burn", "spent", "pace", "forecast",
    "anomaly", "expr",
)  # fmt: skip
PANEL_KINDS = ("increase", "rate", "ratio", "quantile", "average", "value", "expr")

_TYPES = {
    "increase": ("counter",), "rate": ("counter",), "quantile": ("histogram",),
    "average": ("histogram",), "value": ("gauge", "stateset", "info"),
}  # fmt: skip
_TAKES: dict[str, set[str]] = {
    "increase": {"per", "where"}, "rate": {"where"}, "ratio": {"over", "at_least"},
    "quantile": {"q", "over", "at_least", "where"}, "average": {"over", "where"},
    "value": {"aggregate", "where"}, "absent": {"within", "where"}, "expr": set(),
    "burn": set(), "spent": set(), "pace": {"over"}, "forecast": {"within", "from", "aggregate"},
    "anomaly": {"past", "history", "margin"},
}  # fmt: skip
_HOUR, _QUARTER = Fraction(3600), Fraction(900)


def kind_of(
    node: Node,
    kinds: tuple[str, ...],
    into: Reading,
    others: Iterable[str] = (),
    more: frozenset[str] = frozenset(),
) -> str | None:
    """Find the one kind that a query or an alert is of; note where it is none or several.

    `others` are names that a nameless kind may have been meant to change. `more` are parameters
    that every kind takes here.
    """
    named = [kind for kind in kinds if node.has(kind)]
    if len(named) > 1:
        into.wrong(node, f"is of several kinds: {', '.join(named)}", "keep one")
        return None
    if not named and into.meant(node, *kinds):
        return None
    if not named:
        name = node.path[-1] if node.path else ""
        close = [other for other in others if other != name]
        meant = hint if (hint := nearest(name, close)).startswith("did") else ""
        into.wrong(node, "is of no kind", meant or f"add one of {', '.join(kinds)}")
        return None
    _parameters(named[0], node, more, into)
    return named[0]


def _parameters(kind: str, node: Node, more: frozenset[str], into: Reading) -> None:
    """Note parameters of other kinds, which would do nothing."""
    takes = _TAKES[kind] | more
    for key in sorted({key for keys in _TAKES.values() for key in keys} - takes):
        if node.has(key):
            hint = f"it takes {', '.join(sorted(takes))}" if takes else ""
            into.problems.append(node.key_problem(key, f"means nothing to {kind}", hint))


def read_condition(
    kind: str, node: Node, into: Reading
) -> tuple[Condition | None, tuple[Family, ...]]:
    """Read what an alert asks for, and the families that it reads."""
    if kind == "ratio":
        return _ratio(node, _QUARTER, into)
    if kind == "forecast":
        return _forecast(node, into)
    of, family = _of(kind, node, into)
    if of is None or family is None:
        return None, ()
    made: dict[str, Condition] = {
        "increase": Increase(of, duration(node.get("per"), _HOUR)),
        "quantile": Quantile(of, _q(node), duration(node.get("over"), _QUARTER), _least(node)),
        "value": Value(of, string(node.get("aggregate"), "max")),
        "absent": Absent(of, duration(node.get("within"), _HOUR)),
    }
    return made[kind], (family,)


def read_query(kind: str, node: Node, into: Reading) -> tuple[Query | None, tuple[Family, ...]]:
    """Read what a panel asks for; a window that is not named is the panel's own."""
    if kind == "expr":
        return Expr(string(node.get("expr"))), ()
    if kind == "ratio":
        return _ratio(node, None, into)
    of, family = _of(kind, node, into)
    if of is None or family is None:
        return None, ()
    over = _optional(node.get("over"))
    made: dict[str, Query] = {
        "increase": Increase(of, _optional(node.get("per"))),
        "rate": Rate(of),
        "quantile": Quantile(of, _q(node), over, _least(node)),
        "average": Average(of, over),
        "value": Value(of, string(node.get("aggregate"), "max")),
    }
    return made[kind], (family,)


def _forecast(node: Node, into: Reading) -> tuple[Condition | None, tuple[Family, ...]]:
    asked = node.get("forecast")
    of, family = into.selection(asked)
    if asked is None or of is None or family is None:
        return None, ()
    if family.type != "gauge":
        at = asked.get("metric") or asked
        into.wrong(at, f"needs a gauge, and {family.name} is a {family.type}")
    aggregate = string(node.get("aggregate"), "max")
    if aggregate == "count":
        into.wrong(node.get("aggregate") or node, "has no trend", "try sum")
    since, within = duration(node.get("from"), _HOUR), duration(node.get("within"), 4 * _HOUR)
    return Forecast(of, aggregate, since, within), (family,)


def _of(kind: str, node: Node, into: Reading) -> tuple[Selection | None, Family | None]:
    at = node.get(kind)
    family = into.family(at)
    where = into.where(node.get("where"), family)
    if at is None or family is None:
        return None, None
    fitting = _TYPES.get(kind, (family.type,))
    if family.type not in fitting:
        into.wrong(at, f"needs a {fitting[0]}, and {family.name} is a {family.type}")
    return Selection(family.name, where), family


def _ratio(
    node: Node, window: Fraction | None, into: Reading
) -> tuple[Ratio | None, tuple[Family, ...]]:
    families = []
    selections = []
    for side in ("part", "of"):
        selection, family = into.selection(node.get("ratio", side))
        if selection and family:
            if family.type not in ("counter", "histogram"):
                at = node.get("ratio", side, "metric") or node
                into.wrong(at, f"needs a counter, and {family.name} is a {family.type}")
            selections.append(selection)
            families.append(family)
    if len(selections) != 2:  # noqa: PLR2004 (a part and a whole)
        return None, tuple(families)
    over = node.get("over")
    part, of = selections
    made = Ratio(part, of, duration(over, _QUARTER) if over else window, _least(node))
    return made, tuple(families)


def _q(node: Node) -> Fraction:
    return amount(node.get("q")) or Fraction(99, 100)


def _least(node: Node) -> Fraction:
    return amount(node.get("at_least")) or Fraction(0)


def _optional(node: Node | None) -> Fraction | None:
    return duration(node, _QUARTER) if node else None
