"""Dashboards: from nodes to typed rows, panels and queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from spec.model import Dashboard, Panel, PanelQuery, Row
from spec.read_queries import PANEL_KINDS, kind_of, read_query
from spec.reading import constants, integer, string, texts

if TYPE_CHECKING:
    from spec.node import Node
    from spec.reading import Reading

_STAT_SIZE = (4, 4)
_SIZE = (12, 8)
_NEEDS_NO_QUERY = ("text", "alerts")


def read_dashboards(node: Node | None, into: Reading) -> tuple[Dashboard, ...]:
    """Read dashboards; those that are switched off (`false`) are left out."""
    return tuple(
        _dashboard(name, entry, into)
        for name, entry in (node.items() if node else ())
        if entry.value is not False
    )


def _dashboard(name: str, node: Node, into: Reading) -> Dashboard:
    annotations = node.get("annotations")
    for _, metric in annotations.items() if annotations else ():
        into.family(metric)
    rows = node.get("rows")
    return Dashboard(
        name=name,
        title=string(node.get("title"), name.capitalize()),
        description=string(node.get("description")),
        span=string(node.get("span"), "now-6h"),
        refresh=string(node.get("refresh"), "5s"),
        variables=texts(node.get("variables")),
        annotations=constants(annotations),
        rows=tuple(_row(row, into) for row in (rows.elements() if rows else [])),
    )


def _row(node: Node, into: Reading) -> Row:
    panels = node.get("panels")
    return Row(
        title=string(node.get("title")),
        panels=tuple(_panel(panel, into) for panel in (panels.elements() if panels else [])),
        collapsed=string(node.get("collapsed")) == "true",
    )


def _panel(node: Node, into: Reading) -> Panel:
    show = string(node.get("show"))
    nodes = [*(q for q in [node.get("query")] if q), *_elements(node.get("queries"))]
    asks = node.has("query") or node.has("queries")
    if not asks and show not in _NEEDS_NO_QUERY:
        into.wrong(node, "asks for nothing", "add a query")
    width, height = _STAT_SIZE if show == "stat" else _SIZE
    steps = node.get("steps")
    options = node.get("options")
    return Panel(
        title=string(node.get("title")),
        show=show,
        queries=tuple(q for q in (_query(n, into) for n in nodes) if q),
        description=string(node.get("description")),
        unit=string(node.get("unit")),
        since=string(node.get("since")),
        steps=_steps(steps),
        width=integer(node.get("width"), width),
        height=integer(node.get("height"), height),
        options=cast("dict[str, Any]", options.plain()) if options else {},
    )


def _steps(node: Node | None) -> tuple[tuple[float | None, str], ...]:
    steps = []
    for at, colour in node.items() if node else ():
        try:
            steps.append((None if at == "base" else float(at), string(colour)))
        except ValueError:  # the schema has said so
            continue
    return tuple(steps)


def _elements(node: Node | None) -> list[Node]:
    return node.elements() if node else []


def _query(node: Node, into: Reading) -> PanelQuery | None:
    kind = kind_of(node, PANEL_KINDS, into)
    query, families = read_query(kind, node, into) if kind else (None, ())
    by = into.by(node.get("by"), families)
    if query is None:
        return None
    return PanelQuery(query, by, string(node.get("legend")), string(node.get("name")))
