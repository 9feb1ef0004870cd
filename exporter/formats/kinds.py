"""The kinds of lines that a mapping reads: which struct a line's value is built into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spec.node import scalar_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.formats.shape import Shape


@dataclass(frozen=True, slots=True)
class Kinds:
    """What is read of each kind of line.

    `tag_field` is the key that tells kinds apart, `shapes` are by kind; where all lines are alike
    both the key and the only kind are None. The structs are kept in the shapes.
    """

    tag_field: str | None
    shapes: Mapping[str | None, Shape]

    def make_structs(self, *, strict: bool) -> tuple[type, ...]:
        """Make the struct of each kind; `strict` is said in `Format`."""
        return tuple(
            shape.make_struct(f"Line{number}", self.tag_field, tag, strict=strict)
            for number, (tag, shape) in enumerate(self.shapes.items())
        )

    def shape(self, value: dict[str, Any]) -> Shape | None:
        """Choose the shape of a line; None where no rule is for its kind."""
        if self.tag_field is None:
            return self.shapes[None]
        return self.shapes.get(scalar_text(value.get(self.tag_field)))

    def build(self, value: dict[str, Any]) -> object | None:
        """Build the struct of a line's fields; None where no rule is for its kind."""
        shape = self.shape(value)
        return None if shape is None else shape.build_struct(value)
