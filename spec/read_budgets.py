"""Budgets of money or tokens: from nodes to typed values."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

from spec.model import Budget, Selection, Tier
from spec.problems import nearest
from spec.quantities import format_duration
from spec.reading import amount, camel, duration, string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.model import Severity
    from spec.node import Node
    from spec.reading import Reading

_DAY = Fraction(86400)
_ZERO = Fraction(0)


def read_budgets(node: Node | None, into: Reading) -> tuple[Budget, ...]:
    """Read budgets; without tiers of their own they get the usual two."""
    budgets: list[Budget] = []
    for name, entry in node.items() if node else ():
        twin = next((b.name for b in budgets if camel(b.name) == camel(name)), None)
        if twin and node:
            message = f'gives alerts of the same names as the budget "{twin}"'
            into.problems.append(node.key_problem(name, message, "choose another name"))
        family = into.family(entry.get("metric"))
        where = into.where(entry.get("where"), family)
        by = into.by(entry.get("by"), [family])
        if family and family.type != "counter":
            at = entry.get("metric") or entry
            into.wrong(at, f"needs a counter, and {family.name} is a {family.type}")
        per = duration(entry.get("per"), _DAY)
        of = Selection(family.name if family else "", where)
        limit = amount(entry.get("limit")) or Fraction(1)
        tiers = tuple(_tiers(entry.get("tiers"), per, into))
        budgets.append(Budget(name, of, limit, per, by, tiers, entry))
    return tuple(budgets)


def usual_tiers(per: Fraction) -> dict[str, Tier]:
    """Give the tiers of a budget that names none, by their names.

    A quarter of the limit in a 24th of the period, or half of it in a sixth.
    """
    return {
        "fast": Tier("fast", Fraction(1, 4), per / 24, "critical"),
        "slow": Tier("slow", Fraction(1, 2), per / 6, "warning"),
    }


def _tiers(node: Node | None, per: Fraction, into: Reading) -> Iterator[Tier]:
    """Read tiers: a list of them, or changes of the usual ones by name."""
    usual = usual_tiers(per)
    if node is None:
        yield from usual.values()
    elif isinstance(node.value, dict):
        named = dict(node.items())
        for name, tier in usual.items():
            if name not in named:
                yield tier
        for name, entry in named.items():
            if entry.value is not False:
                own = Tier(name, _ZERO, _ZERO, "warning")
                yield _tier(entry, usual.get(name, own), per, into)
            elif name not in usual:
                message = f'there is no tier "{name}" to switch off'
                into.wrong(entry, message, nearest(name, usual))
        if not {*usual, *named} - {name for name, entry in named.items() if entry.value is False}:
            into.wrong(node, "leaves no tier", "switch the budget's Burn alert off by its name")
    else:
        yield from _listed(node, per, into)


def _listed(node: Node, per: Fraction, into: Reading) -> Iterator[Tier]:
    seen: set[str] = set()
    for number, entry in enumerate(node.elements()):
        default = ("fast", "slow")[number] if number < 2 else f"tier{number + 1}"  # noqa: PLR2004 (there are two usual names)
        tier = _tier(entry, Tier(default, _ZERO, per / 24, "warning"), per, into)
        if tier.name in seen:
            into.wrong(entry.get("name") or entry, f'there is a tier "{tier.name}" already')
        seen.add(tier.name)
        yield tier


def _tier(entry: Node, usual: Tier, per: Fraction, into: Reading) -> Tier:
    """Read a tier over what it is without its settings."""
    for key, otherwise in (("share", usual.share), ("window", usual.window)):
        if not otherwise and not entry.has(key) and isinstance(entry.value, dict):
            into.wrong(entry, f"is a tier of your own, and lacks {key}")
    window = duration(entry.get("window"), usual.window or per / 24)
    given = amount(entry.get("share"))
    share = usual.share if given is None else given
    if window > per:
        message = f"is longer than the budget's period of {format_duration(per)}"
        into.wrong(entry.get("window") or entry, message)
    if entry.get("share") and not 0 < share <= 1:
        into.wrong(entry.get("share") or entry, "must be a share between 0% and 100%")
    severity = cast("Severity", string(entry.get("severity"), usual.severity))
    return Tier(string(entry.get("name"), usual.name), share, window, severity)
