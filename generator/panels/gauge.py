"""Gauge: how far along a scale with ends a value is; give `min` and `max`."""

from __future__ import annotations

from generator.panels.parts.visualisation import Look, Subject, Visualisation
from generator.panels.stat import LAST


def look(_subject: Subject) -> Look:
    """Show an arc whose colour is its threshold's."""
    return Look(
        options={
            "minVizHeight": 75,
            "minVizWidth": 75,
            "orientation": "auto",
            "reduceOptions": LAST,
            "showThresholdLabels": False,
            "showThresholdMarkers": True,
            "sizing": "auto",
        },
        defaults={"color": {"mode": "thresholds"}},
    )


GAUGE = Visualisation("gauge", "gauge", look)
