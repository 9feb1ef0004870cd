"""Dashboards: rows of panels, and what these ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

    from spec.model.queries import Query
    from spec.node import Node


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query of a panel: `legend` is Grafana's legend format, "" for the labels in `by`."""

    query: Query
    by: tuple[str, ...] = ()
    legend: str = ""
    name: str = ""
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `show` is the visualisation, `since` a relative time such as `now/d`.

    `unit` is Grafana's unit id, "" for the family's own. `steps` are thresholds as
    (from value or None, colour). `options` are further settings of this kind of panel.
    """

    title: str
    show: str
    queries: tuple[PanelQuery, ...]
    description: str = ""
    unit: str = ""
    since: str = ""
    steps: tuple[tuple[float | None, str], ...] = ()
    width: int = 12
    height: int = 8
    options: Map[str, object] = field(default_factory=dict)
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A titled row of panels, laid out from left to right in 24 columns."""

    title: str
    panels: tuple[Panel, ...]
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard. `span` is the time that it opens with (`now-6h`), `refresh` its pace (`5s`).

    `variables` are labels that become drop-down filters. `annotations` maps a title to the info
    family whose changes it marks.
    """

    name: str
    title: str
    description: str
    span: str
    refresh: str
    variables: tuple[str, ...]
    annotations: Map[str, str]
    rows: tuple[Row, ...]
    origin: Node | None = field(default=None, compare=False, repr=False)
