"""Anomalies: what is read, and how much of its past tells what is usual."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, cast

from spec.model import Anomaly, Increase, Quantile, Ratio, Value
from spec.quantities import format_duration
from spec.read_queries import kind_of, read_condition
from spec.reading import amount, duration

if TYPE_CHECKING:
    from spec.model import Family, Measured, Threshold
    from spec.node import Node
    from spec.reading import Reading

KINDS = ("increase", "ratio", "quantile", "value")
FEWEST = 8
"""Readings of the past that quartiles can be told from."""

_WEEK, _DAY = Fraction(604_800), Fraction(86_400)
# A gauge is read so often in its past.
_READINGS = 168
_MINUTE = Fraction(60)
# So many tenths of what is usual are all of it.
_MOST = 10


def read_anomaly(node: Node, into: Reading) -> tuple[Anomaly | None, tuple[Family, ...]]:
    """Read an anomaly, and name the families that it reads."""
    asked = node.get("anomaly")
    kind = kind_of(asked, KINDS, into, more=frozenset({"at_least"})) if asked else None
    if asked is None or kind is None:
        return None, ()
    condition, families = read_condition(kind, asked, into)
    if condition is None:
        return None, families
    of = cast("Measured", condition)
    past = duration(node.get("past"), _WEEK)
    history = duration(node.get("history"), min(_DAY, past / 2))
    # Of a ratio or a quantile, it is traffic that there must be so much of.
    least = amount(asked.get("at_least")) if kind == "increase" else None
    made = Anomaly(
        of, past, history, _step(of, past), _margin(node, of, families), least or Fraction(0)
    )
    _check_past(node, made, into)
    if kind == "value" and asked.has("at_least"):
        into.problems.append(asked.key_problem("at_least", "means nothing to value"))
    return made, families


def _step(of: Measured, past: Fraction) -> Fraction:
    """Give how far apart readings of the past are: so that no two share an event."""
    match of:
        case Increase():
            return 2 * (of.per or _DAY)
        case Ratio() | Quantile():
            return 2 * (of.over or _DAY)
        case Value():
            return max(ceil(past / _READINGS / _MINUTE), 1) * _MINUTE


def _margin(node: Node, of: Measured, families: tuple[Family, ...]) -> Fraction:
    """Give the narrowest spread: for shares a hundredth, for what is counted whole one."""
    given = amount(node.get("margin"))
    if given is not None:
        return given
    match of:
        case Ratio() if len({family.unit for family in families}) == 1:
            return Fraction(1, 100)
        case Increase() if families and families[0].unit is None:
            return Fraction(1)
        case Value() if families and families[0].unit == "ratio":
            return Fraction(1, 100)
    return Fraction(0)


def _check_past(node: Node, made: Anomaly, into: Reading) -> None:
    """Note pasts that nothing can be learnt from."""
    fewest = made.step * FEWEST
    if made.history < fewest:
        message = f"is too short: it takes {FEWEST} readings, {format_duration(made.step)} apart"
        at = node.get("history") or node.get("past") or node
        into.wrong(at, message, f"try {format_duration(fewest)}")
    elif made.history > made.past / 2:
        # Or a night without traffic would leave too little that is known.
        message = f"is more than half of the past of {format_duration(made.past)}"
        into.wrong(node.get("history") or node, message)
    if duration(node.get("for"), Fraction(0)) > made.past / 8:
        message = (
            f"is so long that what lasts becomes usual: the past is {format_duration(made.past)}"
        )
        into.wrong(
            node.get("for") or node, message, f"try {format_duration(made.past / 8)} or less"
        )
    if (narrow := node.get("margin")) and made.margin < 0:
        into.wrong(narrow, "must not be below 0")


def check_spreads(at: Node, anomaly: Anomaly, threshold: Threshold, into: Reading) -> None:
    """Note bounds that no reading can pass."""
    of, bound = anomaly.of, threshold.bound
    share = isinstance(of, Ratio) and of.part.metric == of.of.metric
    if threshold.direction == "below" and not isinstance(of, Value) and bound >= _MOST:
        into.wrong(at, "can never be passed: a spread is at least a tenth of what is usual")
    elif share and bound * anomaly.margin >= 1:
        into.wrong(at, "can never be passed: so many margins are more than 100%")
