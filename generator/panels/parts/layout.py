"""Where panels stand: from left to right in 24 columns, wrapped, row under row."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from spec.panel_widths import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spec.model import Panel, Row


def flow(panels: Sequence[Panel], top: int) -> tuple[list[tuple[int, int]], int]:
    """Place panels from the grid line `top` on: each one's (x, y), and the first free line."""
    places: list[tuple[int, int]] = []
    x, y, tallest = 0, top, 0
    for panel in panels:
        if x + panel.width > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        places.append((x, y))
        x += panel.width
        tallest = max(tallest, panel.height)
    return places, y + tallest


def ids(rows: Sequence[Row]) -> Iterator[int]:
    """Number rows and their panels, in this order: a row, then its panels.

    A number comes from the titles, so that links to a panel outlive new neighbours.
    """
    taken: set[int] = set()
    for row in rows:
        for title in ("", *(panel.title for panel in row.panels)):
            number = zlib.crc32(f"{row.title}/{title}".encode()) % 1_000_000 + 1
            while number in taken:
                number += 1
            taken.add(number)
            yield number
