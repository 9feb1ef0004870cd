"""What is told of a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.explaining.movements import Moved


@dataclass(frozen=True, slots=True)
class Taken:
    """A rule whose tests hold for `events` of a record.

    `applied` is to how many of them it was applied; `why` says why not to all, "" where it was.
    """

    rule: str
    events: int
    applied: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """What could not be used: the rule (or line, file), the reason, how often, and what it was."""

    rule: str
    reason: str
    count: int
    detail: str


@dataclass(frozen=True, slots=True)
class Left:
    """An event that no rule took: how it looks, the rule that comes nearest, and what it lacks."""

    shape: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Explained:
    """What became of a record; `line` is where it begins, 0 after the end of all.

    `outcomes` counts its events by outcome.
    """

    file: str
    line: int
    outcomes: Mapping[str, int]
    taken: tuple[Taken, ...] = ()
    left: tuple[Left, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    moved: tuple[Moved, ...] = ()
