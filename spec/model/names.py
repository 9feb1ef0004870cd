"""Names that other tools have for what we count, so that dashboards made for these keep working."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

    from spec.model.families import Family


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a label's value: what a label of ours says, changed; or without one a fixed text.

    `table` maps our values: what it lacks gives `other`, by default itself. `classes` are tried in
    their order, and what none fits gives `other`.
    """

    label: str | None = None
    text: str = ""
    table: Map[str, str] | None = None
    classes: tuple[tuple[str, str], ...] = ()
    other: str | None = None


Ways: TypeAlias = tuple[Way, ...]
"""The first of these whose label is there."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A histogram that takes what rules give a family `of` ours, in buckets of its own.

    Of a counter it takes what one event adds, all that belongs together as one observation:
    `groups` says under which value of our label `split` (the value of theirs) it belongs.
    """

    family: Family
    of: str
    labels: Map[str, Ways]
    split: tuple[str, str] | None = None
    groups: Map[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """A counter that is the same as ours under another name; several of ours may become one.

    `where` tells how labels of ours must begin, where they are there. A way whose table lacks a
    value, and that has no `other`, leaves the series out. A histogram has the sum of `of` and the
    number of `count`, and no bounds.
    """

    family: Family
    of: str
    labels: Map[str, Way]
    where: Map[str, str] = field(default_factory=dict)
    count: str = ""


@dataclass(frozen=True, slots=True)
class OtherNames:
    """All that is shown under names of others. `follows` says whose, and as of when."""

    follows: str = ""
    twins: tuple[Twin, ...] = ()
    views: tuple[View, ...] = ()

    @property
    def made(self) -> tuple[Twin | View, ...]:
        """All of them."""
        return (*self.twins, *self.views)

    @property
    def families(self) -> dict[str, Family]:
        """The families of others, by name."""
        return {one.family.name: one.family for one in self.made}
