"""Code that finds the card by which an event's tokens are priced, before its cell is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.mapping import read_code as read
from exporter.mapping.label_code import update_label
from exporter.mapping.number_code import number_of
from exporter.mapping.plan import adds_tokens, estimates
from exporter.store.numbers import MONEY
from spec.mapping import LabelRule
from spec.prices import INPUT

if TYPE_CHECKING:
    from exporter.mapping.code import Code, Scope
    from exporter.mapping.memory_code import News
    from exporter.mapping.plan import Rule
    from exporter.mapping.runtime import Runtime
    from exporter.mapping.session_code import Session


def numbers_first(rule: Rule, code: Code, scope: Scope) -> News:
    """Emit the reading of all that decides on the card: tokens, and the cost, if it is told."""
    news: News = {}
    for place, update in enumerate(rule.event.updates):
        if adds_tokens(update) or update.estimate_absent:
            with number_of(rule, update, code, scope) as value:
                if update.family.unit == "usd":
                    code.emit(f"{value} = round({value} * {float(MONEY)!r})")
            news[place] = value, f"{value} is not None"
    return news


def whole_input(
    rule: Rule, numbers: dict[int, str], code: Code, scope: Scope, run: Runtime
) -> None:
    """Emit the sum of the event's input tokens, cached ones too; `numbers` are the amounts."""
    parts = []
    for place, value in numbers.items():
        update = rule.event.updates[place]
        if not adds_tokens(update):
            continue
        kind = update_label(rule, update, "type", code, scope, run)
        if kind.startswith(("'", '"')):
            parts += [f"({value} or 0)"] if kind[1:-1] in INPUT else []
        else:
            parts.append(f"({value} or 0 if {kind} in {INPUT!r} else 0)")
    whole = code.variable("whole")
    code.emit(f"{whole} = {' + '.join(parts) or '0'}")
    scope.outer["whole"] = whole


def card_of(rule: Rule, news: News, code: Code, scope: Scope, run: Runtime) -> str:
    """Emit the choice of the card; it is None where the log told the cost. Give its variable."""
    place = estimates(rule.event)[0]
    update = rule.event.updates[place]
    model = update_label(rule, update, "model", code, scope, run)
    told = "" if update.verb == "estimate" else f"None if {news[place][0]} is not None else "
    tier = read.label(update.price_tier or LabelRule((), absent=""), code, scope)
    time, whole = scope.outer.get("time", "None"), scope.outer["whole"]
    find = code.constant(run.prices.card, "CARD")
    card = code.variable("card")
    code.emit(f"{card} = {told}{find}({model}, {whole}, {time}, {tier})")
    return card


def note_for_session(  # noqa: PLR0917 (what it emits from, what it emits to)
    rule: Rule, news: News, card: str, session: Session, code: Code, scope: Scope, run: Runtime
) -> None:
    """Emit what the event's session spends: a session is no cell, and is told at once."""
    tokens = ""
    for at, (value, _) in news.items():
        update = rule.event.updates[at]
        if adds_tokens(update):
            kind = update.price_as
            named = repr(kind) if kind else update_label(rule, update, "type", code, scope, run)
            tokens += f"({named}, {value}), "
    cost = code.variable("cost")
    with code.block(f"if {card} is not None:"):
        code.emit(f"{cost} = {card}.cost(({tokens}))")
        with code.block(f"if {cost} is not None:"):
            for place in estimates(rule.event):
                session.spend(rule.event.updates[place], cost, code)
