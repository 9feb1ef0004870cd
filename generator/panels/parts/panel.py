"""A spec's panel, whole: its kind's settings, common options, colours and queries together."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from grafanalib.core import GridPos

from generator.panels.parts.colours import OF_LABEL
from generator.panels.parts.envelope import SOURCE, Visual
from generator.panels.parts.fields import fixed, override, thresholds, value_mappings
from generator.panels.parts.query import queries
from generator.panels.parts.units import unit_of
from generator.panels.parts.visualisation import COMMON, Subject
from spec.model import Expr, Increase
from spec.problems import nearest
from spec.quantities import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from generator.panels.parts.envelope import Json
    from generator.panels.parts.visualisation import Look, Surroundings, Visualisation
    from spec.model import Panel

_SHORTEST_BAR = 60.0
# A bar counts over its step and one scrape more; over many scrapes the surplus is small.
_SCRAPES_A_BAR = 8
_MOST_QUERIES = 26


def problems(panel: Panel, kinds: Map[str, Visualisation]) -> Iterator[tuple[str, str]]:
    """Find what is wrong with a panel that only its kind can tell: (message, hint)."""
    kind = kinds.get(panel.show)
    if kind is None:
        yield f"unknown visualisation {panel.show!r}", nearest(panel.show, kinds)
        return
    known = COMMON | kind.options
    for name in panel.options:
        if name not in known:
            yield f"unknown option {name!r} of {panel.show}", nearest(name, known)
    if len(panel.queries) > _MOST_QUERIES:
        yield f"{len(panel.queries)} queries", f"at most {_MOST_QUERIES}"
    if not panel.unit and any(isinstance(q.query, Expr) for q in panel.queries):
        yield "PromQL has no unit of its own", "add unit: short, s, percentunit, …"


def visual(
    panel: Panel, kind: Visualisation, around: Surroundings, number: int, place: tuple[int, int]
) -> Visual:
    """Make Grafana's panel, with its id and its place (x, y) in the grid."""
    panel = panel if panel.queries else replace(panel, queries=kind.built_in(around))
    units = tuple(_unit(panel, index, around) for index in range(len(panel.queries)))
    unit = panel.unit or (units[0] if units else "")
    look = kind.look(Subject(panel, unit, units, around.runbooks, around.boards))
    x, y = place
    settings: Json = {
        # Copies: grafanalib lays `extraJson` over all the rest.
        "dataSource": dict(SOURCE) if panel.queries else None,
        "defaults": _defaults(panel, kind, unit, look),
        "description": panel.description,
        "extraJson": deepcopy(panel.options.get("grafana")),
        "gridPos": GridPos(h=panel.height, w=panel.width, x=x, y=y),
        "id": number,
        "interval": _shortest_step(panel, around) if kind.timing == "range" else None,
        "maxDataPoints": None,
        "options": look.options,
        "overrides": [*_colours(panel, around), *look.overrides],
        "targets": queries(panel, kind, units, around),
        "timeFrom": panel.since or None,
        "title": panel.title,
        "transformations": list(look.transformations),
        "type": kind.type,
    }
    return Visual(**settings)


def _unit(panel: Panel, index: int, around: Surroundings) -> str:
    """Say a query's unit: in a table of several each has its own, else the panel's comes first."""
    own = unit_of(panel.queries[index].query, around.families)
    several = panel.show == "table" and len(panel.queries) > 1
    return (own or panel.unit) if several else (panel.unit or own)


def _defaults(panel: Panel, kind: Visualisation, unit: str, look: Look) -> Json:
    defaults = deepcopy(look.defaults)
    if kind.format == "table":
        # Labels are formatted too, and no label is a point in time: columns have their own units.
        defaults["unit"] = "short"
    elif unit:
        defaults["unit"] = unit
    if look.custom:
        defaults["custom"] = look.custom
    if panel.steps:
        defaults["thresholds"] = thresholds(panel.steps)
    elif defaults.get("color") == {"mode": "thresholds"}:
        # Grafana would make everything above 80 red.
        defaults["thresholds"] = thresholds([(None, "text")])
    states = panel.options.get("states")
    if isinstance(states, dict):
        defaults["mappings"] = value_mappings(states)
    settings = {
        key: panel.options[key] for key in ("decimals", "max", "min") if key in panel.options
    }
    return defaults | settings


def _colours(panel: Panel, around: Surroundings) -> list[Json]:
    """Colour series that are named after a value whose meaning is known, such as `failure`."""
    chosen = panel.options.get("colors")
    colours = {str(k): str(v) for k, v in chosen.items()} if isinstance(chosen, dict) else {}
    for query in panel.queries:
        if len(query.by) == 1 and not query.name:
            known = OF_LABEL.get(query.by[0], {})
            fixed_values = _values(query.by[0], around)
            colours = {v: c for v, c in known.items() if v in fixed_values} | colours
    return [override(name, color=fixed(colour)) for name, colour in colours.items()]


def _values(label: str, around: Surroundings) -> set[str]:
    return {v for family in around.families.values() for v in family.values.get(label, ())}


def _shortest_step(panel: Panel, around: Surroundings) -> str | None:
    """Keep bars from becoming so narrow that counts between scrapes are seen twice."""
    counts = any(isinstance(q.query, Increase) and q.query.per is None for q in panel.queries)
    step = max(_SHORTEST_BAR, _SCRAPES_A_BAR * around.scrape)
    return format_duration(step) if counts else None
