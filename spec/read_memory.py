"""What a rule remembers from line to line: read, and checked against what the rule moves."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from spec.mapping import LIMIT, Bounds, Dedupe, Delta, Streak
from spec.places import NAMES, misspelt
from spec.read_fields import read_field, read_key
from spec.reading import duration, integer, string

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec.mapping import EventRule, Field
    from spec.node import Node
    from spec.places import Place
    from spec.reading import Reading

_DAY = Fraction(86400)


def read_dedupe(node: Node | None, into: Reading) -> Dedupe | None:
    """Read `dedupe`: a key, or `{by: KEY}` with what is to be kept."""
    if node is None:
        return None
    if node.get("by") is None:
        return Dedupe(read_key(node, into))
    keep: Literal["first", "max"] = "max" if string(node.get("keep")) == "max" else "first"
    return Dedupe(read_key(node.get("by"), into), keep, _bounds(node))


def read_delta(node: Node | None, into: Reading) -> Delta | None:
    """Read `delta`: by which key running totals are told apart, and how they begin."""
    if node is None:
        return None
    restarts = node.get("restarts")
    return Delta(
        by=read_key(node.get("by"), into),
        restarts=restarts is None or restarts.value is not False,
        skip_first=string(node.get("first")) == "skip",
        bounds=_bounds(node),
    )


def read_streak(node: Node | None, into: Reading) -> Streak | None:
    """Read `streak`: equal values of `of` in a row."""
    if node is None:
        return None
    by = read_key(node.get("by"), into)
    of = read_field(node.get("of"), into)
    return Streak(of, by, integer(node.get("at"), 2), _bounds(node))


def read_remember(node: Node | None, into: Reading) -> dict[str, Field]:
    """Read `remember`: names, and the fields whose texts they stand for from here on."""
    names = {name: read_field(field, into) for name, field in (node.items() if node else ())}
    for name in names:
        if node and f"${name}" in NAMES:
            into.problems.append(node.key_problem(name, "is taken: it is known of every line"))
    return names


def remembered_names(events: Iterable[Node]) -> tuple[str, ...]:
    """Name what any of the events remembers, each as `$name`."""
    told = [remember for event in events if (remember := event.get("remember"))]
    return tuple(sorted({f"${name}" for remember in told for name in remember.keys}))


def check_head(
    moments: Iterable[Place], labels: Iterable[Place], known: tuple[str, ...], into: Reading
) -> None:
    """Note `$names` in a preset's head that nothing stands for; a time is in the line itself."""
    for place in moments:
        if place.path.parts[0] in known:
            said = "is told by other lines; an event's time must stand in its own"
            into.wrong(place.node, f"{place.path.parts[0]} {said}")
        elif place.path.parts[0].startswith("$"):
            into.problems += misspelt(place, ())
    for place in labels:
        if place.path.parts[0].startswith("$"):
            into.problems += misspelt(place, (), known)


def check_apart(by: Iterable[Place], into: Reading) -> None:
    """Note `$names` in `remember_by`: by it they are found, so they can't stand in it."""
    for place in by:
        if place.path.parts[0].startswith("$"):
            into.wrong(
                place.node, "must stand in the line itself", "without it, names are a file's"
            )


def check_memory(rule: EventRule, node: Node, into: Reading, *, timed: bool) -> None:
    """Note memory that contradicts itself or the updates. `timed`: the preset has a time."""
    for verb in ("dedupe", "delta", "streak"):
        age = node.get(verb, "for")
        if age and not timed:
            into.wrong(age, "goes by the time of events, and this preset has no time")
    grows = rule.delta is not None or (rule.dedupe is not None and rule.dedupe.keep == "max")
    if not grows or rule.abandoned:
        return
    delta, update = node.get("delta"), node.get("update")
    if delta and rule.dedupe and rule.dedupe.keep == "max":
        message = "cannot stand beside dedupe with keep: max"
        into.problems.append(node.key_problem("delta", message, "keep one"))
    if delta and all(move.verb != "add" for move in rule.updates):
        message = "there is nothing to add, and so nothing can grow"
        into.problems.append(node.key_problem("delta", message, "use dedupe"))
    for _, moves in update.items() if update else ():
        for move in moves.elements():
            if move.get("observe"):
                message = "cannot be corrected when a number grows: a histogram takes it once"
                hint = "observe it in an event of its own"
                into.problems.append(move.key_problem("observe", message, hint))
            if delta and move.get("add") and string(move.get("unit")) == "time":
                message = "is no running total: the time between two points does not grow"
                into.problems.append(move.key_problem("unit", message, "use dedupe"))


def _bounds(node: Node) -> Bounds:
    age = node.get("for")
    return Bounds(integer(node.get("limit"), LIMIT), float(duration(age, _DAY)) if age else None)
