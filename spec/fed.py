"""What a spec's sources feed, and so which parts of the catalogue a fleet can use."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from spec.label_values import label_values, values_of
from spec.mapping import UNPRICED
from spec.model import Ratio
from spec.panel_widths import filled
from spec.read_queries import ALERT_KINDS, PANEL_KINDS
from spec.reading import PROMETHEUS_FAMILIES, read_where
from spec.sessions import fed_by_sessions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from collections.abc import Mapping as Map

    from spec.model import Family, Matcher, Measured, Record, Source
    from spec.node import Node

# What every exporter shows, whatever it reads.
_OWN = "agentgauge_"
# Moved by the exporter itself with every event of an agent that has a time.
_BY_ITSELF = "agent_last_event_timestamp_seconds"
_PARTS = re.compile(r"_(?:bucket|sum|count)$")
_WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


@dataclass(frozen=True, slots=True)
class Fed:
    """What there is to read: families by name, and of those that rules move the ways they do.

    A way says for each label which values it can have; a label that it leaves out can have any.
    """

    names: frozenset[str]
    ways: Map[str, tuple[Map[str, tuple[str, ...]], ...]] = field(default_factory=dict)

    def gives(self, asked: Asked) -> bool:
        """Tell whether anything can be there of a family under some conditions."""
        if asked.family not in self.names:
            return False
        ways = self.ways.get(asked.family)
        return ways is None or any(
            all(_fits(matcher, way.get(matcher.label)) for matcher in asked.where) for way in ways
        )


class Asked(NamedTuple):
    """A family that a query reads, and the conditions on its labels."""

    family: str
    where: tuple[Matcher, ...] = ()


def _fits(matcher: Matcher, values: tuple[str, ...] | None) -> bool:
    return values is None or any((v in matcher.values) != matcher.negated for v in values)


def fed_ways(sources: Iterable[Source]) -> dict[str, tuple[Map[str, tuple[str, ...]], ...]]:
    """Give how sources' rules move families: which values the labels can have."""
    found: dict[str, tuple[Map[str, tuple[str, ...]], ...]] = {}
    for event in (event for s in sources for mapping in s.mappings for event in mapping.events):
        for update in event.updates:
            name = update.family.name
            known = {label: label_values(event, update, label) for label in update.family.labels}
            if update.state is not None and update.family.state:
                known[update.family.state] = values_of(update.state)
            way = {label: values for label, values in known.items() if values is not None}
            found[name] = (*found.get(name, ()), way)
        if event.pair and event.pair.in_progress:
            name = event.pair.in_progress.name
            found[name] = (*found.get(name, ()), {})
    return found


def fed_families(sources: Iterable[Source], known: Iterable[str]) -> frozenset[str]:
    """Name the families that sources feed, with those that are there without any source."""
    found = {name for name in known if name.startswith(_OWN)} | set(PROMETHEUS_FAMILIES)
    for source in sources:
        for mapping in source.mappings:
            if mapping.time:
                found.add(_BY_ITSELF)
            found.update(fed_by_sessions(mapping))
            for event in mapping.events:
                found |= {update.family.name for update in event.updates}
                if any(u.verb == "estimate" or u.estimate_absent for u in event.updates):
                    found.add(UNPRICED)
                if event.pair and event.pair.in_progress:
                    found.add(event.pair.in_progress.name)
    return frozenset(found)


def fitting(catalogue: Node, fed: Fed, known: Map[str, Family], asked: Node) -> Node:
    """Leave out of a catalogue what reads families that nothing feeds.

    Alerts that the user's file (`asked`) speaks of stay: they want them, and `check` tells what
    they lack. A dashboard that it speaks of has at least the panels that have data.
    """
    sections = dict(catalogue.items())
    if alerts := sections.get("alerts"):
        kept = {
            name: entry
            for name, entry in alerts.items()
            if asked.get("alerts", name) or all(map(fed.gives, _reads(entry, ALERT_KINDS, known)))
        }
        sections["alerts"] = replace(alerts, value=kept)
    if boards := sections.get("dashboards"):
        made = {
            name: _board(board, fed, known) or (board if asked.get("dashboards", name) else None)
            for name, board in boards.items()
        }
        sections["dashboards"] = replace(boards, value={k: v for k, v in made.items() if v})
    return replace(catalogue, value=sections)


def fed_records(records: Iterable[Record], fed: Fed, asked: Node) -> tuple[Record, ...]:
    """Leave out of scores the parts that nothing feeds, but not what the user's file speaks of."""
    kept = []
    for record in records:
        own = asked.get("records", record.name, "parts")
        parts = tuple(
            part
            for part in record.parts
            if (own and own.get(part.name)) or all(map(fed.gives, _selections(part.of)))
        )
        if parts:
            kept.append(replace(record, parts=parts))
    return tuple(kept)


def kept_scores(scores: Node, kept: Iterable[Record]) -> Node:
    """Leave out of the section of scores what was left out of the scores themselves."""
    names = {record.name: {part.name for part in record.parts} for record in kept}
    left = {}
    for name, entry in scores.items():
        parts = entry.get("parts")
        if name not in names or parts is None:
            continue
        fed = {part: of for part, of in parts.items() if part in names[name]}
        value = {**dict(entry.items()), "parts": replace(parts, value=fed)}
        left[name] = replace(entry, value=value)
    return replace(scores, value=left)


def _selections(of: Measured) -> list[Asked]:
    read = [of.part, of.of] if isinstance(of, Ratio) else [of.of]
    return [Asked(selection.metric, selection.where) for selection in read]


def _board(board: Node, fed: Fed, known: Map[str, Family]) -> Node | None:
    """Leave out panels without data, then rows without panels; None where nothing is left."""
    parts = dict(board.items())
    rows = parts.get("rows")
    kept = list(_rows(rows, fed, known)) if rows else []
    if rows and not any(_asks(row) for row in kept):
        return None
    if rows:
        parts["rows"] = replace(rows, value=kept)
    if listed := parts.get("variables"):
        labels = {label for name in fed.names if name in known for label in known[name].labels}
        few = [label for label in listed.elements() if label.text() in labels]
        parts["variables"] = replace(listed, value=few)
    if marks := parts.get("annotations"):
        parts["annotations"] = replace(
            marks,
            value={title: metric for title, metric in marks.items() if metric.text() in fed.names},
        )
    return replace(board, value=parts)


def _rows(rows: Node, fed: Fed, known: Collection[str]) -> Iterator[Node]:
    """Give rows with the panels that have data."""
    for row in rows.elements():
        panels = row.get("panels")
        if panels is None:
            yield row
            continue
        kept = filled(panels.elements(), lambda panel: _panel(panel, fed, known))
        if kept:
            value = {**dict(row.items()), "panels": replace(panels, value=kept)}
            yield replace(row, value=value)


def _panel(panel: Node, fed: Fed, known: Collection[str]) -> Node | None:
    """Leave out queries without data; None where none is left."""
    parts = dict(panel.items())
    query, queries = parts.get("query"), parts.get("queries")
    if query and not all(map(fed.gives, _reads(query, PANEL_KINDS, known))):
        return None
    if queries:
        kept = [q for q in queries.elements() if all(map(fed.gives, _reads(q, PANEL_KINDS, known)))]
        if not kept:
            return None
        parts["queries"] = replace(queries, value=kept)
    return replace(panel, value=parts)


def _asks(row: Node) -> bool:
    panels = row.get("panels")
    return any(
        panel.has("query") or panel.has("queries")
        for panel in (panels.elements() if panels else ())
    )


def _reads(query: Node, kinds: tuple[str, ...], known: Collection[str]) -> Iterator[Asked]:
    """Name what a query reads; of PromQL, every word that is a family's name."""
    for kind in kinds:
        asked = query.get(kind)
        if asked is None:
            continue
        if kind == "anomaly":
            yield from _reads(asked, PANEL_KINDS, known)
        elif kind == "ratio":
            sides = [side for name in ("part", "of") if (side := asked.get(name))]
            for side in sides:
                yield from _named(side.get("metric"), read_where(side.get("where")), known)
        else:
            where = asked.get("where") or query.get("where")
            yield from _named(asked.get("metric") or asked, read_where(where), known)


def _named(
    node: Node | None, where: tuple[Matcher, ...], known: Collection[str]
) -> Iterator[Asked]:
    for word in _WORD.findall((node and node.text()) or ""):
        for name in {word, _PARTS.sub("", word)}:
            if name in known:
                yield Asked(name, where)
