"""A preset's mapping: its events, checked against the families that they move."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from spec.mapping import EventRule, LabelRule, Mapping, Pair, Streak, Update
from spec.problems import nearest
from spec.read_fields import read_field, read_key, read_label, read_labels, read_path, read_test
from spec.reading import duration, integer, string, texts
from spec.units import SCALES

if TYPE_CHECKING:
    from spec.model import Family
    from spec.node import Node
    from spec.reading import Reading

_VERBS = {
    "counter": ("inc", "add"), "histogram": ("observe",), "gauge": ("set",),
    "stateset": ("set",), "info": ("set",),
}  # fmt: skip
_HOUR = Fraction(3600)


def read_mapping(name: str, root: Node, into: Reading) -> Mapping:
    """Read a preset's own part: format, time, labels and events."""
    time = root.get("time")
    unit = time.get("unit") if time else None
    common = read_labels(root.get("labels"), into)
    events = root.get("events")
    nodes = events.elements() if events else []
    rules = [_event(node, common, into) for node in nodes]
    return Mapping(
        name=name,
        format=string(root.get("format"), "json"),
        files=string(root.get("files"), "**/*"),
        time=read_field(time),
        time_unit=string(unit) if unit else None,
        events=tuple(
            _paired(rule, node, rules, into) for rule, node in zip(rules, nodes, strict=True)
        ),
    )


def _event(node: Node, common: dict[str, LabelRule], into: Reading) -> EventRule:
    own = read_labels(node.get("labels"), into)
    labels = {**common, **own}
    updates = []
    update = node.get("update")
    for name, moves in update.items() if update else ():
        family = into.family(_named(node, name))
        if family:
            updates += [_update(family, move, into) for move in moves.elements()]
    when, each, dedupe = node.get("when"), node.get("each"), node.get("dedupe")
    streak = node.get("streak")
    return EventRule(
        name=string(node.get("name")),
        when=tuple(read_test(p, t, into) for p, t in (when.items() if when else ())),
        each=tuple((n, read_path(string(p))) for n, p in (each.items() if each else ())),
        labels=labels,
        updates=tuple(updates),
        dedupe=read_key(dedupe, into) if dedupe else None,
        streak=_streak(streak, into) if streak else None,
        pair=_pair(node.get("pair"), into),
        abandoned=string(node.get("abandoned")) or None,
        kept=frozenset(common) - frozenset(own),
    )


def _named(node: Node, key: str) -> Node:
    """Give a node for a key's own text, at the key's place."""
    update = node.get("update") or node
    return replace(node, value=key, mark=update.keys.get(key, node.mark), path=(*update.path, key))


def _streak(node: Node, into: Reading) -> Streak:
    of = tuple(p for t in texts(node.get("of")) for p in read_field(replace(node, value=t)))
    return Streak(of, read_key(node.get("by"), into), integer(node.get("at"), 2))


def _pair(node: Node | None, into: Reading) -> Pair | None:
    if node is None:
        return None
    start, end = node.get("start"), node.get("end")
    if (start is None) == (end is None):
        into.wrong(node, "must be a start or an end")
    gauge = into.family(node.get("in_progress"))
    return Pair(
        name=string(start or end),
        role="start" if start else "end",
        by=read_key(node.get("by"), into),
        in_progress=gauge,
        within=float(duration(node.get("within"), _HOUR)),
    )


def _update(family: Family, node: Node, into: Reading) -> Update:
    allowed = _VERBS[family.type]
    if node.value == "inc":
        if "inc" not in allowed:
            into.wrong(node, f"cannot inc: {family.name} is a {family.type}", f"use {allowed[0]}")
        return Update(family, "inc")
    verb = next((v for v in ("add", "observe", "set") if node.get(v)), None)
    if verb is None or verb not in allowed:
        said = f"cannot {verb}" if verb else "does nothing"
        into.wrong(node, f"{said}: {family.name} is a {family.type}", f"use {allowed[0]}")
        return Update(family, "inc")
    of = node.get(verb)
    table = of.get("map") if of else None
    absent = of.get("absent") if of else None
    unit = string(node.get("unit")) or None
    return Update(
        family=family,
        verb="add" if verb == "add" else "observe" if verb == "observe" else "set",
        of=read_field(of),
        minus=tuple((read_path(t),) for t in texts(node.get("minus"))),
        table={k: _float(v, into) for k, v in table.items()} if table else None,
        table_absent=_float(absent, into) if table and absent else None,
        unit=unit,
        scale=_scale(unit, family, node, into),
        time=unit == "time",
        skip_absent=string(node.get("absent")) == "skip",
        state=read_label(of, into) if of and family.type == "stateset" else None,
        labels=read_labels(node.get("labels"), into),
    )


def _float(node: Node, into: Reading) -> float:
    if isinstance(node.value, int | float):
        return float(node.value)
    into.wrong(node, "must be a number: the family is a gauge")
    return 0.0


def _scale(unit: str | None, family: Family, node: Node, into: Reading) -> tuple[int, int]:
    if unit in (None, "time"):
        return (1, 1)
    scale = SCALES.get((str(unit), family.unit or ""))
    if scale is None:
        fits = [written for written, base in SCALES if base == family.unit]
        hint = f"it takes {', '.join(fits)}" if fits else "it has no unit; leave this out"
        into.wrong(node.get("unit") or node, f'"{unit}" does not become {family.name}', hint)
        return (1, 1)
    return scale


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
    _check_labels(rule, node, into)
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
