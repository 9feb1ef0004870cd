"""Python source, line by line, with what is already in a variable."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from spec.mapping import Const

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.formats.shape import Shape
    from spec.mapping import LabelRule


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
    """What is known at a point of the code: the kind of line, its shape, loops, loaded places.

    `loops` holds the variables of each loop's element and key, and the element's shape. `outer`
    holds the variables of what is not in the line; `known` holds, for each name that is remembered,
    the variable of the stream's names.
    """

    root: Shape
    tag: str | None = None
    strict: bool = False
    loops: dict[str, tuple[str, str, Shape]] = field(default_factory=dict)
    loaded: dict[tuple[str, ...], str] = field(default_factory=dict)
    labels: dict[str, tuple[LabelRule, str]] = field(default_factory=dict)
    outer: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    def inner(self) -> Scope:
        """Give the scope of a block: what it loads is not known after it."""
        return replace(
            self,
            loops=dict(self.loops),
            loaded=dict(self.loaded),
            labels=dict(self.labels),
            outer=dict(self.outer),
        )

    def enter(self, name: str, key: str, element: str, shape: Shape) -> Scope:
        """Give the scope of a loop. Its name hides what was loaded from places that begin so."""
        scope = self.inner()
        scope.loops[name] = (element, key, shape)
        scope.loaded = {place: v for place, v in self.loaded.items() if place[0] != name}
        scope.labels = {
            number: (rule, value)
            for number, (rule, value) in self.labels.items()
            if all(isinstance(of, Const) or of.parts[0] != name for of in rule.of)
        }
        return scope
