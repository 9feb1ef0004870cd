"""What a kind of panel is: data and one function, from a spec's panel to Grafana's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Map

    from generator.panels.parts.envelope import Json
    from generator.promql import Scope
    from spec.model import Family, Panel, PanelQuery

Timing: TypeAlias = Literal["instant", "range"]
Format: TypeAlias = Literal["time_series", "table", "heatmap"]

COMMON = frozenset({"decimals", "min", "max", "colors", "states", "grafana"})
"""Options that every kind of panel knows."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a panel stands in. `scrape` in seconds; `runbooks` is a base address or "".

    `boards` are the uids of the fleet's dashboards, by name.
    """

    fleet: str
    scope: Scope
    families: Map[str, Family]
    scrape: float
    runbooks: str = ""
    boards: Map[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """A panel that is to be shown: the spec's, with the units of its queries decided.

    `boards` are the uids of the dashboards that it may lead to, by name.
    """

    panel: Panel
    unit: str
    units: tuple[str, ...]
    runbooks: str = ""
    boards: Map[str, str] = field(default_factory=dict)

    def option(self, name: str, default: Any) -> Any:  # noqa: ANN401  # whatever YAML holds
        """Look an option up."""
        return self.panel.options.get(name, default)


@dataclass(frozen=True, slots=True)
class Look:
    """Grafana's settings of one panel; `interval` is its shortest step."""

    options: Json
    custom: Json = field(default_factory=dict)
    defaults: Json = field(default_factory=dict)
    overrides: tuple[Json, ...] = ()
    transformations: tuple[Json, ...] = ()


def no_query(_surroundings: Surroundings) -> tuple[PanelQuery, ...]:
    """Give the queries of a kind of panel that has none of its own."""
    return ()


@dataclass(frozen=True, slots=True)
class Visualisation:
    """A kind of panel. `name` is the spec's word, `type` Grafana's.

    `timing`: one answer at the end of the range, or a line over it. `options` are the names that
    a panel of this kind may set beside the common ones. `built_in` gives the queries of a kind
    that brings its own.
    """

    name: str
    type: str
    look: Callable[[Subject], Look]
    timing: Timing = "instant"
    format: Format = "time_series"
    options: frozenset[str] = frozenset()
    built_in: Callable[[Surroundings], tuple[PanelQuery, ...]] = no_query
