"""All fields of an event, as plain values, whether or not a rule reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.formats import make_format
from exporter.formats.shape import Shape

if TYPE_CHECKING:
    from exporter.formats.decoded import Decoded
    from spec.mapping import Mapping


class _Whole(Shape):
    """The place of a whole event: its struct is the object itself."""

    def make_struct(
        self,
        name: str,  # noqa: ARG002 (as its base has it)
        tag_field: str | None = None,  # noqa: ARG002 (the same)
        tag: str | None = None,  # noqa: ARG002 (the same)
        *,
        strict: bool,  # noqa: ARG002 (the same)
    ) -> type:
        """Give the type of objects of any shape."""
        self.struct = dict
        return dict

    def build_struct(self, value: dict[str, Any]) -> object:
        """Give the object."""
        return value


class AllFields:
    """Decodes records of a source as the exporter does, and leaves nothing out."""

    def __init__(self, mappings: tuple[Mapping, ...], wrapped: str = "") -> None:
        """`wrapped` names the envelope of the lines, or is ""."""
        whole = _Whole()
        # The decoder of OTLP leaves out attributes that nobody reads.
        for name in ("attributes", "resource", "body", "name"):
            whole.child(name).element = Shape()
        self._format = make_format(mappings, wrapped, None, {None: whole})

    def decode(self, record: bytes) -> Decoded:
        """Decode whole records; its events are objects."""
        return self._format.decode(record)
