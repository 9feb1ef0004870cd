"""A plan to a function: Python that applies decoded events, written once at the start."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from exporter.formats.shape import Shape
from exporter.mapping.code import Code, Scope
from exporter.mapping.memory_code import known_by_key, known_names
from exporter.mapping.plan import find
from exporter.mapping.read_code import HELPERS, first_of
from exporter.mapping.rule_code import rule_code
from exporter.mapping.values import moment
from spec.mapping import Path

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Map

    from exporter.mapping.memory_code import Known
    from exporter.mapping.plan import Branch, Plan, Rule
    from exporter.mapping.runtime import Runtime
    from spec.mapping import Mapping

# The outcome of a line so far: 0 unmatched, 1 repeat, 2 applied.
_OUTCOME = re.compile(r"\bo = ")
_EPOCH_SCALE = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


_CLEAN = "stream = CLEAN(stream)"


def tells_streams_apart(source: str) -> bool:
    """Tell whether it matters to compiled rules which stream an event is of."""
    return _CLEAN in source


def compile_events(
    plan: Plan, run: Runtime, frequencies: Map[str | None, int], *, strict: bool
) -> tuple[Callable[..., tuple[int, int, int]], str]:
    """Write and compile the function that applies events; the most frequent kind is tested first.

    `strict`: every value is of the type of its place, and need not be looked at. Compiled again
    for the same runtime, it goes on with the same series and memory. Call it with a list of structs
    and the stream's name; it gives how many lines were applied, repeats and unmatched. Also gives
    its source, for people who want to read it.
    """
    code = Code(names=_names(run))
    code.lines.append("def apply(events, stream):")
    code.emit("applied = repeat = unmatched = 0")
    code.emit(_CLEAN)
    code.emit("stream_key = SHORT(stream) or None")
    known = known_names(plan, code, run)
    with code.block("for e in events:"):
        code.emit("kind = e.__class__")
        ordered = sorted(plan.branches, key=lambda branch: -frequencies.get(branch.tag, 0))
        for number, branch in enumerate(ordered):
            struct = code.constant(branch.shape.struct, "S")
            with code.block(f"{'el' if number else ''}if kind is {struct}:"):
                _branch(branch, plan, code, run, known, strict=strict)
        with code.block("else:"):
            code.emit("unmatched += 1")
    code.emit("return applied, repeat, unmatched")
    if not any("stream" in line for line in code.lines[4:]):
        del code.lines[2:4]
    function: Callable[..., tuple[int, int, int]] = _function(code, "apply")
    return function, "\n".join(code.lines)


def compile_abandoned(plan: Plan, run: Runtime) -> None:
    """Compile what happens to starts that never end, and hand it to their pairs."""
    for rules in plan.abandoned.values():
        code = Code(names=_names(run))
        code.lines.append("def give_up(started):")
        code.emit("o = 0")
        code.emit("time = started.time")
        for rule in rules:
            scope = Scope(Shape(), outer={"time": "time", "started": "started"})
            rule_code(rule, code, scope, run, None)
        run.memories.pairs(rules[0]).give_up = _function(code, "give_up")


def _branch(
    branch: Branch,
    plan: Plan,
    code: Code,
    run: Runtime,
    known: list[tuple[Mapping, Known]],
    *,
    strict: bool,
) -> None:
    scope = Scope(branch.shape, branch.tag, strict, outer={"e": "e", "file": "stream"})
    if branch.tag is not None and (place := branch.shape.children.get(plan.tag_field or "")):
        # The decoder keeps the tag to itself; rules may read it all the same.
        place.leaf = True
        code.emit(f"tag = {branch.tag!r}")
        scope.loaded[plan.tag_field or "",] = "tag"
    here = {id(rule.mapping) for rule in branch.rules}
    for mapping, names in known:
        if id(mapping) in here:
            known_by_key(mapping, names, code, scope, run)
    code.emit("o = 0")
    start = len(code.lines)
    sure = False
    for rule in branch.rules:
        with_time = scope.inner() if _differs(rule, branch) else scope
        with_time.known = next(names for mapping, names in known if mapping is rule.mapping)
        _time(rule, code, with_time)
        sure = rule_code(rule, code, with_time, run, plan.tag_field) or sure
    if sure:  # every such line is applied, whatever the other rules say
        if not any(_OUTCOME.search(line) for line in code.lines[start:]):
            del code.lines[start - 1]
        code.emit("applied += 1")
        return
    with code.block("if o == 2:"):
        code.emit("applied += 1")
    with code.block("elif o:"):
        code.emit("repeat += 1")
    with code.block("else:"):
        code.emit("unmatched += 1")


def _differs(rule: Rule, branch: Branch) -> bool:
    """Tell whether mappings with times of their own meet in a branch."""
    own = (rule.mapping.time, rule.mapping.time_unit)
    return any((other.mapping.time, other.mapping.time_unit) != own for other in branch.rules)


def _time(rule: Rule, code: Code, scope: Scope) -> None:
    """Emit the reading of the event's time, once for all rules that share it."""
    mapping = rule.mapping
    if not mapping.time or "time" in scope.outer:
        return
    source = first_of(mapping.time, code, scope)
    places = [find(scope.root, {}, part) for part in mapping.time if isinstance(part, Path)]
    if scope.strict and places and all(place is not None and place.only_time for place in places):
        time = code.variable("t")
        code.emit(f"{time} = {source}")
        with code.block(f"if {time} is not None and not {time}.tzinfo:"):
            code.emit(f"{time} = MOMENT({time}, None)")
        scope.outer["time"] = time
        return
    time = code.variable("t")
    code.emit(f"{time} = {source}")
    code.emit("bad = None")
    scale = _EPOCH_SCALE[mapping.time_unit] if mapping.time_unit else None
    with code.block(
        f"if {time} is not None and ({time}.__class__ is not DATETIME or not {time}.tzinfo):"
    ):
        code.emit(f"{time} = MOMENT({time}, {scale})")
        with code.block(f"if {time}.__class__ is str:"):
            code.emit(f"bad, {time} = {time}, None")
    scope.outer["time"] = time
    scope.outer["bad"] = "bad"


def _names(run: Runtime) -> dict[str, Any]:
    return {
        **HELPERS,
        "REJECT": run.reject,
        "AMOUNT": run.amount,
        "ANY_NUMBER": run.any_number,
        "DATETIME": datetime,
        "MOMENT": moment,
    }


def _function(code: Code, name: str) -> Any:  # noqa: ANN401 (a function made at run time)
    """Compile the lines. Names become default arguments: locals are the fastest to read."""
    head, *body = code.lines
    names = [key for key in code.names if not key.startswith("__")]
    defaults = "".join(f", {key}={key}" for key in names)
    source = "\n".join([head.replace("):", f"{defaults}):"), *body])
    space = dict(code.names)
    # The source is made of the spec's own structure: places become attribute indices, every text
    # of the spec stands in it as a quoted literal or as an object in `names`.
    exec(compile(source, f"<mapping {name}>", "exec"), space)  # noqa: S102 (see above)
    return space[name]
