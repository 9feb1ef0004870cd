"""Dashboards: from nodes to typed rows, panels and queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from spec.model import Dashboard, Expr, Panel, PanelQuery, Row
from spec.panel_widths import width_of
from spec.problems import nearest
from spec.read_queries import PANEL_KINDS, kind_of, read_query
from spec.reading import constants, integer, string, texts

if TYPE_CHECKING:
    from spec.node import Node
    from spec.reading import Reading

_STAT_HEIGHT, _HEIGHT = 4, 8
_NEEDS_NO_QUERY = ("text", "alerts")
COMMON_OPTIONS = ("decimals", "min", "max", "colors", "states", "grafana")
"""Settings of every panel."""
OWN_OPTIONS = {
    "stat": ("color", "limit", "order"), "timeseries": ("draw", "legend", "stack"),
    "table": ("color", "columns", "limit", "links", "order", "sort"),
    "bargauge": ("limit", "order"), "text": ("content",),
}  # fmt: skip
"""Settings of a panel beside the common ones, by what it shows."""
_GIVEN_VARIABLES = ("datasource", "job", "instance")


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
    _check_variables(node.get("variables"), into)
    return Dashboard(
        name=name,
        title=string(node.get("title"), name.capitalize()),
        description=string(node.get("description")),
        span=string(node.get("span"), "now-6h"),
        refresh=string(node.get("refresh"), "5s"),
        variables=texts(node.get("variables")),
        annotations=constants(annotations),
        rows=tuple(_row(row, into) for row in (rows.elements() if rows else [])),
        origin=node,
    )


def _check_variables(node: Node | None, into: Reading) -> None:
    """Note drop-downs that would have no values, or are there anyway."""
    labels = {label for family in into.families.values() for label in family.labels}
    for label in node.elements() if node else ():
        name = string(label)
        if name in _GIVEN_VARIABLES:
            into.wrong(label, f'"{name}" is on every dashboard already', "leave it out")
        elif name and name not in labels and not into.unsure:
            into.wrong(label, f'no metric has a label "{name}"', nearest(name, labels))


def _check_options(node: Node | None, show: str, into: Reading) -> None:
    """Note settings that this visualisation does not know; the schema has seen to the others."""
    known = (*COMMON_OPTIONS, *OWN_OPTIONS.get(show, ()))
    for name, option in node.items() if node else ():
        if any(name in names for names in OWN_OPTIONS.values()) and name not in known:
            hint = f"it takes {', '.join(sorted(known))}"
            into.problems.append(node.key_problem(name, f"means nothing to {show}", hint))  # type: ignore[union-attr] # only a node has items
        elif name == "color" and isinstance(option.value, list) != (show == "table"):
            wants = "a list of columns" if show == "table" else "a text such as background"
            into.wrong(option, f"must be {wants}")


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
    steps = node.get("steps")
    options = node.get("options")
    _check_options(options, show, into)
    queries = tuple(q for q in (_query(n, into) for n in nodes) if q)
    if not node.has("unit") and any(isinstance(q.query, Expr) for q in queries):
        into.wrong(node, "asks in PromQL, which has no unit", "add unit: short, s, percentunit, …")
    return Panel(
        title=string(node.get("title")),
        show=show,
        queries=queries,
        description=string(node.get("description")),
        unit=string(node.get("unit")),
        since=string(node.get("since")),
        steps=_steps(steps),
        width=width_of(node),
        height=integer(node.get("height"), _STAT_HEIGHT if show == "stat" else _HEIGHT),
        options=cast("dict[str, Any]", options.plain()) if options else {},
        origin=node,
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
    return PanelQuery(query, by, string(node.get("legend")), string(node.get("name")), node)
