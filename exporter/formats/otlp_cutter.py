"""OTLP/JSON in files: one request a line, or pretty-printed over many lines."""

from __future__ import annotations

from exporter.formats.json_stream import ObjectCutter


class RequestCutter(ObjectCutter):
    """Cuts by line; where a line is a `{` alone, an object begins that goes on over more lines.

    Ends of lines are found many times faster than ends of objects, whose braces have to be counted.
    """

    __slots__ = ()

    def _open(self) -> int | None:
        """Tell the two apart when the first line is whole."""
        end = self._rest.find(b"\n", self._seen)
        if end < 0:
            self._seen = len(self._rest)
            return None
        return end if self._rest[1:end].strip() else super()._open()
