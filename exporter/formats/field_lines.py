"""Lines of text that hold flat fields: all that formats without a decoder of their own share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.formats.decoded import Decoded, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.formats.kinds import Kinds


class FieldLines:
    """Builds events from the fields of lines.

    `fields` gives a line's fields, or None where it is of another log. It raises `Refused` for a
    line that it can't read. Broken UTF-8 becomes replacement characters first.
    """

    strict = False

    def __init__(self, kinds: Kinds, fields: Callable[[str], dict[str, Any] | None]) -> None:
        self._build = kinds.build
        self._fields = fields
        kinds.make_structs(strict=False)

    def widen(self) -> bool:
        """Nothing is left to widen."""
        return False

    def decode(self, data: bytes) -> Decoded:
        """Decode a block of whole lines."""
        decoded = Decoded([])
        lines = data.decode(errors="replace").split("\n")
        lines.pop()  # what follows the last newline: nothing
        for line in lines:
            if not line or line.isspace():
                decoded.blank += 1
                continue
            try:
                fields = self._fields(line.removesuffix("\r"))
            except Refused as refused:
                decoded.reject(str(refused), line)
                continue
            event = None if fields is None else self._build(fields)
            if event is None:
                decoded.unmatched += 1
            else:
                decoded.events.append(event)
        return decoded
