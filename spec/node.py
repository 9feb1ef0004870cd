"""YAML as a tree of values that know where they stand, so that every message can point."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from spec.problems import Mark, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

Scalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place. In a mapping, `keys` holds the places of the keys themselves."""

    value: dict[str, Node] | list[Node] | Scalar
    mark: Mark
    path: tuple[str, ...] = ()
    keys: dict[str, Mark] = field(default_factory=dict)

    def plain(self) -> object:
        """Give the value without its places: dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def items(self) -> Iterator[tuple[str, Node]]:
        """Iterate over a mapping's entries; a value of another shape has none."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def elements(self) -> list[Node]:
        """Give a list's elements; a lone value stands for a list of one, null for none."""
        if isinstance(self.value, list):
            return self.value
        return [] if self.value is None else [self]

    def get(self, *keys: str) -> Node | None:
        """Follow `keys` through nested mappings; None where one is missing or null."""
        node: Node | None = self
        for key in keys:
            if node is None or not isinstance(node.value, dict):
                return None
            node = node.value.get(key)
        return None if node is None or node.value is None else node

    def has(self, key: str) -> bool:
        """Tell whether a mapping has a key, be it with null."""
        return isinstance(self.value, dict) and key in self.value

    def at(self, path: tuple[str | int, ...]) -> Node:
        """Follow a path of keys and indices, as far as it exists."""
        node = self
        for part in path:
            if isinstance(node.value, dict) and part in node.value:
                node = node.value[str(part)]
            elif isinstance(node.value, list) and isinstance(part, int):
                node = node.value[part]
            else:
                return node
        return node

    def text(self) -> str | None:
        """Give a scalar's text, as it compares with a log's values; None for other shapes."""
        return None if isinstance(self.value, dict | list) else scalar_text(self.value)

    def problem(self, message: str, hint: str = "") -> Problem:
        """Make a problem that points at this value."""
        return Problem(self.mark, ".".join(self.path), message, hint)

    def key_problem(self, key: str, message: str, hint: str = "") -> Problem:
        """Make a problem that points at one of this mapping's keys."""
        mark = self.keys.get(key, self.mark)
        return Problem(mark, ".".join((*self.path, key)), message, hint)


def scalar_text(value: object) -> str | None:
    """Give the text of a scalar: the same for a JSON value and for a YAML constant.

    true and 1.0 become `true` and `1`; null, lists and objects have no text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else None


def merge(base: Node, over: Node) -> Node:
    """Lay `over` on `base`: mappings merge by key, anything else is replaced by the later one."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    merged = dict(base.value)
    for key, child in over.value.items():
        merged[key] = merge(merged[key], child) if key in merged else child
    return Node(merged, over.mark, over.path, {**base.keys, **over.keys})
