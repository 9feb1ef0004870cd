"""What a format makes of bytes, as plain tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exporter.formats import cutter_for, make_format
from exporter.formats.shape import Shape
from spec.mapping import Mapping

if TYPE_CHECKING:
    from exporter.formats.decoded import Format
    from exporter.model import Cutter

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Made:
    """The events as rows of the places that were asked for, and what became of the other lines."""

    rows: list[Row]
    unmatched: int = 0
    blank: int = 0
    rejected: list[str] = field(default_factory=list)


def mapping(form: str, patterns: tuple[str, ...] = (), prefix: str | None = None) -> Mapping:
    """A mapping of a format, without a rule."""
    return Mapping("own", form, "**/*", (), None, (), patterns, prefix)


class Reader:
    """A format that reads some places, each a path of keys, and gives them as rows."""

    def __init__(
        self,
        of: Mapping,
        *places: str,
        wrapped: str = "",
        tag: str | None = None,
        kinds: tuple[str, ...] = (),
    ) -> None:
        self._paths = [tuple(place.split("/")) for place in places]
        self._shapes: dict[str | None, Shape] = {kind: self._shape() for kind in kinds or (None,)}
        self.format: Format = make_format((of,), wrapped, tag, self._shapes)

    def _shape(self) -> Shape:
        root = Shape()
        for path in self._paths:
            place = root
            for part in path:
                place = place.child(part)
            place.leaf = True
        return root

    def read(self, *blocks: bytes) -> Made:
        """Decode blocks, one after the other."""
        made = Made([])
        unmatched = blank = 0
        for block in blocks:
            decoded = self.format.decode(block)
            rows = [row for event in decoded.events if (row := self._row(event)) is not None]
            made.rows.extend(rows)
            made.rejected.extend(decoded.rejected)
            unmatched += decoded.unmatched + len(decoded.events) - len(rows)
            blank += decoded.blank
            if decoded.built:
                self.format.widen()
        return Made(made.rows, unmatched, blank, made.rejected)

    def _row(self, event: Any) -> Row | None:  # noqa: ANN401 (a struct made at run time)
        """Give a row; None for an event of a kind that no rule is for."""
        shape = next((s for s in self._shapes.values() if s.struct is type(event)), None)
        return None if shape is None else tuple(_at(event, shape, path) for path in self._paths)


def _at(value: Any, shape: Shape, path: tuple[str, ...]) -> Any:  # noqa: ANN401 (any value)
    for part in path:
        if type(value) is not shape.struct:
            return None
        value, shape = getattr(value, shape.attribute(part), None), shape.children[part]
    return value


def read(of: Mapping, data: bytes, *places: str, wrapped: str = "") -> Made:
    """Decode one block."""
    return Reader(of, *places, wrapped=wrapped).read(data)


def cut(cutter: Cutter, chunks: list[bytes]) -> tuple[bytes, int]:
    """Feed chunks to the end of the stream; give what came, and how much was too long."""
    given = b"".join(map(cutter.feed, chunks)) + cutter.end()
    return given, cutter.too_long


def cutter(of: Mapping, wrapped: str = "") -> Cutter:
    """Make the cutter of a mapping whose records are not lines."""
    make = cutter_for(of, wrapped)
    assert make is not None
    return make()
