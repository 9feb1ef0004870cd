"""Code that applies one rule: tests, loops, memory, then the numbers into the rule's cells."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import ExitStack
from typing import TYPE_CHECKING

from exporter.mapping import read_code as read
from exporter.mapping.buckets import bucket_bounds
from exporter.mapping.cell_code import cell_of, cells_of
from exporter.mapping.cells import EXEMPLAR, VALUES
from exporter.mapping.estimate_code import card_of, note_for_session, numbers_first, whole_input
from exporter.mapping.label_code import event_label
from exporter.mapping.memory_code import growing, remembering
from exporter.mapping.number_code import number_of
from exporter.mapping.plan import grows, implied
from exporter.mapping.session_code import Session, follows_sessions, session_of
from exporter.mapping.together_code import tell_together, together
from exporter.store.numbers import MONEY

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

    from exporter.formats.shape import Shape
    from exporter.mapping.cells import Cells, Slot
    from exporter.mapping.code import Code, Scope
    from exporter.mapping.memory_code import News
    from exporter.mapping.plan import Rule
    from exporter.mapping.runtime import Runtime


def rule_code(rule: Rule, code: Code, scope: Scope, run: Runtime, tag_field: str | None) -> bool:
    """Emit one rule. Give whether every line of its branch is sure to be applied by it."""
    event = rule.event
    loops = {name for name, _ in event.each}
    skip = implied(rule, tag_field)
    tests = [test for number, test in enumerate(event.when) if number not in skip]
    outer = [test for test in tests if test.path.parts[0] not in loops]
    inner = [test for test in tests if test.path.parts[0] in loops]
    sure = not tests and not loops and not (event.dedupe or event.pair or event.delta)
    with ExitStack() as stack:
        if not sure or event.streak:
            scope = scope.inner()
        for test in outer:
            stack.enter_context(code.block(f"if {read.condition(test, code, scope)}:"))
        for name, path in event.each:
            source = read.load(path, code, scope)
            key, element = code.variable("key"), code.variable("x")
            stack.enter_context(code.block(f"for {key}, {element} in ELEMENTS({source}):"))
            scope = scope.enter(name, key, element, _element(scope, path.parts))
        for test in inner:
            stack.enter_context(code.block(f"if {read.condition(test, code, scope)}:"))
        remembering(rule, code, scope, run, stack)
        news = growing(rule, code, scope, run, stack) if grows(event) else None
        _apply(rule, code, scope, run, news)
        if not sure:
            code.emit("o = 2")
    return sure


def _element(scope: Scope, parts: tuple[str, ...]) -> Shape:
    if parts[0] in scope.loops:
        shape, parts = scope.loops[parts[0]][2], parts[1:]
    else:
        shape = scope.root
    for part in parts:
        shape = shape.children[part]
    assert shape.element is not None, parts  # noqa: S101 (the plan has walked here)
    return shape.element


def _priced(  # noqa: PLR0917 (what it emits from, what it emits to)
    rule: Rule, cells: Cells, news: News | None, code: Code, scope: Scope, run: Runtime
) -> tuple[News | None, str]:
    """Emit the choice of the card, which needs some numbers first. "" where nothing is priced."""
    if cells.pricing is None:
        return news, ""
    if news is None:
        news = numbers_first(rule, code, scope)
        whole_input(rule, {at: value for at, (value, _) in news.items()}, code, scope, run)
    return news, card_of(rule, news, code, scope, run)


def _apply(rule: Rule, code: Code, scope: Scope, run: Runtime, news: News | None) -> None:
    """Emit the look-up of the cell and the updates of its slots.

    `news` are numbers that were read already, and what in them is new.
    """
    cells, names = cells_of(rule, scope, run)
    if cells is None:
        return
    news, card = _priced(rule, cells, news, code, scope, run)
    cell = cell_of(rule, cells, names, card, code, scope, run)
    code.emit(f"{cell}[1] += 1")
    _note(rule, cells, cell, code, scope)
    session = None
    if follows_sessions(rule, run):
        session = session_of(rule, event_label(rule, "agent", code, scope, run), code, scope, run)
    time = scope.outer.get("time")
    begin = code.constant(cells.begin, "BEGIN") if cells.slots else ""
    taken: dict[int, str] = {}
    for place, slot in enumerate(slot for slot in cells.slots if not slot.update.together):
        fresh = f"{begin}({cell}, {place})"
        if news is not None and place in news:
            value, condition = news[place]
            taken[place] = value
            with code.block(f"if {condition}:"):
                _store(slot, value, cell, fresh, time or "None", code, session, exact=True)
        elif slot.update.verb == "estimate":
            pass  # priced with what the cell holds, when it is emptied
        elif slot.update.verb != "inc":
            taken[place] = _update(rule, slot, cell, fresh, code, scope, session)
        elif session is not None:
            session.note(slot.update, str(MONEY if slot.family.unit == "usd" else 1), code)
    _together(rule, cells, taken, cell, code, scope, run)
    if session is not None and news is not None and card:
        note_for_session(rule, news, card, session, code, scope, run)


def _note(rule: Rule, cells: Cells, cell: str, code: Code, scope: Scope) -> None:
    """Emit what a cell notes of its newest event: its id for exemplars, and its time."""
    if cells.exemplar and rule.mapping.exemplar:
        event = read.as_text(rule.mapping.exemplar[1], code, scope)
        code.emit(f"{cell}[{EXEMPLAR}] = {event}")
    time = scope.outer.get("time")
    if cells.agent is not None and time is not None:
        with code.block(f"if {time} is not None and {time} > {cell}[0]:"):
            code.emit(f"{cell}[0] = {time}")


def _together(  # noqa: PLR0917 (what it emits from, what it emits to)
    rule: Rule,
    cells: Cells,
    taken: Map[int, str],
    cell: str,
    code: Code,
    scope: Scope,
    run: Runtime,
) -> None:
    """Emit what is observed of several updates; these come behind all others.

    `taken` are the variables of the numbers that the others took, by their places.
    """
    slots = [slot for slot in cells.slots if slot.update.together]
    if slots and "told" in scope.outer:
        told = scope.outer["told"], scope.outer["first"], f"{cell}[{VALUES}]"
        tell_together(slots, taken, told, run.settling(rule, slots), code)
        return
    for place, slot in enumerate(slots, start=len(cells.slots) - len(slots)):
        fresh = f"{code.constant(cells.begin, 'BEGIN')}({cell}, {place})"
        total = together(slot, taken, code)
        with code.block(f"if {total} is not None:"):
            _store(slot, total, cell, fresh, "None", code, None)


def _update(  # noqa: PLR0917 (what it emits from, what it emits to)
    rule: Rule,
    slot: Slot,
    cell: str,
    begin: str,
    code: Code,
    scope: Scope,
    session: Session | None,
) -> str:
    """Emit one update: the number, checked, into its slot. Give the number's variable."""
    time = scope.outer.get("time", "None")
    if slot.update.state is not None:
        state = read.label(slot.update.state, code, scope)
        code.emit(f"{cell}[{slot.at}].set({state}, {time})")
        return state
    with number_of(rule, slot.update, code, scope) as value:
        _store(slot, value, cell, begin, time, code, session)
    return value


def _store(  # noqa: PLR0917 (all of them name variables of the emitted code)
    slot: Slot,
    value: str,
    cell: str,
    begin: str,
    time: str,
    code: Code,
    session: Session | None,
    *,
    exact: bool = False,
) -> None:
    """Emit what happens to a cell when a number is good. `exact`: money is in trillionths."""
    update, at = slot.update, slot.at
    if update.family.type == "info":
        labels = code.constant(slot.labels, "LABELS")
        code.emit(f"{cell}[{at}].set({labels}({cell}[2]), {time})")
    elif update.verb == "set":
        multiply, divide = update.scale
        scaled = value if update.scale == (1, 1) else f"{value} * {multiply} / {divide}"
        code.emit(f"{cell}[{at}].set({scaled}, {time})")
    elif update.verb == "observe":
        bounds = code.constant(bucket_bounds(update), "BOUNDS")
        code.names["BISECT"] = bisect_left
        place = f"[BISECT({bounds}, {value})] += 1"
        with code.block("try:"):
            code.emit(f"{cell}[{at}]{place}")
        with code.block("except TypeError:"):
            code.emit(f"{begin}[{at}]{place}")
        code.emit(f"{cell}[{at + 1}] += {value}")
        if slot.traced:
            code.emit(f"{cell}[{at + 2}] = {value}")
    else:
        money = update.family.unit == "usd" and not exact
        amount = f"round({value} * {float(MONEY)!r})" if money else value
        with code.block("try:"):
            code.emit(f"{cell}[{at}] += {amount}")
        with code.block("except TypeError:"):
            code.emit(f"{begin}[{at}] += {amount}")
        if session is not None:
            session.note(update, amount, code)
