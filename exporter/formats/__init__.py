"""Formats: a block of bytes to events and rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.formats.json_lines import JsonLines

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.formats.decoded import Format
    from exporter.mapping.plan import Plan

FORMATS: dict[str, Callable[[Plan], Format]] = {
    "json": JsonLines,
}
