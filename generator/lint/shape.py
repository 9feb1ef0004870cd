"""Which labels an expression's series have: what aggregations and joins keep, add and drop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from generator.lint.syntax import SETS, Aggregate, Binary, Call, Select, Text, parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.lint.syntax import Node

Labels: TypeAlias = frozenset[str] | None
"""Label names; None where nobody can tell, so that any may be there."""

NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shape:
    """The labels that every series of an expression may have, and those that some may have.

    They differ where an `or` brings series of two kinds together.
    """

    every: Labels
    some: Labels

    @classmethod
    def of(cls, labels: Labels) -> Shape:
        """Give the shape of series that are all alike."""
        return cls(labels, labels)

    def change(self, how: Callable[[Labels], Labels]) -> Shape:
        """Do something to the labels of all series."""
        return Shape(how(self.every), how(self.some))

    def may_have(self, label: str) -> bool:
        """Tell whether any series may have this label."""
        return self.some is None or label in self.some

    def all_have(self, label: str) -> bool:
        """Tell whether every series may have this label."""
        return self.every is None or label in self.every


UNKNOWN = Shape.of(None)
BARE = Shape.of(NONE)

# They choose among series, and leave them their labels.
CHOOSING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_WITHOUT_LABELS = frozenset({"vector", "scalar", "time", "pi"})
_ABSENT = frozenset({"absent", "absent_over_time"})
_OF_BUCKETS = frozenset({"histogram_quantile", "histogram_fraction"})
_WRITING = frozenset({"label_replace", "label_join"})


def union(a: Labels, b: Labels) -> Labels:
    """Give what either may have."""
    return None if a is None or b is None else a | b


def common(a: Labels, b: Labels) -> Labels:
    """Give what both may have."""
    if a is None or b is None:
        return b if a is None else a
    return a & b


def less(a: Labels, b: frozenset[str]) -> Labels:
    """Take labels away."""
    return None if a is None else a - b


def shape(node: Node, select: Callable[[Select], Labels]) -> Shape:
    """Tell an expression's labels; `select` knows those of what it selects."""
    match node:
        case Select():
            return Shape.of(select(node))
        case Aggregate():
            return _aggregate(node, shape(node.inner, select))
        case Call():
            return _call(node, select)
        case Binary():
            return _binary(node, shape(node.left, select), shape(node.right, select))
    inner = parts(node)
    return shape(inner[0], select) if inner else BARE


def is_scalar(node: Node) -> bool:
    """Tell whether an expression is a number without labels, which matches any series."""
    match node:
        case Select() | Aggregate() | Text():
            return False
        case Call():
            return node.function in ("scalar", "time", "pi")
        case _:
            return all(map(is_scalar, parts(node)))


def _aggregate(node: Aggregate, inner: Shape) -> Shape:
    named = frozenset(node.labels)
    if node.operation in CHOOSING:
        return inner
    if node.keeps == "without":
        kept = inner.change(lambda labels: less(labels, named))
    elif node.keeps == "by":
        kept = inner.change(lambda labels: common(labels, named))
    else:
        kept = BARE
    if node.operation == "count_values" and isinstance(node.parameter, Text):
        added = frozenset({node.parameter.value})
        return kept.change(lambda labels: union(labels, added))
    return kept


def _call(node: Call, select: Callable[[Select], Labels]) -> Shape:
    name, arguments = node.function, node.arguments
    if name in _WITHOUT_LABELS or not arguments:
        return BARE
    if name in _ABSENT:
        return _absent(arguments[0])
    if name == "info":
        return UNKNOWN
    of_buckets = name in _OF_BUCKETS
    inner = shape(arguments[-1] if of_buckets else _series(arguments), select)
    if of_buckets:
        return inner.change(lambda labels: less(labels, frozenset({"le"})))
    if name in _WRITING and isinstance(arguments[1], Text):
        added = frozenset({arguments[1].value})
        return inner.change(lambda labels: union(labels, added))
    return inner


def _series(arguments: tuple[Node, ...]) -> Node:
    """Find the argument that is a vector: `quantile_over_time` has a number before it."""
    return next((one for one in arguments if not isinstance(one, Text) and not is_scalar(one)),
                arguments[0])  # fmt: skip


def _absent(of: Node) -> Shape:
    if not isinstance(of, Select):
        return BARE
    equal = [one.label for one in of.conditions if one.sign == "="]
    return Shape.of(frozenset(label for label in equal if equal.count(label) == 1))


def _binary(node: Binary, left: Shape, right: Shape) -> Shape:
    if node.operator == "or":
        return Shape(common(left.every, right.every), union(left.some, right.some))
    if node.operator in SETS or is_scalar(node.right):
        return left
    return right if is_scalar(node.left) else _matched(node, left, right)


def _matched(node: Binary, left: Shape, right: Shape) -> Shape:
    named, included = frozenset(node.labels), frozenset(node.included)
    if node.many:
        many = left if node.many == "left" else right
        return many.change(lambda labels: union(labels, included))
    if node.matching == "on":
        return left.change(lambda labels: common(labels, named))
    kept = left.change(lambda labels: less(labels, named))
    # Both sides agree on all other labels: one that either lacks is on none of the answers.
    return Shape(common(kept.every, right.every), common(kept.some, right.some))
