"""A preset's mapping: its events, checked against the families that they move."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from spec.mapping import LIMIT, EventRule, LabelRule, Mapping, Pair, Update
from spec.places import ELEMENT, WHOLE, as_a_whole, in_line, misspelt, walked_and_dotted
from spec.problems import nearest
from spec.read_estimates import check_estimates
from spec.read_fields import read_field, read_key, read_label, read_labels, read_path, read_tests
from spec.read_lines import FLAT, check_fields, read_lines
from spec.read_mapping_tests import read_mapping_tests
from spec.read_memory import (
    check_apart,
    check_head,
    check_memory,
    read_dedupe,
    read_delta,
    read_remember,
    read_streak,
    remembered_names,
)
from spec.reading import duration, integer, string, texts
from spec.sessions import FAMILIES as OF_SESSIONS
from spec.sessions import check_session, read_session
from spec.units import SCALES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spec.model import Family
    from spec.node import Node
    from spec.places import Place
    from spec.reading import Reading

Places: TypeAlias = "tuple[tuple[tuple[str, ...], Node], ...]"
"""Where in a line a mapping reads, and where the mapping says so."""

_VERBS = {
    "counter": ("inc", "estimate", "add"), "histogram": ("observe",), "gauge": ("set",),
    "stateset": ("set",), "info": ("set",),
}  # fmt: skip
_NUMBER_VERBS: tuple[Literal["add", "observe", "set", "estimate"], ...] = (
    "add", "observe", "set", "estimate",
)  # fmt: skip
_NEEDS_A_LINE = ("when", "each", "dedupe", "delta", "remember", "pair", "streak")
_HOUR = Fraction(3600)


def read_mapping(name: str, root: Node, into: Reading) -> tuple[Mapping, Places]:
    """Read a preset's own part: format, time, labels and events; give also what it reads."""
    lines = read_lines(root, into)
    into.flat = FLAT if lines.format == "otlp" else frozenset()
    time = root.get("time")
    unit = time.get("unit") if time else None
    when = read_field(time, into)
    told_time = tuple(into.places)
    common = read_labels(root.get("labels"), into)
    exemplar = root.get("exemplar")
    traced = [(label, read_field(at, into)) for label, at in (exemplar.items() if exemplar else ())]
    session = read_session(root.get("session"), into)
    labelled = len(into.places)
    remember_by = root.get("remember_by")
    apart = read_key(remember_by, into) if remember_by else None
    shared = tuple(into.places)
    into.places.clear()
    events = root.get("events")
    nodes = events.elements() if events else []
    known = remembered_names(nodes)
    check_head(told_time, shared[len(told_time) : labelled], known, into)
    check_apart(shared[labelled:], into)
    hidden = {place.path.parts[0]: "the time of the event" for place in told_time}
    hidden |= {place.path.parts[0]: "what names are remembered by" for place in shared[labelled:]}
    rules: list[EventRule] = []
    places: list[tuple[tuple[str, ...], Node]] = []
    for node in nodes:
        rules.append(_event(node, common, into))
        places += _places(node, shared, rules, known, into)
        check_memory(rules[-1], node, into, timed=bool(when))
        into.places.clear()
        each = node.get("each")
        for loop, _ in each.items() if each else ():
            if each and loop in hidden:
                message = f"hides {hidden[loop]}"
                into.problems.append(each.key_problem(loop, message, "use another name"))
    for at, said in walked_and_dotted(places):
        into.wrong(at, said, "test the $key of an element instead" if "walked" in said else "")
    check_fields(lines, [place for place in places if place[0][-1] != WHOLE], into)
    check_session(root.get("session"), rules, into)
    mapping = Mapping(
        name=name,
        format=lines.format,
        patterns=lines.patterns,
        prefix=lines.prefix,
        files=string(root.get("files"), "**/*"),
        time=when,
        time_unit=string(unit) if unit else None,
        exemplar=traced[0] if traced else None,
        session=session,
        remember_by=apart,
        places=texts(root.get("places")),
        events=tuple(
            _paired(rule, node, rules, into) for rule, node in zip(rules, nodes, strict=True)
        ),
        tests=read_mapping_tests(root.get("tests"), None, into),
    )
    return mapping, tuple(places)


def _event(node: Node, common: dict[str, LabelRule], into: Reading) -> EventRule:
    own = read_labels(node.get("labels"), into)
    labels = {**common, **own}
    updates = []
    update = node.get("update")
    for name, moves in update.items() if update else ():
        family = _moved(_named(node, name), into)
        if family:
            updates += [_update(family, move, into) for move in moves.elements()]
    when, each = node.get("when"), node.get("each")
    return EventRule(
        name=string(node.get("name")),
        when=read_tests(when, into) if when else (),
        each=tuple((name, read_path(path, into)) for name, path in (each.items() if each else ())),
        labels=labels,
        updates=tuple(updates),
        dedupe=read_dedupe(node.get("dedupe"), into),
        delta=read_delta(node.get("delta"), into),
        remember=read_remember(node.get("remember"), into),
        streak=read_streak(node.get("streak"), into),
        pair=_pair(node.get("pair"), into),
        abandoned=string(node.get("abandoned")) or None,
        kept=frozenset(common) - frozenset(own),
    )


def _places(
    node: Node,
    shared: Iterable[Place],
    rules: list[EventRule],
    known: tuple[str, ...],
    into: Reading,
) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Check the places of the event that was just read; give where in the line they are.

    `known` are the `$names` that the mapping remembers.
    """
    rule, own = rules[-1], tuple(into.places)
    if rule.name in {earlier.name for earlier in rules[:-1]}:
        at = node.get("name") or node
        into.wrong(at, f'there is an event "{rule.name}" already', "rejects are counted by name")
    if rule.abandoned:
        for key in _NEEDS_A_LINE:
            if node.has(key):
                into.problems.append(node.key_problem(key, "has no meaning: nothing was written"))
        pointless = {(*node.path, key) for key in _NEEDS_A_LINE}
        for place in own:
            if place.node.path[: len(node.path) + 1] in pointless:
                continue
            into.wrong(place.node, "there is no line to read from", "a constant is written =text")
        return
    loops: dict[str, tuple[str, ...]] = {}
    for name, path in rule.each:
        head, *rest = path.parts
        loops[name] = (*loops.get(head, (head,)), *rest, ELEMENT)
    for place in own:
        into.problems += misspelt(place, loops, known)
    yield from ((parts, p.node) for p in (*shared, *own) if (parts := in_line(p, loops)))
    streak = (*node.path, "streak", "of")
    compared = [place for place in own if place.node.path[: len(streak)] == streak]
    yield from ((parts, place.node) for place in compared if (parts := as_a_whole(place, loops)))
    each = node.get("each")
    yield from ((loops[name], path) for name, path in (each.items() if each else ()))


def _moved(node: Node, into: Reading) -> Family | None:
    """Look up a family that an event moves: not Prometheus' own, nor the exporter's."""
    name = string(node)
    if name in into.unsure:
        return None
    if name in OF_SESSIONS:
        into.wrong(node, "is moved by the head's session, not by an event", "leave it out")
        return None
    ours = {known: f for known, f in into.families.items() if not known.startswith("agentgauge_")}
    if into.lacks("families", name, ours):
        into.wrong(node, f'there is no metric "{name}" to move', nearest(name, ours))
    return ours.get(name)


def _named(node: Node, key: str) -> Node:
    """Give a node for a key's own text, at the key's place."""
    update = node.get("update") or node
    return replace(node, value=key, mark=update.keys.get(key, node.mark), path=(*update.path, key))


def _pair(node: Node | None, into: Reading) -> Pair | None:
    if node is None:
        return None
    start, end = node.get("start"), node.get("end")
    if (start is None) == (end is None):
        into.wrong(node, "must be a start or an end")
    in_progress = node.get("in_progress")
    gauge = _moved(in_progress, into) if in_progress else None
    if in_progress and gauge and gauge.type != "gauge":
        into.wrong(in_progress, f"needs a gauge, and {gauge.name} is a {gauge.type}")
    return Pair(
        name=string(start or end),
        role="start" if start else "end",
        by=read_key(node.get("by"), into),
        in_progress=gauge,
        within=float(duration(node.get("within"), _HOUR)),
        limit=integer(node.get("limit"), LIMIT),
    )


def _update(family: Family, node: Node, into: Reading) -> Update:
    allowed = _VERBS[family.type]
    if node.value == "inc":
        if "inc" not in allowed:
            into.wrong(node, f"cannot inc: {family.name} is a {family.type}", f"use {allowed[0]}")
        return Update(family, "inc")
    verbs = [verb for verb in _NUMBER_VERBS if node.get(verb)]
    if len(verbs) > 1:
        into.wrong(node, f"does several things: {', '.join(verbs)}", "keep one")
        return Update(family, "inc")
    verb = verbs[0] if verbs else None
    if verb is None or verb not in allowed:
        said = f"cannot {verb}" if verb else "does nothing"
        into.wrong(node, f"{said}: {family.name} is a {family.type}", f"use {allowed[-1]}")
        return Update(family, "inc")
    if verb == "estimate":
        if family.unit != "usd":
            into.wrong(node, f"estimates money, and {family.name} is none")
        labels = read_labels(node.get("labels"), into)
        return Update(family, verb, price_tier=_tier(node, into), labels=labels)
    of = node.get(verb)
    if family.type == "stateset" and of:
        for key in ("minus", "unit", "absent"):
            if node.get(key):
                into.problems.append(node.key_problem(key, "has no meaning for a state"))
        state, labels = read_label(of, into), read_labels(node.get("labels"), into)
        return Update(family, "set", read_field(of, into), state=state, labels=labels)
    unit = string(node.get("unit")) or None
    minus = node.get("minus")
    return Update(
        family=family,
        verb=verb,
        of=read_field(of, into),
        minus=tuple(read_field(part, into) for part in (minus.elements() if minus else ())),
        **_table(of, into),
        unit=unit,
        scale=_scale(unit, family, node, into),
        time=unit == "time",
        skip_absent=node.has("absent"),
        estimate_absent=string(node.get("absent")) == "estimate",
        price_as=string(node.get("price_as")) or None,
        price_tier=_tier(node, into),
        labels=read_labels(node.get("labels"), into),
    )


def _tier(node: Node, into: Reading) -> LabelRule | None:
    tier = node.get("price_tier")
    return read_label(tier, into) if tier else None


class _Table(TypedDict):
    table: dict[str, float] | None
    table_other: float | None
    table_absent: float | None


def _table(of: Node | None, into: Reading) -> _Table:
    """Read how texts become numbers: `{of, map, else, absent}`."""
    parts = {key: of.get(key) for key in ("map", "else", "absent")} if of else {}
    for key in ("match", "classify"):
        if of and of.get(key):
            into.problems.append(
                of.key_problem(key, "gives a text, and a number is needed", "use map")
            )
    table, other, absent = parts.get("map"), parts.get("else"), parts.get("absent")
    return {
        "table": (
            {key: _float(value, into) for key, value in (table.items() if table else ())}
            if table or other or absent
            else None
        ),
        "table_other": _float(other, into) if other else None,
        "table_absent": _float(absent, into) if absent else None,
    }


def _float(node: Node, into: Reading) -> float:
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    into.wrong(node, "must be a number: only labels and states are texts")
    return 0.0


def _scale(unit: str | None, family: Family, node: Node, into: Reading) -> tuple[int, int]:
    if unit == "time":
        _check_time(family, node, into)
    if unit in (None, "time"):
        return (1, 1)
    scale = SCALES.get((str(unit), family.unit or ""))
    if scale is None:
        fits = [written for written, base in SCALES if base == family.unit]
        hint = f"it takes {', '.join(fits)}" if fits else "it has no unit; leave this out"
        into.wrong(node.get("unit") or node, f'"{unit}" does not become {family.name}', hint)
        return (1, 1)
    return scale


def _check_time(family: Family, node: Node, into: Reading) -> None:
    """A point in time is a gauge's value; the time between two may be any metric in seconds."""
    at, minus = node.get("unit") or node, node.get("minus")
    if minus is None and (family.type != "gauge" or family.unit != "s"):
        hint = "say where it began: minus" if family.unit == "s" else ""
        said = f"a point in time needs a gauge in seconds, and {family.name} is none"
        into.wrong(at, said, hint)
    elif minus and family.unit != "s":
        into.wrong(at, f"time is told in seconds, and {family.name} is not")
    elif minus and len(minus.elements()) > 1:
        into.wrong(
            minus, "must be one point in time", "write {of: [a, b]} for the first that is there"
        )


def _paired(rule: EventRule, node: Node, rules: list[EventRule], into: Reading) -> EventRule:
    """Hand the start's labels to its end and its abandonment; note labels that are lacking."""
    ends = rule.abandoned or (rule.pair.name if rule.pair and rule.pair.role == "end" else None)
    if ends is not None:
        starts = {r.pair.name: r for r in rules if r.pair and r.pair.role == "start"}
        start = starts.get(ends)
        if start is None:
            at = node.get("abandoned") or node.get("pair") or node
            into.wrong(at, f'no event starts a pair "{ends}"', nearest(ends, starts))
        else:
            own = {name: label for name, label in rule.labels.items() if name not in rule.kept}
            rule = replace(
                rule, labels={**start.labels, **own}, kept=frozenset(start.labels) - frozenset(own)
            )
    else:
        rule = replace(rule, kept=frozenset())
    if rule.pair and rule.pair.role == "start":
        first = next(
            r for r in rules if r.pair and r.pair.role == "start" and r.pair.name == rule.pair.name
        )
        if first.name != rule.name:
            at = node.get("pair", "start") or node
            into.wrong(at, f'"{first.name}" starts a pair "{rule.pair.name}" already')
    _check_labels(rule, node, into)
    check_estimates(rule, node, into)
    return rule


def _check_labels(rule: EventRule, node: Node, into: Reading) -> None:
    for update in rule.updates:
        family = update.family
        have = {**rule.labels, **update.labels}
        own_state = {family.state} if family.type == "stateset" else set()
        lacking = [label for label in family.labels if label not in have and label not in own_state]
        if lacking:
            at = _named(node, family.name)
            into.wrong(at, f"is given no label {', '.join(lacking)}", "add it under labels")
        for label in update.labels:
            if label not in family.labels:
                at = (node.get("update", family.name) or node).get("labels") or node
                into.label(at, label, family, key=True)
    if rule.pair and rule.pair.in_progress:
        lacking = [x for x in rule.pair.in_progress.labels if x not in rule.labels]
        if lacking:
            into.wrong(node, f"in_progress is given no label {', '.join(lacking)}")
