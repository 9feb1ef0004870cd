"""Rules that also move the histograms of others: a mapping's rules, each with its twins.

A twin takes what a rule's own updates have taken already, so that nothing is read, rejected or
remembered twice. Which rules count what, and when, stays as it was.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from spec.mapping import KEPT, Const, LabelRule, Path, Update

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spec.mapping import EventRule, Mapping
    from spec.model import Source
    from spec.model.names import OtherNames, Twin, Way, Ways
    from spec.node import Node
    from spec.reading import Reading


def with_names(sources: Iterable[Source], names: OtherNames | None) -> tuple[Source, ...]:
    """Give sources as the exporter is to read them, where names of others are asked for."""
    if names is None:
        return tuple(sources)
    return tuple(
        replace(source, mappings=tuple(named(one, names) for one in source.mappings))
        for source in sources
    )


def with_theirs(fed: frozenset[str], names: OtherNames | None) -> frozenset[str]:
    """Give the names of families that are fed, with those of others that are made of them."""
    made = names.made if names else ()
    return fed | {one.family.name for one in made if one.of in fed}


def check_names(
    names: OtherNames, at: Node | None, sources: Iterable[Source], own: Iterable[str], into: Reading
) -> None:
    """Note families and labels of the user's that would be there twice."""
    theirs = names.families
    labels = {label for family in theirs.values() for label in family.labels}
    mappings = [mapping for source in sources for mapping in source.mappings]
    moved = {u.family.name for m in mappings for event in m.events for u in event.updates}
    constants = {label for source in sources for label in source.labels}
    for name in sorted({*own, *moved} & theirs.keys()) if at else ():
        into.wrong(at, f"shows {name}, which is there already", "give your own another name")  # type: ignore[arg-type] # it is there
    for label in sorted(constants & labels) if at else ():
        message = f'shows metrics with a label "{label}", which a source adds too'
        into.wrong(at, message, "give the source's label another name")  # type: ignore[arg-type] # it is there


def named(mapping: Mapping, names: OtherNames) -> Mapping:
    """Give a mapping whose rules move the histograms of others, too."""
    return replace(mapping, events=tuple(_event(event, names) for event in mapping.events))


def _event(event: EventRule, names: OtherNames) -> EventRule:
    twins = [update for twin in names.twins for update in _twins(event, twin)]
    return replace(event, updates=(*event.updates, *twins))


def _twins(event: EventRule, twin: Twin) -> Iterator[Update]:
    """Give the updates of one histogram: one for each group, or for each that there is."""
    moved = [at for at, u in enumerate(event.updates) if u.family.name == twin.of and u.of]
    if twin.split is None:
        for at in moved:
            yield _update(event, twin, (at,), {})
        return
    label, into = twin.split
    groups: dict[str, list[int]] = {}
    for at in moved:
        value = _constant(event.updates[at].labels.get(label) or event.labels.get(label))
        if value in twin.groups:
            groups.setdefault(twin.groups[value], []).append(at)
    for value, together in groups.items():
        yield _update(event, twin, tuple(together), {into: LabelRule((Const(value),))})


def _constant(label: LabelRule | None) -> str:
    """Give the value of a label that the spec itself fixes, or a text that no label has."""
    parts = label.of if label else ()
    return parts[0].text if len(parts) == 1 and isinstance(parts[0], Const) else ""


def _update(
    event: EventRule, twin: Twin, together: tuple[int, ...], labels: dict[str, LabelRule]
) -> Update:
    first = event.updates[together[0]]
    made = {name: _label(event, first, ways) for name, ways in twin.labels.items()}
    return Update(
        twin.family, "observe", scale=first.scale, labels={**labels, **made}, together=together
    )


def _label(event: EventRule, update: Update, ways: Ways) -> LabelRule:
    """Make a label's rule by the first way that there is."""
    for way in ways:
        if way.label is None:
            return LabelRule((Const(way.text),), absent=way.text)
        if way.label in update.labels:
            return changed_rule(update.labels[way.label], way)
        if way.label in event.kept:
            return changed_rule(LabelRule((Path((KEPT, way.label)),), absent=""), way)
        if way.label in event.labels:
            return changed_rule(event.labels[way.label], way)
    return LabelRule((Const(""),), absent="")


def changed_rule(rule: LabelRule, way: Way) -> LabelRule:
    """Make a rule that gives what `way` makes of what another rule gives."""
    if way.table is None and not way.classes:
        return rule
    absent = changed(rule.absent, way)
    if rule.table is None and not rule.classes:
        return replace(rule, table=way.table, classes=way.classes, other=way.other, absent=absent)
    if rule.classes:
        classes = tuple((changed(name, way), sign) for name, sign in rule.classes)
        other = changed("other" if rule.other is None else rule.other, way)
        return replace(rule, classes=classes, other=other, absent=absent)
    table = {text: changed(value, way) for text, value in (rule.table or {}).items()}
    if rule.other is not None:
        return replace(rule, table=table, other=changed(rule.other, way), absent=absent)
    if way.table is not None:
        return replace(rule, table={**way.table, **table}, other=way.other, absent=absent)
    exact = tuple((value, f"^{re.escape(text)}$") for text, value in table.items())
    return replace(rule, table=None, classes=(*exact, *way.classes), other=way.other, absent=absent)


def changed(text: str, way: Way) -> str:
    """Give what a way makes of a label's value."""
    otherwise = text if way.other is None else way.other
    if way.table is not None:
        return way.table.get(text, otherwise)
    return next((name for name, sign in way.classes if re.search(sign, text)), otherwise)
