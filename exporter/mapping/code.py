"""Python source, line by line, with what is already in a variable."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.mapping.shape import Shape


@dataclass(slots=True)
class Code:
    """Lines of a function in the making; `names` holds the objects that they refer to."""

    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    depth: int = 1
    counter: int = 0

    def emit(self, line: str) -> None:
        """Add a line."""
        self.lines.append("    " * self.depth + line)

    @contextmanager
    def block(self, opening: str) -> Iterator[None]:
        """Add an indented block; an empty one says pass."""
        self.emit(opening)
        self.depth += 1
        before = len(self.lines)
        yield
        if len(self.lines) == before:
            self.emit("pass")
        self.depth -= 1

    def variable(self, prefix: str = "v") -> str:
        """Name a new variable."""
        self.counter += 1
        return f"{prefix}{self.counter}"

    def constant(self, value: object, prefix: str = "K") -> str:
        """Name an object that the code refers to."""
        name = self.variable(prefix)
        self.names[name] = value
        return name


@dataclass(slots=True)
class Scope:
    """What is known at a point of the code: the line's shape, loops, and loaded places."""

    root: Shape
    loops: dict[str, tuple[str, str, Shape]] = field(default_factory=dict)
    loaded: dict[tuple[str, ...], str] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    outer: dict[str, str] = field(default_factory=dict)

    def inner(self) -> Scope:
        """Give the scope of a block: what it loads is not known after it."""
        return Scope(
            self.root, dict(self.loops), dict(self.loaded), dict(self.labels), dict(self.outer)
        )
