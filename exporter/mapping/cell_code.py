"""Code that looks up the cell of an event's labels, and the cells themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.mapping import read_code as read
from exporter.mapping.cells import FIRST_SLOT, Cells, Slot, picker
from exporter.mapping.fixed import fixed_series, may_hold_anything
from exporter.mapping.label_code import event_label
from exporter.mapping.plan import adds_tokens, estimates, find, read_labels, used_labels
from exporter.mapping.pricing import Pricing
from spec.mapping import Path

if TYPE_CHECKING:
    from exporter.mapping.code import Code, Scope
    from exporter.mapping.plan import Rule
    from exporter.mapping.runtime import Runtime
    from spec.mapping import Update


def cells_of(rule: Rule, scope: Scope, run: Runtime) -> tuple[Cells | None, list[str]]:
    """Make the rule's cells, or give those that it has; and name the labels of a cell."""
    updates = rule.event.updates
    own = [f"{number} {name}" for number, update in enumerate(updates) for name in update.labels]
    names = [*used_labels(rule), *own]
    slots, size = [], FIRST_SLOT
    for number, update in enumerate(updates):
        labels = _series_labels(update)
        sources = [_source(name, number, names) for name in labels]
        free = [at for at, name in enumerate(labels) if may_hold_anything(rule, update, name)]
        traced = rule.mapping.exemplar is not None
        slots.append(Slot(update, size, picker(sources), tuple(free), traced))
        size += 3 if update.verb == "observe" else 1
    agent = names.index("agent") if "agent" in names else None
    if agent is None and not slots:
        return None, names
    for update in updates:
        if update.verb not in ("set", "estimate"):  # what has no price costs nothing, not 0
            run.ledger.declare(update.family, fixed_series(rule, update))
    exemplar = rule.mapping.exemplar[0] if rule.mapping.exemplar else None
    priced = _pricing(rule, slots, names, run)
    fresh = Cells(run.ledger, tuple(slots), size, run.last_event, agent, exemplar, priced)
    return run.cells.setdefault((rule.number, scope.tag), fresh), names


def _pricing(rule: Rule, slots: list[Slot], names: list[str], run: Runtime) -> Pricing | None:
    """Tell which slots hold tokens, and which take the cost; None where a rule prices nothing."""
    places = estimates(rule.event)
    if not places:
        return None
    tokens = tuple(
        (slot, _source("type", at, names))
        for at, slot in enumerate(slots)
        if adds_tokens(slot.update)
    )
    return Pricing(places, tokens, _source("model", places[0], names), run.unpriced)


def cell_of(  # noqa: PLR0917 (what it emits from, what it emits to)
    rule: Rule, cells: Cells, names: list[str], card: str, code: Code, scope: Scope, run: Runtime
) -> str:
    """Emit the look-up of an event's cell; give its variable. Tokens of a `card` share one."""
    cell = code.variable("c")
    raw = None if card else _raw_key(rule, code, scope)
    if raw is None:
        _look_up(rule, cells, names, cell, code, scope, run, card)
        return cell
    # What the labels are made of is looked up first: mostly nothing needs to be made.
    memo = code.constant({}, "RAW")
    with code.block("try:"):
        code.emit(f"{cell} = {memo}[{raw}]")
    with code.block("except KeyError:"):
        _look_up(rule, cells, names, cell, code, scope.inner(), run)
        code.emit(f"KEEP({memo}, {raw}, {cell})")
    run.memos.append(code.names[memo])
    return cell


def _look_up(  # noqa: PLR0917 (what it emits from, what it emits to)
    rule: Rule,
    cells: Cells,
    names: list[str],
    cell: str,
    code: Code,
    scope: Scope,
    run: Runtime,
    card: str = "",
) -> None:
    """Emit the making of the labels, and the look-up of their cell; tokens of a card share one."""
    own = [label for update in rule.event.updates for label in update.labels.values()]
    values = [event_label(rule, name, code, scope, run) for name in names[: len(names) - len(own)]]
    values += [read.label(label, code, scope) for label in own]
    varying = [value for value in values if not value.startswith(("'", '"'))]
    more = f", {card}" if card else ""
    varying += [card] if card else []
    key = varying[0] if len(varying) == 1 else f"({', '.join(varying)})"
    table = code.constant(cells.cells, "CELLS")
    miss = code.constant(cells.miss, "MISS")
    with code.block("try:"):
        code.emit(f"{cell} = {table}[{key}]")
    with code.block("except KeyError:"):
        code.emit(f"{cell} = {miss}({key}, ({''.join(f'{value}, ' for value in values)}){more})")


def _raw_key(rule: Rule, code: Code, scope: Scope) -> str | None:
    """Emit the reading of all that the labels are made of, as a key; None where that won't do.

    It does where the decoder lets only texts and truth values in: 1 and true would be one key.
    """
    if not scope.strict or scope.loops or "started" in scope.outer:
        return None
    paths = [
        path for label in read_labels(rule).values() for path in label.of if isinstance(path, Path)
    ]
    places = [find(scope.root, {}, path) for path in paths]
    if not paths or not all(place is not None and place.only_text for place in places):
        return None
    parts = dict.fromkeys(read.load(path, code, scope) for path in paths)
    return next(iter(parts)) if len(parts) == 1 else f"({', '.join(parts)})"


def _series_labels(update: Update) -> list[str]:
    """Name the labels that make the update's series, without a stateset's own."""
    return [name for name in update.family.labels if name != update.family.state]


def _source(name: str, number: int, names: list[str]) -> int:
    own = f"{number} {name}"
    return names.index(own if own in names else name)
