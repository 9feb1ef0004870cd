"""Grafana dashboards, one JSON file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafanalib import core

from generator.conventions import dashboard_uid
from generator.model import Artefact
from generator.panels import VISUALISATIONS
from generator.panels.parts import envelope
from generator.panels.parts.annotations import annotation
from generator.panels.parts.layout import flow, ids
from generator.panels.parts.panel import problems, visual
from generator.panels.parts.variables import common_matchers, variables
from generator.panels.parts.visualisation import Surroundings
from generator.promql import Scope
from spec.fed import fed_families
from spec.panel_widths import COLUMNS
from spec.problems import Mark, Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from generator.model import Model
    from spec.model import Dashboard

TAG = "agentgauge"
_REFRESH_INTERVALS = ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h"]
_SHARED_CROSSHAIR = 1


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Write every dashboard of the fleet.

    Raises:
        SpecError: a panel asks for what its kind does not know.
    """
    found = tuple(p for dashboard in model.dashboards for p in _problems(dashboard, model))
    if found:
        raise SpecError(found)
    fed = fed_families(model.sources, model.families) if model.sources else frozenset()
    return tuple(_artefact(dashboard, model, fed) for dashboard in model.dashboards)


def _artefact(dashboard: Dashboard, model: Model, fed: Collection[str]) -> Artefact:
    uid = dashboard_uid(model.fleet, dashboard.name)
    return Artefact(
        f"dashboards/{uid}.json", envelope.text(envelope.tidy(_whole(dashboard, model, fed)))
    )


def _whole(dashboard: Dashboard, model: Model, fed: Collection[str]) -> core.Dashboard:
    around = _surroundings(dashboard, model)
    return core.Dashboard(
        title=f"{dashboard.title} ({model.fleet})",
        description=f"{dashboard.description}\n\nGenerated from {model.spec_file}.".strip(),
        uid=dashboard_uid(model.fleet, dashboard.name),
        tags=[TAG, model.fleet],
        schemaVersion=envelope.SCHEMA_VERSION,
        editable=False,
        graphTooltip=_SHARED_CROSSHAIR,
        time=core.Time(dashboard.span, "now"),
        refresh=dashboard.refresh,
        timezone="browser",
        timePicker=core.TimePicker(_REFRESH_INTERVALS, None),
        templating=core.Templating(
            list=list(variables(dashboard, model.families, model.selector, fed)),
        ),
        annotations=core.Annotations(
            list=[
                annotation(title, model.families[family], around.scope)
                for title, family in dashboard.annotations.items()
            ]
        ),
        links=[
            core.DashboardLink(
                title="Other dashboards",
                type="dashboards",
                tags=[TAG, model.fleet],
                includeVars=True,
                keepTime=True,
            )
        ],
        panels=list(_panels(dashboard, around)),
    )


def _surroundings(dashboard: Dashboard, model: Model) -> Surroundings:
    job, instance, *own = common_matchers(model.selector)
    scope = Scope(
        matchers=(job, instance),
        own=tuple(own),
        variables=tuple((label, f"${label}") for label in dashboard.variables),
        labels={name: family.labels for name, family in model.families.items()},
        recorded=frozenset(name for name, family in model.families.items() if family.recorded),
        fleet=model.fleet,
        histograms=frozenset(n for n, f in model.families.items() if f.type == "histogram"),
    )
    return Surroundings(
        fleet=model.fleet,
        scope=scope,
        families=model.families,
        scrape=float(model.timing.scrape),
        runbooks=model.links.get("runbooks", "").rstrip("/"),
        boards={one.name: dashboard_uid(model.fleet, one.name) for one in model.dashboards},
    )


def _panels(dashboard: Dashboard, around: Surroundings) -> Iterator[core.Panel]:
    numbers = ids(dashboard.rows)
    top = 0
    for row in dashboard.rows:
        number = next(numbers)
        places, below = flow(row.panels, top + 1)
        shown = [
            visual(panel, VISUALISATIONS[panel.show], around, next(numbers), place)
            for panel, place in zip(row.panels, places, strict=True)
        ]
        yield core.RowPanel(
            title=row.title,
            id=number,
            collapsed=row.collapsed,
            gridPos=core.GridPos(h=1, w=COLUMNS, x=0, y=top),
            panels=shown if row.collapsed else [],
        )
        if not row.collapsed:
            yield from shown
        # Grafana keeps no place for the panels of a row that is folded up.
        top = top + 1 if row.collapsed else below


def _problems(dashboard: Dashboard, model: Model) -> Iterator[Problem]:
    for row in dashboard.rows:
        for panel in row.panels:
            path = f"dashboards.{dashboard.name}: {row.title}: {panel.title}"
            for message, hint in problems(panel, VISUALISATIONS):
                yield Problem(Mark(model.spec_file, 1, 1), path, message, hint)
