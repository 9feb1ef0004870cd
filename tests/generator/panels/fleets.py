"""Models to make dashboards of: the catalogue's, and small ones built by hand."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from generator.model import Model
from generator.targets import dashboards
from spec.load import load_spec
from spec.model import Dashboard, Family, Grouping, OnCall, Panel, Receiver, Row, Timing
from spec.reading import PROMETHEUS_FAMILIES

NOBODY = OnCall(
    (Receiver("nobody", ()),),
    (),
    "nobody",
    Grouping((), Fraction(30), Fraction(300), Fraction(14400)),
)
SELECTOR = {"cluster": "eu-1"}


@cache
def families() -> dict[str, Family]:
    """All that panels may read: the vocabulary, what is recorded, and what servers tell."""
    shipped = load_spec(Path(__file__).parents[3] / "agents.yaml")
    return {**PROMETHEUS_FAMILIES, **shipped.families}


def model(*boards: Dashboard) -> Model:
    return Model(
        fleet="support",
        spec_file="agents.yaml",
        alerts=(),
        inhibitions=(),
        dashboards=boards,
        families=families(),
        oncall=NOBODY,
        timing=Timing(Fraction(15), Fraction(15), Fraction(15)),
        selector=SELECTOR,
        links={"grafana": "http://localhost:3000", "runbooks": "https://example.org/runbooks"},
    )


def board(*panels: Panel, **more: Any) -> Dashboard:  # noqa: ANN401  # any field of a dashboard
    fields: dict[str, Any] = {
        "name": "small",
        "title": "Small",
        "description": "A dashboard for a test.",
        "span": "now-6h",
        "refresh": "5s",
        "variables": ("agent",),
        "annotations": {"Versions": "agent_build_info"},
        "rows": (Row("Row", panels),),
    }
    return Dashboard(**(fields | more))


def catalogue(folder: Path) -> tuple[Dashboard, ...]:
    """The dashboards that every fleet gets."""
    file = folder / "agents.yaml"
    file.write_text(
        "version: 1\nfleet: support\noncall: {receivers: {hook: {webhook: {url: 'http://localhost'}}},"
        " default: hook}\n"
    )
    return load_spec(file).dashboards


def generated(*boards: Dashboard) -> list[dict[str, Any]]:
    return [json.loads(artefact.text) for artefact in dashboards.artefacts(model(*boards))]
