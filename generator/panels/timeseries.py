"""Time series: lines for levels and rates, stacked bars for what is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.panels.parts.visualisation import Look, Subject, Visualisation
from spec.model import Increase

if TYPE_CHECKING:
    from generator.panels.parts.envelope import Json

_WIDE = 12
# A pause that a line may bridge, in milliseconds: agents rest, an outage lasts longer.
_BRIDGE = 600_000


def look(subject: Subject) -> Look:
    """Draw lines; bars where a query counts per interval (`draw` and `stack` say otherwise)."""
    panel = subject.panel
    counts = any(isinstance(q.query, Increase) and q.query.per is None for q in panel.queries)
    draw = subject.option("draw", "bars" if counts else "line")
    return Look(
        options={"legend": _legend(subject), "tooltip": {"mode": "multi", "sort": "desc"}},
        custom=_drawn(draw, stacked=subject.option("stack", counts), limits=bool(panel.steps)),
        defaults={"color": {"mode": "palette-classic"}, "min": 0},
    )


def _legend(subject: Subject) -> Json:
    """Write the legend: `list`, `hidden`, or a `table` of newest, lowest and highest values."""
    kind = subject.option("legend", "list")
    wide = subject.panel.width >= _WIDE
    return {
        "calcs": ["lastNotNull", "min", "max"] if kind == "table" else [],
        "displayMode": "table" if kind == "table" else "list",
        "placement": "right" if kind == "table" and wide else "bottom",
        "showLegend": kind != "hidden",
    }


def _drawn(draw: str, *, stacked: bool, limits: bool) -> Json:
    bars = draw == "bars"
    return {
        "barAlignment": 0,
        "drawStyle": draw,
        "fillOpacity": 80 if bars else (40 if stacked else 0),
        "gradientMode": "none",
        "lineInterpolation": "linear",
        "lineWidth": 1 if bars else 2,
        "pointSize": 5,
        "showPoints": "never" if bars else "auto",
        "spanNulls": False if bars else _BRIDGE,
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "dashed" if limits else "off"},
    }


TIMESERIES = Visualisation(
    "timeseries",
    "timeseries",
    look,
    timing="range",
    options=frozenset({"draw", "stack", "legend"}),
)
