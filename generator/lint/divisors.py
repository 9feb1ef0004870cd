"""Which expressions are never 0, so that they may divide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.lint.syntax import (
    Aggregate,
    Binary,
    Call,
    Negative,
    Number,
    Select,
    Subquery,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from generator.lint.syntax import Node

# An answer is there only where something was counted.
_COUNTING = frozenset({"count", "group"})
_COUNTS = frozenset({"count_over_time", "time", "timestamp", "exp", "pi", "present_over_time"})
_KEEPING = frozenset({"sum", "min", "max", "avg", "topk", "bottomk", "quantile"})
_THROUGH = frozenset({
    "abs", "sqrt", "max_over_time", "min_over_time", "avg_over_time", "last_over_time",
    "sum_over_time", "quantile_over_time", "sort", "sort_desc", "label_replace", "label_join",
    "scalar", "vector", "ceil",
})  # fmt: skip


def never_zero(node: Node, steady: Collection[str]) -> bool:
    """Tell whether an expression has no answer, or one that is not 0.

    `steady` are the recordings of which this is known.
    """
    match node:
        case Number():
            return node.value != 0
        case Select():
            return node.name in steady
        case Negative() | Subquery() | Aggregate():
            operation = node.operation if isinstance(node, Aggregate) else "sum"
            kept = operation in _KEEPING and never_zero(node.inner, steady)
            return operation in _COUNTING or kept
        case Call():
            return _call(node, steady)
    return isinstance(node, Binary) and _binary(node, steady)


def _call(node: Call, steady: Collection[str]) -> bool:
    if node.function in _COUNTS:
        return True
    if node.function == "clamp_min":
        bound = node.arguments[1]
        return isinstance(bound, Number) and bound.value > 0
    return node.function in _THROUGH and any(
        never_zero(part, steady) for part in node.arguments[-1:] + node.arguments[:1]
    )


def _binary(node: Binary, steady: Collection[str]) -> bool:
    left, right, bound = node.left, node.right, node.right
    match node.operator:
        case ">" | ">=" | "<" | "<=" | "!=" | "==":
            bounded = isinstance(bound, Number) and _excludes_zero(node.operator, bound.value)
            return not node.as_bool and (bounded or never_zero(left, steady))
        case "and" | "unless":
            return never_zero(left, steady) or (
                node.operator == "and" and _says(right, left, steady)
            )
        case "or" | "*" | "/":
            return never_zero(left, steady) and never_zero(right, steady)
        case "+":
            return never_zero(left, steady) or never_zero(right, steady)
        case "^":
            return never_zero(left, steady)
    return False


def _excludes_zero(operator: str, bound: float) -> bool:
    """Tell whether 0 does not pass a comparison."""
    zero = 0.0
    passes = {
        ">": zero > bound, ">=": zero >= bound, "<": zero < bound, "<=": zero <= bound,
        "==": zero == bound, "!=": zero != bound,
    }  # fmt: skip
    return not passes[operator]


def _says(condition: Node, of: Node, steady: Collection[str]) -> bool:
    """Tell whether a condition holds only where `of`, the same expression, is not 0."""
    return isinstance(condition, Binary) and condition.left == of and never_zero(condition, steady)
