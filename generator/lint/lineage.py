"""What recordings are made of, traced back to the metrics that are exported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.lint.syntax import selections

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as Map

    from generator.lint.syntax import Node

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lineage:
    """For each recording, the names of all that it is made of, at whatever remove."""

    ancestors: Map[str, frozenset[str]]

    def of(self, trees: Iterable[Node | None]) -> frozenset[str]:
        """Name all that expressions read, with what is behind the recordings among it."""
        read = {one.name for tree in trees if tree for one in selections(tree) if one.name}
        return frozenset(read).union(*(self.ancestors.get(name, _NOTHING) for name in read))


def lineage(recordings: Iterable[tuple[str, Node | None]]) -> Lineage:
    """Trace recordings (name and expression), which stand before those that read them."""
    found: dict[str, frozenset[str]] = {}
    for name, tree in recordings:
        found[name] = found.get(name, _NOTHING) | Lineage(found).of([tree])
    return Lineage(found)
