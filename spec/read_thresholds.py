"""Thresholds of alerts: read, and checked for those that nothing can ever pass."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from spec.model import Anomaly, Increase, Ratio, Threshold, Value
from spec.quantities import format_number
from spec.read_anomaly import check_spreads
from spec.read_goals import names_goal
from spec.reading import amount

if TYPE_CHECKING:
    from spec.model import Condition, Direction, Family
    from spec.node import Node
    from spec.reading import Reading


def read_threshold(
    kind: str | None, node: Node, families: tuple[Family, ...], into: Reading
) -> Threshold | None:
    """Read where a value becomes an alert; None where the kind has a threshold of its own."""
    if kind in ("absent", "burn") or (kind == "forecast" and names_goal(kind, node)):
        for extra in ("above", "below"):
            if node.has(extra):
                into.problems.append(node.key_problem(extra, f"means nothing to {kind}"))
        return None
    if kind is None:
        return None
    named = _directions(kind, node, into)
    if named is None:
        return None
    at = node.get(named[0]) if named else None
    bound = amount(at)
    if at is None or bound is None:
        return None
    if kind == "anomaly" and bound <= 0:
        into.wrong(at, "must be above 0: it is a number of spreads")
    if kind == "quantile" and families:
        _check_bucket(at, bound, families[0], into)
    return Threshold(named[0], bound)


def _directions(kind: str, node: Node, into: Reading) -> list[Direction] | None:
    """Find the one direction that is given, or was meant; None where there is none."""
    if node.has("beyond") and kind != "anomaly":
        into.problems.append(node.key_problem("beyond", f"means nothing to {kind}"))
    directions: tuple[Direction, ...] = ("above", "below")
    if kind == "anomaly":
        directions = (*directions, "beyond")
    named = [direction for direction in directions if node.has(direction)]
    if kind == "expr" and not named:
        return None
    if len(named) == 1 or into.meant(node, *directions):
        return named
    *most, last = (f"{direction}:" for direction in directions)
    into.wrong(node, "needs a threshold", f"add {', '.join(most)} or {last}, one of them")
    return None


def _check_bucket(node: Node, bound: Fraction, family: Family, into: Reading) -> None:
    """A quantile is only as exact as the buckets: the threshold must be one, and not the last."""
    bounds = [Fraction(str(b)) for b in family.buckets]
    if not bounds or bound in bounds[:-1]:
        return
    lower = [b for b in bounds[:-1] if b < bound][-1:]
    higher = [b for b in bounds[:-1] if b > bound][:1]
    unit = "s" if family.unit == "s" else ""
    near = " or ".join(f"{format_number(b)}{unit}" for b in (*lower, *higher))
    into.wrong(
        node, f"is no bucket of {family.name}, so no quantile can tell it", near and f"try {near}"
    )


def check_reachable(node: Node, condition: Condition, threshold: Threshold, into: Reading) -> None:
    """Note thresholds that can never be passed, or always are."""
    at = node.get(threshold.direction) or node
    if isinstance(condition, Anomaly):
        check_spreads(at, condition, threshold, into)
        return
    above, bound = threshold.direction == "above", threshold.bound
    counts = isinstance(condition, Increase | Ratio)
    share = (
        isinstance(condition, Ratio)
        and condition.part.metric == condition.of.metric
        and not condition.of.where
    )
    if isinstance(condition, Value) and condition.aggregate == "count":
        # No series are no 0: there is nothing to compare.
        counts, bound = True, bound if above else bound - 1
    if counts and above and bound < 0:
        into.wrong(at, "is passed always: this is never below 0")
    elif (counts and not above and bound <= 0) or (share and above and bound >= 1):
        into.wrong(at, "can never be passed")
