"""A spec's own prices: from nodes to typed values."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from spec.prices import INSTEAD, KINDS, STANDARD, Clause, Model, Own, Period, PriceList
from spec.reading import string

if TYPE_CHECKING:
    from spec.node import Node
    from spec.prices import Rate
    from spec.reading import Reading

_MILLION = 1_000_000


def read_prices(node: Node | None, into: Reading) -> PriceList:
    """Read prices: those of models by name, and whether the shipped table holds beside them."""
    if node is None:
        return PriceList()
    models = node.get("models")
    own = [Own(name, _model(told, into)) for name, told in (models.items() if models else ())]
    return PriceList(tuple(own), table=string(node.get("table")) != "none")


def _model(node: Node, into: Reading) -> Model:
    """Read a model's prices: one set, or a list of them, each from a day on."""
    periods: list[Period] = []
    tiers: list[Period] = []
    named = {tier: None for entry in node.elements() for tier in _tiers(entry)}
    for entry in node.elements():
        starts = _day(entry.get("from"))
        if periods and (starts is None or starts <= (periods[-1].starts or date.min)):
            at = entry.get("from") or entry
            into.wrong(at, "does not begin after the prices before it", "write the newest last")
        periods.append(_period(entry, STANDARD, starts, into))
        if not _told(entry) and not into.doubtful(entry):
            into.wrong(entry, "tells no price", f"it takes {', '.join(KINDS)}")
        # A tier that is told no more is served for what everybody pays.
        tiers = [
            *(_period(_tiers(entry).get(tier, entry), tier, starts, into) for tier in named),
            *tiers,
        ]
    return Model(match=Clause(), prices=tuple(periods), tiers=tuple(tiers))


def _told(entry: Node) -> bool:
    return any(entry.get(key) for key in (*KINDS, "above", "tiers"))


def _tiers(entry: Node) -> dict[str, Node]:
    told = entry.get("tiers")
    return dict(told.items()) if told else {}


def _period(node: Node, tier: str, starts: date | None, into: Reading) -> Period:
    rates: dict[str, Rate] = dict(_rates(node, into))
    above = node.get("above")
    steps = sorted(above.items() if above else (), key=lambda step: _whole(step[0]))
    for tokens, over in steps:
        for kind, rate in _rates(over, into).items():
            below = next((rates[one] for one in _in_place_of(kind) if one in rates), None)
            if below is None and above and not into.doubtful(above):
                message = f"tells a price of {kind}, which has none below it"
                into.wrong(above, message, f"add {kind}")
            lower = below if isinstance(below, tuple) else (below or 0,)
            rates[kind] = (*lower, _whole(tokens), rate)
    return Period(tier=tier, starts=starts, **rates)  # type: ignore[arg-type] # kinds of tokens


def _rates(node: Node, into: Reading) -> dict[str, int]:
    return {kind: _rate(told, into) for kind in KINDS if (told := node.get(kind))}


def _in_place_of(kind: str) -> list[str]:
    """Name a kind, and those as which it is priced where it has no price of its own."""
    chain = [kind]
    while chain[-1] in INSTEAD:
        chain.append(INSTEAD[chain[-1]])
    return chain


def _rate(node: Node, into: Reading) -> int:
    """Read dollars for a million tokens as trillionths of a dollar for each."""
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        return 0
    if not 0 <= node.value <= _MILLION:
        return 0  # It was refused.
    exact = Fraction(str(node.value)) * _MILLION
    if exact.denominator != 1:
        into.wrong(node, "has more than six decimals")
    return round(exact)


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _day(node: Node | None) -> date | None:
    try:
        return date.fromisoformat(string(node)) if node else None
    except ValueError:
        return None
