"""Formats: a block of bytes to events and rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.formats.json_lines import JsonLines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exporter.formats.decoded import Format
    from exporter.formats.shape import Shape

# Each is made from the key that tells kinds of lines apart, and what is read of each kind.
FORMATS: dict[str, Callable[[str | None, Mapping[str | None, Shape]], Format]] = {
    "json": JsonLines,
}
