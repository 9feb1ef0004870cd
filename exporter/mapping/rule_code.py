"""Code that applies one rule: tests, loops, memory, then the numbers into the rule's cells."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import ExitStack
from fractions import Fraction
from typing import TYPE_CHECKING

from exporter.mapping import read_code as read
from exporter.mapping.cells import EXEMPLAR, FIRST_SLOT, Cells, Slot, picker
from exporter.mapping.fixed import fixed_series, may_hold_anything
from exporter.mapping.memory_code import growing, remembering
from exporter.mapping.number_code import number_of
from exporter.mapping.plan import find, grows, implied, read_labels, used_labels
from exporter.store.numbers import MONEY
from spec.mapping import Path

if TYPE_CHECKING:
    from exporter.formats.shape import Shape
    from exporter.mapping.code import Code, Scope
    from exporter.mapping.memory_code import News
    from exporter.mapping.plan import Rule
    from exporter.mapping.runtime import Runtime
    from spec.mapping import Update


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


def _value(rule: Rule, name: str, code: Code, scope: Scope, run: Runtime) -> str:
    """Emit a label's value: the start's, where the pair keeps it, else the line's own."""
    if name in rule.event.kept and "started" in scope.outer:
        kept = list(run.plan.start_of(rule).event.labels)
        return f"{scope.outer['started']}.kept[{kept.index(name)}]"
    return read.label(rule.event.labels[name], code, scope)


def _apply(rule: Rule, code: Code, scope: Scope, run: Runtime, news: News | None) -> None:
    """Emit the look-up of the cell and the updates of its slots.

    `news` are numbers that were read already, and what in them is new.
    """
    cells, names = _cells(rule, scope, run)
    if cells is None:
        return
    cell = code.variable("c")
    raw = _raw_key(rule, code, scope)
    if raw is None:
        _look_up(rule, cells, names, cell, code, scope, run)
    else:
        # What the labels are made of is looked up first: mostly nothing needs to be made.
        memo = code.constant({}, "RAW")
        with code.block("try:"):
            code.emit(f"{cell} = {memo}[{raw}]")
        with code.block("except KeyError:"):
            _look_up(rule, cells, names, cell, code, scope.inner(), run)
            code.emit(f"KEEP({memo}, {raw}, {cell})")
        run.memos.append(code.names[memo])
    code.emit(f"{cell}[1] += 1")
    if cells.exemplar and rule.mapping.exemplar:
        event = read.as_text(rule.mapping.exemplar[1], code, scope)
        code.emit(f"{cell}[{EXEMPLAR}] = {event}")
    time = scope.outer.get("time")
    if cells.agent is not None and time is not None:
        with code.block(f"if {time} is not None and {time} > {cell}[0]:"):
            code.emit(f"{cell}[0] = {time}")
    begin = code.constant(cells.begin, "BEGIN") if cells.slots else ""
    for place, slot in enumerate(cells.slots):
        fresh = f"{begin}({cell}, {place})"
        if news is not None and place in news:
            value, condition = news[place]
            with code.block(f"if {condition}:"):
                _store(slot, value, cell, fresh, time or "None", code, exact=True)
        elif slot.update.verb != "inc":
            _update(rule, slot, cell, fresh, code, scope)


def _cells(rule: Rule, scope: Scope, run: Runtime) -> tuple[Cells | None, list[str]]:
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
        if update.verb != "set":
            run.ledger.declare(update.family, fixed_series(rule, update))
    exemplar = rule.mapping.exemplar[0] if rule.mapping.exemplar else None
    fresh = Cells(run.ledger, tuple(slots), size, run.last_event, agent, exemplar)
    return run.cells.setdefault((rule.number, scope.tag), fresh), names


def _look_up(  # noqa: PLR0917 (what it emits from, what it emits to)
    rule: Rule, cells: Cells, names: list[str], cell: str, code: Code, scope: Scope, run: Runtime
) -> None:
    """Emit the making of the labels, and the look-up of their cell."""
    own = [label for update in rule.event.updates for label in update.labels.values()]
    values = [_value(rule, name, code, scope, run) for name in names[: len(names) - len(own)]]
    values += [read.label(label, code, scope) for label in own]
    varying = [value for value in values if not value.startswith(("'", '"'))]
    key = varying[0] if len(varying) == 1 else f"({', '.join(varying)})"
    table = code.constant(cells.cells, "CELLS")
    miss = code.constant(cells.miss, "MISS")
    with code.block("try:"):
        code.emit(f"{cell} = {table}[{key}]")
    with code.block("except KeyError:"):
        code.emit(f"{cell} = {miss}({key}, ({''.join(f'{value}, ' for value in values)}))")


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


def _update(  # noqa: PLR0917 (what it emits from, what it emits to)
    rule: Rule, slot: Slot, cell: str, begin: str, code: Code, scope: Scope
) -> None:
    """Emit one update: the number, checked, into its slot."""
    time = scope.outer.get("time", "None")
    if slot.update.state is not None:
        state = read.label(slot.update.state, code, scope)
        code.emit(f"{cell}[{slot.at}].set({state}, {time})")
        return
    with number_of(rule, slot.update, code, scope) as value:
        _store(slot, value, cell, begin, time, code)


def _store(  # noqa: PLR0917 (all of them name variables of the emitted code)
    slot: Slot, value: str, cell: str, begin: str, time: str, code: Code, *, exact: bool = False
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


def bucket_bounds(update: Update) -> list[int] | list[float]:
    """Give a histogram's bounds in the unit that the log writes, so that edges stay exact.

    Whole bounds are whole numbers: so are most of the values that they are compared with.
    """
    multiply, divide = update.scale
    bounds = [Fraction(str(b)) * divide / multiply for b in update.family.buckets]
    if all(bound.denominator == 1 for bound in bounds):
        return [int(bound) for bound in bounds]
    return [float(bound) for bound in bounds]
