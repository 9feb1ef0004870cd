"""Bar gauge: one bar a series, to compare agents or models over the whole range."""

from __future__ import annotations

from generator.panels.parts.fields import fixed
from generator.panels.parts.visualisation import Look, Subject, Visualisation
from generator.panels.stat import LAST


def look(subject: Subject) -> Look:
    """Show bars that lie on their side, so that long names fit, and start at zero."""
    return Look(
        options={
            "displayMode": "basic",
            "legend": {
                "calcs": [],
                "displayMode": "list",
                "placement": "bottom",
                "showLegend": False,
            },
            "maxVizHeight": 36,
            "minVizHeight": 16,
            "minVizWidth": 8,
            "namePlacement": "left",
            "orientation": "horizontal",
            "reduceOptions": LAST,
            "showUnfilled": True,
            "sizing": "auto",
            "valueMode": "text",
        },
        defaults={
            "color": {"mode": "thresholds"} if subject.panel.steps else fixed("blue"),
            "min": 0,
        },
    )


BARGAUGE = Visualisation("bargauge", "bargauge", look, options=frozenset({"order", "limit"}))
