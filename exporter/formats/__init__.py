"""Formats: a block of bytes to events and rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.formats.document import Document
from exporter.formats.envelope_cutter import EnvelopeCutter
from exporter.formats.envelopes import ENVELOPES
from exporter.formats.json_lines import JsonLines
from exporter.formats.json_prefix import PrefixedJson
from exporter.formats.json_stream import JsonStream, ObjectCutter
from exporter.formats.kinds import Kinds
from exporter.formats.logfmt import Logfmt
from exporter.formats.otlp import Otlp
from exporter.formats.otlp_cutter import RequestCutter
from exporter.formats.text import Text
from exporter.formats.wrapped import Unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Map

    from exporter.formats.decoded import Format
    from exporter.formats.shape import Shape
    from exporter.model import Cutter
    from spec.mapping import Mapping

# Each is made from the kinds of lines and the mapping, whose options it may read.
FORMATS: dict[str, Callable[[Kinds, Mapping], Format]] = {
    "json": JsonLines,
    "json-stream": JsonStream,
    "document": Document,
    "logfmt": Logfmt,
    "text": Text,
    "otlp": Otlp,
}

# How streams are cut whose records are not lines; all others are read by line.
CUTTERS: dict[str, Callable[[], Cutter]] = {"json-stream": ObjectCutter, "otlp": RequestCutter}


def make_format(
    mappings: tuple[Mapping, ...],
    wrapped: str,
    tag_field: str | None,
    shapes: Map[str | None, Shape],
) -> Format:
    """Make the decoder of a source, whose mappings agree on the format and its options.

    `wrapped` names the envelope of the lines, or is "". `tag_field` and `shapes` are those of
    `Kinds`.
    """
    mapping = mappings[0]
    make = FORMATS[mapping.format] if mapping.prefix is None else PrefixedJson
    inner = make(Kinds(tag_field, shapes), mapping)
    return Unwrapped(inner, ENVELOPES[wrapped]()) if wrapped else inner


def cutter_for(mapping: Mapping, wrapped: str = "") -> Callable[[], Cutter] | None:
    """Tell how each stream of a source is cut into whole records; None where they are lines."""
    if wrapped:
        return lambda: EnvelopeCutter(ENVELOPES[wrapped]())
    return CUTTERS.get(mapping.format)
