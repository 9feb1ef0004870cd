"""What has to hold where a mapping estimates a cost: there are tokens, and there is a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec.mapping import TOKENS
from spec.prices import KINDS
from spec.problems import nearest

if TYPE_CHECKING:
    from spec.mapping import EventRule, Update
    from spec.node import Node
    from spec.reading import Reading


def check_estimates(rule: EventRule, node: Node, into: Reading) -> None:
    """Note estimates that can't be made, and prices of what is no token."""
    moved = node.get("update")
    written = [
        (name, one)
        for name, moves in (moved.items() if moved else ())
        if name in into.families
        for one in moves.elements()
    ]
    of_tokens = [update for update in rule.updates if update.family.name == TOKENS and update.of]
    first: Update | None = None
    for (name, at), update in zip(written, rule.updates, strict=False):
        _check_kind(name, update, at, into)
        if update.verb != "estimate" and not update.estimate_absent:
            if update.price_tier:
                into.wrong(at.get("price_tier") or at, "has no meaning where nothing is estimated")
            continue
        if not of_tokens:
            into.wrong(at, "estimates what tokens cost, and the event adds none", f"add {TOKENS}")
        # Where the family has a label model, that it is lacking was told already.
        if "model" not in {*rule.labels, *update.labels, *update.family.labels}:
            into.wrong(at, "estimates a cost without a label model", "add it under labels")
        if update.estimate_absent:
            _check_told(rule, update, at, into)
        first = first or update
        if (update.verb, update.of, update.price_tier) != (first.verb, first.of, first.price_tier):
            into.wrong(
                at, "estimates otherwise than another update of the event", "make them alike"
            )


def _check_kind(name: str, update: Update, at: Node, into: Reading) -> None:
    """Note what is to cost as much as something that has no price, or that is no token."""
    kind, node = update.price_as, at.get("price_as") or at
    if kind and name != TOKENS:
        into.wrong(node, "has no meaning here", f"only {TOKENS} adds what has a price")
    elif kind and kind not in KINDS:
        into.wrong(node, f'there is no price of "{kind}"', nearest(kind, KINDS))


def _check_told(rule: EventRule, update: Update, at: Node, into: Reading) -> None:
    """Note costs that can't be told or estimated in turn."""
    node = at.get("absent") or at
    if update.verb != "add" or update.family.unit != "usd":
        into.wrong(node, f"estimates money, and {update.family.name} is none")
    elif rule.delta:
        said = (
            "can't stand beside delta: what was estimated would be told once more by the next total"
        )
        into.wrong(node, said, "use absent: skip, or estimate: model")
