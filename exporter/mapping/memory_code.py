"""Code that remembers: whether an event counts, and what in its numbers is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from exporter.mapping import read_code as read
from exporter.mapping.estimate_code import whole_input
from exporter.mapping.number_code import number_of, raw
from exporter.mapping.plan import counts_once, estimates
from exporter.store.numbers import MONEY
from spec.mapping import KEPT

if TYPE_CHECKING:
    from contextlib import ExitStack

    from exporter.mapping.code import Code, Scope
    from exporter.mapping.plan import Plan, Rule
    from exporter.mapping.runtime import Runtime
    from spec.mapping import Bounds, Mapping, Pair, Update

Known: TypeAlias = dict[str, str]
"""The variable that holds a stream's names, by each name that a mapping remembers."""

News: TypeAlias = dict[int, tuple[str, str]]
"""By an update's place: the variable of what it takes, and the condition under which it does."""


def known_names(plan: Plan, code: Code, run: Runtime) -> list[tuple[Mapping, Known]]:
    """Emit the look-up of what is remembered of a block's stream, for each mapping."""
    found: list[tuple[Mapping, Known]] = []
    mappings = {id(rule.mapping): rule.mapping for rule in plan.rules}
    for mapping in mappings.values():
        names = [name for event in mapping.events for name in event.remember]
        variable = code.variable("known")
        if names and mapping.remember_by is None:
            memory = code.constant(run.memories.remembered(mapping), "REMEMBERED")
            code.emit(f"{variable} = {memory}.of(stream_key)")
        found.append((mapping, dict.fromkeys(names, variable)))
    return found


def known_by_key(mapping: Mapping, known: Known, code: Code, scope: Scope, run: Runtime) -> None:
    """Emit the look-up of what is remembered by a key of the line's own; without one, of its file.

    The names stand in the variable that `known_names` has given them.
    """
    if mapping.remember_by is None or not known:
        return
    variable = next(iter(known.values()))
    memory = code.constant(run.memories.remembered(mapping), "REMEMBERED")
    key, lacking = read.key(mapping.remember_by, code, scope)
    code.emit(f"{variable}_of = stream_key if {lacking} else {key}")
    code.emit(f"{variable} = {memory}.of({variable}_of)")


def remembering(rule: Rule, code: Code, scope: Scope, run: Runtime, stack: ExitStack) -> None:
    """Emit the time, dedupe, remember, streak and pair, in the order that the language fixes."""
    if "bad" in scope.outer:
        with code.block("if bad:"):
            code.emit(f"REJECT({rule.number}, bad)")
    if rule.event.dedupe and rule.event.dedupe.keep == "first":
        _first(rule, code, scope, run, stack)
    for name, of in rule.event.remember.items():
        memory = code.constant(run.memories.remembered(rule.mapping), "REMEMBERED")
        text = read.as_text(of, code, scope)
        known = scope.known[name]
        whose = f"{known}_of" if rule.mapping.remember_by else "stream_key"
        code.emit(f"{memory}.learn({whose}, {known}, {name!r}, {text})")
    if rule.event.streak:
        _streak(rule, code, scope, run, stack)
    if rule.event.pair:
        _pair(rule, rule.event.pair, code, scope, run, stack)


def _first(rule: Rule, code: Code, scope: Scope, run: Runtime, stack: ExitStack) -> None:
    dedupe = rule.event.dedupe
    if dedupe is None:
        return
    seen = code.constant(run.memories.seen(rule, dedupe), "SEEN")
    key, lacking = read.key(dedupe.by, code, scope)
    fresh = code.variable("fresh")
    with code.block(f"if {lacking}:"):
        code.emit(f"REJECT({rule.number}, 'no_key')")
        code.emit(f"{fresh} = True")
    with code.block("else:"):
        code.emit(f"{fresh} = {seen}.first({key}{_time(dedupe.bounds, scope)})")
    _repeat_unless(fresh, code, stack)


def _streak(rule: Rule, code: Code, scope: Scope, run: Runtime, stack: ExitStack) -> None:
    streak = rule.event.streak
    if streak is None:
        return
    streaks = code.constant(run.memories.streaks(rule, streak), "STREAKS")
    key, _ = read.key(streak.by, code, scope)
    values = [read.whole((of,), code, scope) for of in streak.of]
    value = values[0] if len(values) == 1 else f"({', '.join(values)})"
    reached = code.variable("reached")
    code.emit(f"{reached} = {streaks}.reached({key}, {value}{_time(streak.bounds, scope)})")
    with code.block(f"if not {reached}:"):
        code.emit("o = 2")
    stack.enter_context(code.block("else:"))


def _repeat_unless(condition: str, code: Code, stack: ExitStack) -> None:
    with code.block(f"if not {condition}:"):
        code.emit("o = o or 1")
    stack.enter_context(code.block("else:"))


def _pair(  # noqa: PLR0917 (what it emits from, what it emits to)
    rule: Rule, pair: Pair, code: Code, scope: Scope, run: Runtime, stack: ExitStack
) -> None:
    pairs = code.constant(run.memories.pairs(rule), "PAIRS")
    key, lacking = read.key(pair.by, code, scope)
    time = scope.outer.get("time", "None")
    if pair.role == "start":
        kept = [read.label(label, code, scope) for label in rule.event.labels.values()]
        taken = code.variable("taken")
        with code.block(f"if {lacking}:"):
            code.emit(f"REJECT({rule.number}, 'no_key')")
            code.emit(f"{taken} = False")
        with code.block("else:"):
            values = "".join(f"{value}, " for value in kept)
            code.emit(f"{taken} = {pairs}.start({key}, {time}, ({values}))")
        _repeat_unless(taken, code, stack)
        return
    started = code.variable("started")
    code.emit(f"{started} = None if {lacking} else {pairs}.end({key})")
    with code.block(f"if {started} is None:"):
        code.emit(f"REJECT({rule.number}, 'no_key' if {lacking} else 'no_start')")
        code.emit("o = o or 1")
    stack.enter_context(code.block("else:"))
    duration = code.variable("duration")
    code.emit(
        f"{duration} = ({time} - {started}.time).total_seconds() "
        f"if {time} is not None and {started}.time is not None else None"
    )
    scope.outer["duration"] = duration
    scope.outer["started"] = started
    for at, name in enumerate(run.plan.start_of(rule).event.labels):
        scope.outer[f"{KEPT} {name}"] = f"{started}.kept[{at}]"


def growing(rule: Rule, code: Code, scope: Scope, run: Runtime, stack: ExitStack) -> News:
    """Emit the reading of all numbers, and then what in them is new.

    Money is in trillionths already, so that differences are exact.
    """
    numbers: dict[int, str] = {}
    written: dict[int, str] = {}
    for place, update in enumerate(rule.event.updates):
        if update.verb in ("inc", "estimate") or update.state is not None or counts_once(update):
            continue
        if update.together:
            continue
        total = _written(rule, update, code)
        with number_of(rule, update, code, scope) as value:
            if total is not None:
                code.emit(f"{total} = NUMBER({raw(update, code, scope.inner())})")
            if update.verb == "add" and update.family.unit == "usd":
                code.emit(f"{value} = round({value} * {float(MONEY)!r})")
        numbers[place] = value
        written[place] = value if total is None else total
    first = code.variable("first")
    prices = bool(estimates(rule.event))
    if prices and rule.event.dedupe is not None:
        whole_input(rule, numbers, code, scope, run)  # the request's, and not what is new in it
    _take(rule, numbers, written, first, code, scope, run, stack)
    if prices and rule.event.delta is not None:
        whole_input(rule, numbers, code, scope, run)
    if rule.event.dedupe is not None and any(u.together for u in rule.event.updates):
        key, lacking = read.key(rule.event.dedupe.by, code, scope)
        scope.outer["first"], scope.outer["told"] = first, f"None if {lacking} else {key}"
    news = {place: (value, f"{value} is not None") for place, value in numbers.items()}
    once = [place for place, update in enumerate(rule.event.updates) if counts_once(update)]
    for place in once:
        money = rule.event.updates[place].family.unit == "usd"
        news[place] = str(MONEY if money else 1), first
    return news


def _written(rule: Rule, update: Update, code: Code) -> str | None:
    """Emit the variable of a total as the log writes it; None where it is the number itself."""
    if rule.event.delta is None or update.verb != "add" or not update.minus:
        return None
    total = code.variable("total")
    code.emit(f"{total} = None")
    return total


def _take(  # noqa: PLR0917 (what it emits from, what it emits to)
    rule: Rule,
    numbers: dict[int, str],
    written: dict[int, str],
    first: str,
    code: Code,
    scope: Scope,
    run: Runtime,
    stack: ExitStack,
) -> None:
    """Emit the question what is new: the numbers that are added become what they grew by."""
    updates, delta, dedupe = rule.event.updates, rule.event.delta, rule.event.dedupe
    added = [place for place in numbers if updates[place].verb == "add"]
    told = "".join(f"{numbers[place]}, " for place in added)
    grown = code.variable("grown")
    if delta is not None:
        running = code.constant(run.memories.running(rule, delta), "RUNNING")
        key, lacking = read.key(delta.by, code, scope)
        totals = "".join(f"{written[place]}, " for place in added) if delta.restarts else ""
        take = f"{running}.take({key}, ({told}), ({totals}){_time(delta.bounds, scope)})"
        otherwise, target = "None", told
    elif dedupe is not None:
        largest = code.constant(run.memories.largest(rule, dedupe), "LARGEST")
        key, lacking = read.key(dedupe.by, code, scope)
        take = f"{largest}.take({key}, ({told}){_time(dedupe.bounds, scope)})"
        otherwise, target = f"(True, {told})", f"{first}, {told}"
    with code.block(f"if {lacking}:"):
        code.emit(f"REJECT({rule.number}, 'no_key')")
        code.emit(f"{grown} = {otherwise}")
    with code.block("else:"):
        code.emit(f"{grown} = {take}")
        with code.block(f"if {grown} is None:"):
            code.emit("o = o or 1")
    stack.enter_context(code.block(f"if {grown} is not None:"))
    code.emit(f"{target.rstrip()} = {grown}")


def _time(bounds: Bounds, scope: Scope) -> str:
    """Give the event's time as one more argument, where the memory ages."""
    return f", {scope.outer.get('time', 'None')}" if bounds.keep_for is not None else ""
