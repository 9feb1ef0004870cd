"""How wide panels are, and how those that are left fill the lines of others that are not there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spec.reading import integer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from spec.node import Node

COLUMNS = 24
"""Columns of a dashboard."""

_STAT, _OTHER = 4, 12


def width_of(panel: Node) -> int:
    """Give the columns that a panel takes."""
    show = panel.get("show")
    return integer(panel.get("width"), _STAT if show and show.text() == "stat" else _OTHER)


def filled(panels: Iterable[Node], kept: Callable[[Node], Node | None]) -> list[Node]:
    """Give what is kept of a row's panels; what is left of a line is widened until it fills it."""
    lines: list[list[Node]] = [[]]
    for panel in panels:
        if sum(map(width_of, lines[-1])) + width_of(panel) > COLUMNS:
            lines.append([])
        lines[-1].append(panel)
    return [panel for line in lines for panel in _line(line, kept)]


def _line(panels: list[Node], kept: Callable[[Node], Node | None]) -> list[Node]:
    left = [found for panel in panels if (found := kept(panel))]
    if len(left) in {0, len(panels)}:
        return left
    room, total = sum(map(width_of, panels)), sum(map(width_of, left))
    widths = [width_of(panel) * room // total for panel in left]
    widths[-1] += room - sum(widths)
    return [_widened(panel, width) for panel, width in zip(left, widths, strict=True)]


def _widened(panel: Node, width: int) -> Node:
    entries = dict(panel.items())
    entries["width"] = replace(entries.get("width", panel), value=width, keys={})
    return replace(panel, value=entries)
