"""A whole JSON document as one event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.formats.json_lines import JsonLines

if TYPE_CHECKING:
    from exporter.formats.decoded import Decoded


class Document(JsonLines):
    """Decodes blocks that hold one document each, however many lines it has."""

    def decode(self, data: bytes) -> Decoded:
        """Decode a document."""
        return self.records([data])
