"""Text, one event a line, taken apart by regular expressions with named groups."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from exporter.formats.field_lines import FieldLines
from spec.patterns import group_paths

if TYPE_CHECKING:
    from exporter.formats.kinds import Kinds
    from spec.mapping import Mapping


class Groups:
    """A regular expression whose named groups are fields; see `spec.patterns`."""

    def __init__(self, expression: str) -> None:
        self._search = re.compile(expression).search
        self._nested = tuple(
            (name, path.parts)
            for name, path in group_paths(expression).items()
            if len(path.parts) > 1
        )

    def fields(self, text: str) -> dict[str, Any] | None:
        """Give the fields of a text; None where the expression is not found in it.

        A group that took no part is not there.
        """
        found = self._search(text)
        if found is None:
            return None
        fields: dict[str, Any] = found.groupdict()
        for name, (*above, last) in self._nested:
            value = fields.pop(name)
            place = fields
            for part in above:
                place = place.setdefault(part, {})
            place[last] = value
        return fields


class Text(FieldLines):
    """Takes the fields of the first pattern that is found in a line.

    Where none is, the line is unmatched: other lines stand in most logs of text.
    """

    def __init__(self, kinds: Kinds, mapping: Mapping) -> None:
        self._patterns = tuple(map(Groups, mapping.patterns))
        super().__init__(kinds, self._first)

    def _first(self, line: str) -> dict[str, Any] | None:
        for pattern in self._patterns:
            fields = pattern.fields(line)
            if fields is not None:
                return fields
        return None
