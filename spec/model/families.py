"""Families of metrics, and how some of their series are picked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping as Map


FamilyType: TypeAlias = Literal["counter", "gauge", "histogram", "stateset", "info"]

FAMILY_LIMIT, SERIES_LIMIT = 10_000, 100_000
"""The most series of a family, and of all together, where the spec says nothing."""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric family, declared once.

    `unit` is the base unit (`s`, `usd`, `bytes`, `ratio`) or None for plain counts.
    `values` fixes the values that a label may take. `state` names the label of a stateset that
    tells its states apart; an info family shows 1 for the newest set of its `replaced` labels.
    `limit` is the most series that it may have; what comes beyond goes to `__overflow__`.
    `recorded`: a rule makes it of others, so that no exporter shows it.
    """

    name: str
    type: FamilyType
    help: str
    labels: tuple[str, ...] = ()
    unit: str | None = None
    buckets: tuple[float, ...] = ()
    values: Map[str, tuple[str, ...]] = field(default_factory=dict)
    state: str | None = None
    replaced: tuple[str, ...] = ()
    limit: int = FAMILY_LIMIT
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label: it is (or, `negated`, is not) one of `values`."""

    label: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Some series of a family: `metric` is the family's name, all matchers must hold."""

    metric: str
    where: tuple[Matcher, ...] = ()
