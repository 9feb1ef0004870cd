"""State timeline: which state something was in, since when, one lane a series."""

from __future__ import annotations

from generator.panels.parts.visualisation import Look, Subject, Visualisation


def look(_subject: Subject) -> Look:
    """Draw lanes; `states` gives each value its text and colour."""
    return Look(
        options={
            "alignValue": "left",
            "legend": {
                "calcs": [],
                "displayMode": "list",
                "placement": "bottom",
                "showLegend": False,
            },
            "mergeValues": True,
            "rowHeight": 0.85,
            "showValue": "auto",
            "tooltip": {"mode": "single", "sort": "none"},
        },
        custom={"fillOpacity": 80, "lineWidth": 0},
        defaults={"color": {"mode": "thresholds"}},
    )


STATE_TIMELINE = Visualisation("state-timeline", "state-timeline", look, timing="range")
