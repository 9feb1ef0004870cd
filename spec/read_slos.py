"""Objectives (SLOs): from nodes to typed values, with the checks that no schema can make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, cast

from spec.model import ErrorTier, Selection, Slo
from spec.node import Node
from spec.problems import nearest
from spec.quantities import format_duration, format_number
from spec.reading import amount, camel, duration, string

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from spec.model import Family, Severity
    from spec.reading import Reading

USUAL_PERIOD = Fraction(30 * 86400)
SHORT = 12
"""Without a word the short window is this part of the long one."""

TOO_FEW = 2
"""So many errors must never page by themselves, however little the traffic."""

_FOUR_WEEKS = Fraction(28 * 86400)
_LEAST_WINDOW, _LEAST_SHORT = Fraction(300), Fraction(60)
# Name, share of the error budget, window within 30 days, severity: the usual table of the field.
_TABLE: tuple[tuple[str, Fraction, Fraction, Severity], ...] = (
    ("fast", Fraction(2, 100), Fraction(3600), "critical"),
    ("medium", Fraction(5, 100), Fraction(6 * 3600), "critical"),
    ("slow", Fraction(10, 100), Fraction(86400), "warning"),
    ("slowest", Fraction(10, 100), Fraction(3 * 86400), "warning"),
)


def read_slos(node: Node | None, budgets: Collection[str], into: Reading) -> tuple[Slo, ...]:
    """Read objectives. Their names must differ from those of `budgets`, as `burn` takes both."""
    slos: list[Slo] = []
    for name, entry in node.items() if node else ():
        if node and name in budgets:
            into.problems.append(node.key_problem(name, "is a budget's name", "choose another"))
            continue
        twin = next((s.name for s in slos if camel(s.name) == camel(name)), None)
        if twin and node:
            message = f'gives alerts of the same names as the SLO "{twin}"'
            into.problems.append(node.key_problem(name, message, "choose another name"))
        if isinstance(entry.value, dict):
            slos.append(_slo(name, entry, into))
    return tuple(slos)


def _slo(name: str, node: Node, into: Reading) -> Slo:
    over = duration(node.get("over"), USUAL_PERIOD)
    objective = _objective(node, into)
    sides = _latency(node, into) if node.has("latency") else _sides(node, into)
    by = into.by(node.get("by"), sides.families)
    slo = Slo(
        name, objective, over, sides.total, sides.part, sides.good, by, (), sides.within, node
    )
    tiers = tuple(_tiers(node, slo, into))
    if not tiers:
        into.wrong(node, "has no tier that can ever fire", "give it one, or a higher objective")
    return replace(slo, tiers=tiers)


def _objective(node: Node, into: Reading) -> Fraction:
    at = node.get("objective")
    share = amount(at)
    if at and share is not None and not 0 < share < 1:
        hint = f"try {at.text()}%" if 1 < share < 100 else "try 99%"  # noqa: PLR2004 (per cent)
        into.wrong(at, "must be a share between 0% and 100%", hint)
    return share if share is not None and 0 < share < 1 else Fraction(99, 100)


# ---- what is counted ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sides:
    """What an SLO counts; `families` are those whose labels it can be told apart by."""

    total: Selection
    part: Selection
    good: bool
    families: tuple[Family, ...]
    within: Fraction | None = None


def _sides(node: Node, into: Reading) -> _Sides:
    """Read a pair of counters: all events, and those that went wrong or well."""
    parts = [key for key in ("errors", "good") if node.has(key)]
    if len(parts) > 1:
        into.wrong(node, "counts errors and good events", "keep one of the two")
    elif not (parts and node.has("total")) and not into.meant(node, "errors", "good", "total"):
        hint = "add errors: (or good:) and total:, or latency:"
        into.wrong(node, "does not say what it counts", hint)
    families: list[Family] = []
    selections: list[Selection] = []
    for key in (*parts[:1], "total"):
        selection, family = into.selection(node.get(key))
        selections.append(selection or Selection(""))
        families += [family] if family else []
        if family and family.type not in ("counter", "histogram"):
            at = node.get(key, "metric") or node
            into.wrong(at, f"needs a counter, and {family.name} is a {family.type}")
    part, total = selections[0], selections[-1]
    if len(selections) > 1 and part == total and part.metric:
        at = node.get(parts[0]) or node
        into.wrong(at, "is all of total", "choose some of it by where:")
    elif part.metric == total.metric:
        _check_apart(node, parts, part, total, into)
    return _Sides(total, part, "good" in parts[:1], tuple(families))


def _check_apart(
    node: Node, parts: list[str], part: Selection, total: Selection, into: Reading
) -> None:
    """Where only a label of `by` tells the part, each group would be all part, or none."""
    by = {label.text() for label in (node.get("by") or Node([], node.mark)).elements()}
    own = {matcher.label for matcher in part.where if matcher not in total.where}
    if own and own <= by and parts:
        at = node.get(parts[0], "where") or node
        labels = ", ".join(sorted(own))
        into.wrong(at, f"tells events by {labels}, by which the SLO is kept apart", "shorten by:")


def _latency(node: Node, into: Reading) -> _Sides:
    """Read a histogram and the bucket that is still fast enough."""
    for other in ("errors", "good", "total"):
        if node.has(other):
            into.problems.append(node.key_problem(other, "means nothing beside latency"))
    asked = node.get("latency")
    of, family = into.selection(asked)
    within = amount(asked.get("within") if asked else None) or Fraction(0)
    at = asked.get("within") if asked else None
    if family and family.type != "histogram":
        where = (asked and asked.get("metric")) or node
        into.wrong(where, f"needs a histogram, and {family.name} is a {family.type}")
    elif family and at:
        _check_bucket(at, within, family, into)
    selection = of or Selection("")
    families = (family,) if family else ()
    return _Sides(selection, selection, good=True, families=families, within=within)


def _check_bucket(node: Node, bound: Fraction, family: Family, into: Reading) -> None:
    """Only where a bucket ends it is known how many events were as fast."""
    bounds = [Fraction(str(b)) for b in family.buckets]
    if not bounds or bound in bounds:
        return
    lower = [b for b in bounds if b < bound][-1:]
    higher = [b for b in bounds if b > bound][:1]
    unit = "s" if family.unit == "s" else ""
    near = " or ".join(f"{format_number(b)}{unit}" for b in (*lower, *higher))
    into.wrong(node, f"is no bucket of {family.name}", f"try {near}")


# ---- tiers --------------------------------------------------------------------------------------


def usual_tiers(slo: Slo) -> dict[str, ErrorTier]:
    """Give the tiers of an SLO that names none, by their names.

    Left out is what is too short to be measured, and what no outage could set off.
    """
    return {
        name: replace(tier, at_least=gate(slo, tier))
        for name, tier in _table(slo).items()
        if tier.window >= _LEAST_WINDOW and slo.bound(tier) < 1
    }


def _table(slo: Slo) -> dict[str, ErrorTier]:
    """Give the whole table: windows of 30 days, shrunk for periods of less than four weeks."""
    tiers = {}
    shrunk = slo.over / USUAL_PERIOD if slo.over < _FOUR_WEEKS else Fraction(1)
    for name, share, usual, severity in _TABLE:
        window = Fraction(round(usual * shrunk))
        short = max(window / SHORT, _LEAST_SHORT)
        # Less than the pace that lasts the whole period is no error budget spent too fast.
        least = max(share, window / slo.over)
        tiers[name] = ErrorTier(name, least, window, short, severity, Fraction(0))
    return tiers


def gate(slo: Slo, tier: ErrorTier) -> Fraction:
    """Give the least traffic at which two errors are not enough to fire."""
    return Fraction(ceil(TOO_FEW / slo.bound(tier)))


def _tiers(node: Node, slo: Slo, into: Reading) -> Iterator[ErrorTier]:
    asked = node.get("tiers")
    named = dict(asked.items()) if asked else {}
    known = _table(slo)
    for name, tier in usual_tiers(slo).items():
        if name not in named:
            yield tier
    for name, entry in named.items():
        if entry.value is False:
            if name not in known:
                message = f'there is no tier "{name}" to switch off'
                into.wrong(entry, message, nearest(name, known))
        elif isinstance(entry.value, dict):
            yield _tier(name, entry, known.get(name), slo, into)


def _tier(name: str, node: Node, usual: ErrorTier | None, slo: Slo, into: Reading) -> ErrorTier:
    """Read a tier over what it is without its settings."""
    lacks = [key for key in ("share", "window") if usual is None and not node.has(key)]
    if lacks:
        into.wrong(node, f"is a tier of your own, and lacks {' and '.join(lacks)}")
    base = usual or ErrorTier(
        name, Fraction(2, 100), slo.over / 720, slo.over / 720, "warning", Fraction(0)
    )
    given = amount(node.get("share"))
    window = duration(node.get("window"), base.window)
    same = usual is not None and window == base.window
    short = base.short if same else max(window / SHORT, min(_LEAST_SHORT, window / 2))
    wait = node.get("for")
    tier = ErrorTier(
        name=name,
        share=base.share if given is None else given,
        window=window,
        short=duration(node.get("short"), short),
        severity=cast("Severity", string(node.get("severity"), base.severity)),
        at_least=Fraction(0),
        wait=duration(wait, Fraction(0)) if wait else None,
    )
    if not lacks and _possible(tier, node, slo, into):
        least = amount(node.get("at_least"))
        return replace(tier, at_least=gate(slo, tier) if least is None else least)
    return tier


def _possible(tier: ErrorTier, node: Node, slo: Slo, into: Reading) -> bool:
    """Note what makes no tier, or one that can never fire."""
    share, window, short = (node.get(key) or node for key in ("share", "window", "short"))
    before = len(into.problems)
    if not 0 < tier.share <= 1:
        into.wrong(share, "must be a share between 0% and 100%")
    elif tier.window > slo.over:
        into.wrong(window, f"is longer than the SLO's period of {format_duration(slo.over)}")
    elif tier.short >= tier.window:
        into.wrong(short, f"is not shorter than the window of {format_duration(tier.window)}")
    elif slo.bound(tier) >= 1:
        errors = format_number(slo.bound(tier) * 100)
        message = f"can never fire: it would need {errors}% of errors"
        into.wrong(node, message, "give it a smaller share, or a longer window")
    return len(into.problems) == before
