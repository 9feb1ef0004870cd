"""PromQL as a tree: what `promql-parser` reads, in values that can be compared and walked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import promql_parser as parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Sign: TypeAlias = Literal["=", "!=", "=~", "!~"]
Keeps: TypeAlias = Literal["by", "without", ""]
Matching: TypeAlias = Literal["on", "ignoring", ""]
Side: TypeAlias = Literal["left", "right", ""]


@dataclass(frozen=True, slots=True)
class Condition:
    """A label matcher."""

    label: str
    sign: Sign
    value: str


@dataclass(frozen=True, slots=True)
class Select:
    """Series of a metric; `name` is "" where only conditions choose it.

    `over` is how far it looks back, as in `[5m]`, in seconds; None where it does not. `shift` tells
    selections apart that look at different times, by `offset` and `@`.
    """

    name: str
    conditions: tuple[Condition, ...]
    over: float | None = None
    shift: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A function's call."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregation; `keeps` says what `labels` are, `parameter` is the 5 of `topk(5, inner)`."""

    operation: str
    keeps: Keeps
    labels: tuple[str, ...]
    inner: Node
    parameter: Node | None = None


@dataclass(frozen=True, slots=True)
class Binary:
    """Two sides and an operator. `many` is the side of which several series match one.

    `included` are the labels that the other side lends; `as_bool`: a comparison that gives 0 or 1.
    """

    operator: str
    left: Node
    right: Node
    matching: Matching = ""
    labels: tuple[str, ...] = ()
    many: Side = ""
    included: tuple[str, ...] = ()
    as_bool: bool = False


@dataclass(frozen=True, slots=True)
class Negative:
    """A minus before an expression."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Subquery:
    """An expression over a range: `[1h:5m]`; `over` tells ranges and times apart."""

    inner: Node
    over: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    value: str


Node: TypeAlias = Select | Call | Aggregate | Binary | Negative | Subquery | Number | Text

COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
SETS = frozenset({"and", "or", "unless"})


class PromqlError(Exception):
    """An expression that is no PromQL. `offset` is where it stops making sense, from 0."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@lru_cache(maxsize=16_384)
def parse(text: str) -> Node:
    """Parse an expression; each only once.

    Raises:
        PromqlError: it is none.
    """
    try:
        found = parser.parse(text)
    except ValueError as error:
        raise PromqlError(_said(str(error)), _offset(text, str(error))) from error
    return _node(found)


def parts(node: Node) -> tuple[Node, ...]:
    """Give what an expression is directly made of."""
    match node:
        case Call():
            return node.arguments
        case Aggregate():
            return (node.parameter, node.inner) if node.parameter else (node.inner,)
        case Binary():
            return (node.left, node.right)
        case Negative() | Subquery():
            return (node.inner,)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Give an expression and all that is in it, the outer first."""
    yield node
    for part in parts(node):
        yield from walk(part)


def selections(node: Node) -> Iterator[Select]:
    """Give all selections of series in an expression."""
    return (one for one in walk(node) if isinstance(one, Select))


# ---- from the parser's values -------------------------------------------------------------------

# The parser's constants can be compared, but are no keys.
_SIGNS: tuple[tuple[parser.MatchOp, Sign], ...] = (
    (parser.MatchOp.Equal, "="),
    (parser.MatchOp.NotEqual, "!="),
    (parser.MatchOp.Re, "=~"),
    (parser.MatchOp.NotRe, "!~"),
)
_SIDES: tuple[tuple[parser.VectorMatchCardinality, Side], ...] = (
    (parser.VectorMatchCardinality.ManyToOne, "left"),
    (parser.VectorMatchCardinality.OneToMany, "right"),
)


def _node(found: object) -> Node:
    return _READERS[type(found)](found)


def _sign(operator: parser.MatchOp) -> Sign:
    return next(sign for one, sign in _SIGNS if operator == one)


def _select(found: parser.VectorSelector, over: float | None = None) -> Select:
    alternatives = [one for group in found.matchers.or_matchers for one in group]
    conditions = [
        Condition(one.name, _sign(one.op), one.value)
        for one in (*found.matchers.matchers, *alternatives)
    ]
    named = next((c.value for c in conditions if (c.label, c.sign) == ("__name__", "=")), "")
    rest = tuple(c for c in conditions if c.label != "__name__")
    return Select(found.name or named, rest, over, _shift(found))


def _shift(found: parser.VectorSelector | parser.SubqueryExpr) -> str:
    offset = f"offset {found.offset}" if found.offset else ""
    return offset if found.at is None else f"{offset} @ {found.at.type} {found.at.at}"


def _aggregate(found: parser.AggregateExpr) -> Aggregate:
    modifier = found.modifier
    keeps: Keeps = ""
    if modifier is not None:
        keeps = "by" if modifier.type == parser.AggModifierType.By else "without"
    labels = tuple(modifier.labels) if modifier is not None else ()
    parameter = None if found.param is None else _node(found.param)
    return Aggregate(str(found.op), keeps, labels, _node(found.expr), parameter)


def _binary(found: parser.BinaryExpr) -> Binary:
    left, right = _node(found.lhs), _node(found.rhs)
    modifier = found.modifier
    if modifier is None:
        return Binary(str(found.op), left, right)
    matching: Matching = ""
    labels: tuple[str, ...] = ()
    if modifier.matching is not None:
        on = modifier.matching.type == parser.LabelModifierType.Include
        matching, labels = "on" if on else "ignoring", tuple(modifier.matching.labels)
    return Binary(
        str(found.op),
        left,
        right,
        matching,
        labels,
        next((side for card, side in _SIDES if modifier.card == card), ""),
        tuple(modifier.group_labels or ()),
        as_bool=modifier.return_bool,
    )


_READERS: dict[type, Callable[..., Node]] = {
    parser.VectorSelector: _select,
    parser.MatrixSelector: lambda found: _select(
        found.vector_selector, found.range.total_seconds()
    ),
    parser.Call: lambda found: Call(found.func.name, tuple(map(_node, found.args))),
    parser.AggregateExpr: _aggregate,
    parser.BinaryExpr: _binary,
    parser.UnaryExpr: lambda found: Negative(_node(found.expr)),
    parser.SubqueryExpr: lambda found: Subquery(
        _node(found.expr), f"{found.range}:{found.step} {_shift(found)}".strip()
    ),
    parser.ParenExpr: lambda found: _node(found.expr),
    parser.NumberLiteral: lambda found: Number(found.val),
    parser.StringLiteral: lambda found: Text(found.val),
}


# ---- what is wrong, and where -------------------------------------------------------------------

# What may complete the beginning of an expression: if nothing does, it went wrong before its end.
_ENDS = ("", "x", "1", "x)", "(x)", "[1m]", '"x"}', '="x"}', "}", "m]", "1m]", "x])", ") (x)")


def _said(message: str) -> str:
    return message if message != "invalid promql query" else "can't be read"


def _offset(text: str, message: str) -> int:
    """Tell where an expression stops making sense; the parser does not say."""
    if message == "invalid promql query":
        return _longest(text)
    if "parenthesis" in message:
        return _lone(text)
    named = re.search(r"'(\w+|[^\w'])'", message)
    found = re.search(rf"(?<!\w){re.escape(named[1])}(?!\w)", text) if named else None
    return found.start() if found else 0


def _lone(text: str) -> int:
    """Find the parenthesis that has no other."""
    open_: list[int] = []
    for place, character in enumerate(text):
        if character == "(":
            open_.append(place)
        elif character == ")" and not open_:
            return place
        elif character == ")":
            open_.pop()
    return open_[-1] if open_ else 0


def _longest(text: str) -> int:
    """Find the end of the longest beginning that something could complete."""
    for end in (found.end() for found in reversed([*re.finditer(r"\w+|[^\w\s]", text)])):
        beginning = text[:end]
        closing = ")" * max(beginning.count("(") - beginning.count(")"), 0)
        if any(_fine(f"{beginning} {rest}{closing}") for rest in _ENDS):
            return end + len(text[end:]) - len(text[end:].lstrip())
    return 0


def _fine(text: str) -> bool:
    try:
        parser.parse(text)
    except ValueError:
        return False
    return True
