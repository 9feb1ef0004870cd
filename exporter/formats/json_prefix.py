"""JSON behind other text on the line: `2026-11-20 03:00:00 INFO {"event": ...}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from exporter.formats.json_lines import JsonLines
from exporter.formats.text import Groups

if TYPE_CHECKING:
    from exporter.formats.decoded import Decoded
    from exporter.formats.kinds import Kinds
    from spec.mapping import Mapping


class PrefixedJson(JsonLines):
    """Decodes what stands from the first `{` of a line on.

    The groups of the prefix, if the mapping names some, become fields of the object; its own keys
    count more. A line without `{`, or with another prefix, is unmatched.
    """

    def __init__(self, kinds: Kinds, mapping: Mapping) -> None:
        super().__init__(kinds, mapping)
        self._groups = Groups(mapping.prefix) if mapping.prefix else None

    def decode(self, data: bytes) -> Decoded:
        """Decode a block of whole lines."""
        lines = data.split(b"\n")
        lines.pop()  # what follows the last newline: nothing
        if self._groups is None:
            objects = [line[at:] for line in lines if (at := line.find(b"{")) >= 0]
        else:
            cut = (_cut(self._groups, line, at) for line in lines if (at := line.find(b"{")) >= 0)
            objects = [found for found in cut if found is not None]
        blank = sum(1 for line in lines if not line.strip())
        decoded = self.records(objects)
        decoded.blank += blank
        decoded.unmatched += len(lines) - blank - len(objects)
        return decoded


def _cut(prefix: Groups, line: bytes, at: int) -> bytes | None:
    """Give the object with the prefix's fields in it; None where the prefix is another."""
    fields = prefix.fields(line[:at].decode(errors="replace"))
    return None if fields is None else _with_fields(fields, line[at + 1 :])


def _with_fields(fields: dict[str, Any], rest: bytes) -> bytes:
    """Put fields before an object's own; `rest` is what follows its brace."""
    there = {key: value for key, value in fields.items() if value is not None}
    if not there:
        return b"{" + rest
    comma = b"" if rest.lstrip().startswith(b"}") else b","
    return msgspec.json.encode(there)[:-1] + comma + rest
