"""What a mapping reads of a line: a tree of places, and the typed structs that decode just them.

A place that nobody reads is skipped by the decoder, which is where most of the speed comes from.
Lines that do not fit the types (`refused` by the decoder) are built by hand from untyped JSON, so
that one set of compiled rules serves both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

# Beyond, a number is not finite for us: sums, and money in trillionths, must fit into a float.
MAX_NUMBER = 1e280
Scalar: TypeAlias = str | int | float | bool | None
AMOUNT = Annotated[int, Meta(ge=0, le=2**53)] | Annotated[float, Meta(ge=0, le=MAX_NUMBER)] | None


@dataclass(slots=True)
class Shape:
    """One place: what it holds, as far as rules read it.

    `children` are keys of an object, `element` is what a list's or object's elements hold.
    `leaf`: the value itself is read, as a text or to see whether it is there; `number`: as a
    number; `amount`: as a number that must not be negative; `time`: as a point in time; `whole`: it
    is compared with others, whatever it holds, and nothing below it is read.
    `struct` is the type that `make_struct` has made, `parts` are the keys and places of its
    attributes, in order.
    """

    children: dict[str, Shape] = field(default_factory=dict)
    element: Shape | None = None
    leaf: bool = False
    number: bool = False
    amount: bool = False
    time: bool = False
    whole: bool = False
    struct: type | None = None
    parts: tuple[tuple[str, Shape], ...] = ()

    def child(self, key: str) -> Shape:
        """Give the place below a key, made where it is new."""
        return self.children.setdefault(key, Shape())

    def attribute(self, key: str) -> str:
        """Name the struct's attribute for a key."""
        return f"f{list(self.children).index(key)}"

    @property
    def itself(self) -> bool:
        """Whether the value itself is read, and not only what is in it."""
        return self.leaf or self.number or self.amount or self.time or self.whole

    @property
    def only_text(self) -> bool:
        """Whether the decoder, being strict, lets nothing but texts and truth values in here."""
        nothing_below = self.element is None and not self.children
        return nothing_below and self.leaf and not (self.number or self.amount or self.time)

    @property
    def only_amount(self) -> bool:
        """Whether the decoder, being strict, lets nothing but amounts in here."""
        return self._plain and self.amount and not (self.leaf or self.number or self.time)

    @property
    def only_time(self) -> bool:
        """Whether the decoder lets nothing but points in time in here."""
        return self._plain and self.time and not (self.leaf or self.number or self.amount)

    @property
    def _plain(self) -> bool:
        return self.element is None and not self.children and not self.whole

    def typed(self, name: str, *, strict: bool) -> Any:  # noqa: ANN401 (a type made at run time)
        """Make the type that decodes this place; None is always allowed."""
        if self.element is not None:
            inner = self.element.typed(f"{name}_element", strict=strict)
            many = dict[str, inner] | list[inner]  # type: ignore[valid-type] # made at run time
            return many | Scalar if self.itself else many | None
        if self.children:
            made = self.make_struct(name, strict=strict)
            return made | Scalar if self.itself else made | None
        if not self.itself or (self.whole and not (strict and self.only_text)):
            return Any
        if self.only_time:
            return datetime | None
        if strict and self.only_text:
            return str | bool | None
        return AMOUNT if strict and self.only_amount else Scalar

    def make_struct(
        self, name: str, tag_field: str | None = None, tag: str | None = None, *, strict: bool
    ) -> type:
        """Make the struct of an object's keys. Attributes are f0, f1, … in the order of keys."""
        keys = [key for key in self.children if key != tag_field]
        fields = [
            (self.attribute(key), self.children[key].typed(f"{name}_{i}", strict=strict), None)
            for i, key in enumerate(keys)
        ]
        names = {self.attribute(key): key for key in keys}
        self.parts = tuple((key, self.children[key]) for key in keys)
        self.struct = msgspec.defstruct(
            name, fields, rename=names, tag_field=tag_field, tag=tag, gc=False
        )
        return self.struct

    def build(self, value: object) -> object:
        """Build what the decoder would have made, from untyped JSON of any shape."""
        if self.element is not None:
            if isinstance(value, dict):
                return {key: self.element.build(part) for key, part in value.items()}
            if isinstance(value, list):
                return [self.element.build(part) for part in value]
            return value if self.itself else None
        if self.children and isinstance(value, dict):
            return self.build_struct(value)
        return value if self.itself else None

    def build_struct(self, value: dict[str, Any]) -> object:
        """Build the struct of an object, also where no key of it is read."""
        assert self.struct is not None  # noqa: S101 (made before anything is decoded)
        return self.struct(*[shape.build(value.get(key)) for key, shape in self.parts])
