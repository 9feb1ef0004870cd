"""Dashboards: panels that came, went, or show something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator.difference.change import Change, compare, from_to, leaves, named
from generator.difference.expressions import expression_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Json = dict[str, Any]

# What is told apart from the rest of a panel, or is not worth a word.
_TOLD = {"targets", "fieldConfig", "gridPos", "description", "id", "panels", "collapsed"}


def dashboard_changes(old: Json | None, new: Json | None) -> Iterator[Change]:
    """Tell that a dashboard came or went, or what of it changed."""
    here = (new or old or {}).get("title", "?")
    if old is None or new is None:
        size = _count(len(_panels(new or old or {})), "panel")
        yield Change("+" if new else "-", f"{here}, of {size}")
        return
    yield from compare({here: old}, {here: new}, _itself)
    were, are = _panels(old), _panels(new)
    word = f"{here}:"
    yield from compare(were, are, _panel, f"{word} panel", _new_panel)
    moved = [
        name
        for name, one in are.items()
        if name in were and were[name]["gridPos"] != one["gridPos"]
    ]
    if moved:
        yield Change("~", f"{word} {_count(len(moved), 'panel')} moved")
    for key, thing in (("templating", "variable"), ("annotations", "annotation")):
        were, are = (named((one["name"], one) for one in _list(board, key)) for board in (old, new))
        yield from compare(were, are, leaves, f"{word} {thing}")


def _itself(old: Json, new: Json) -> Iterator[str]:
    apart = {"panels", "templating", "annotations", "id"}
    for key in dict.fromkeys([*old, *new]):
        if key not in apart:
            yield from leaves(old.get(key), new.get(key), key)


def _panels(board: Json) -> dict[str, Any]:
    """Give panels by their title, and the row that it stands in where titles repeat."""
    return named((_name(row, one), one) for row, one in _rows(board.get("panels", ())))


def _rows(panels: Iterable[Json]) -> Iterator[tuple[str, Json]]:
    row = ""
    for panel in panels:
        if panel.get("type") == "row":
            row = panel.get("title", "")
            yield from ((row, one) for one in panel.get("panels", ()))
        else:
            yield row, panel


def _name(row: str, panel: Json) -> str:
    title = panel.get("title") or f"without a title ({panel.get('type')})"
    return f"{row} / {title}" if row else title


def _new_panel(panel: Json) -> Iterator[str]:
    yield f"visualisation: {panel.get('type')}"
    for query in panel.get("targets", ()):
        yield f"query {query.get('refId', '?')}: {query.get('expr', '')}"


def _panel(old: Json, new: Json) -> Iterator[str]:
    yield from from_to("visualisation", old.get("type"), new.get("type"))
    were, are = (
        {one.get("refId", "?"): one for one in side.get("targets", ())} for side in (old, new)
    )
    for ref in dict.fromkeys([*were, *are]):
        yield from _query(ref, were.get(ref), are.get(ref))
    one, other = (side.get("fieldConfig", {}).get("defaults", {}) for side in (old, new))
    yield from from_to("unit", one.get("unit"), other.get("unit"))
    yield from from_to("thresholds", _thresholds(one), _thresholds(other))
    if old.get("description") != new.get("description"):
        yield "description: text changed"
    if _rest(old) != _rest(new):
        yield "options changed"


def _query(ref: str, old: Json | None, new: Json | None) -> Iterator[str]:
    if old is None or new is None:
        yield f"query {ref}: {'new' if new else 'gone'}"
        return
    yield from expression_changes(old.get("expr", ""), new.get("expr", ""), f"query {ref}")
    yield from from_to(f"legend {ref}", old.get("legendFormat"), new.get("legendFormat"))


def _thresholds(defaults: Json) -> str:
    steps = defaults.get("thresholds", {}).get("steps", ())
    return ", ".join(
        step["color"] if step["value"] is None else f"{step['color']} from {step['value']:g}"
        for step in steps
    )


def _rest(panel: Json) -> Json:
    """Give what no other line tells: options, overrides, the details of queries."""
    rest = {key: value for key, value in panel.items() if key not in _TOLD}
    config = panel.get("fieldConfig", {})
    told = {"unit", "thresholds"}
    rest["defaults"] = {k: v for k, v in config.get("defaults", {}).items() if k not in told}
    rest["overrides"] = config.get("overrides", [])
    rest["targets"] = [
        {key: value for key, value in one.items() if key not in {"expr", "legendFormat"}}
        for one in panel.get("targets", ())
    ]
    return rest


def _list(board: Json, key: str) -> list[Json]:
    found: list[Json] = board.get(key, {}).get("list", [])
    return found


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
