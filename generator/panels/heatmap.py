"""Heatmap: how a histogram's observations spread, and how that changes."""

from __future__ import annotations

from generator.panels.parts.visualisation import Look, Subject, Visualisation


def look(subject: Subject) -> Look:
    """Draw a histogram's buckets as they are; the query gives them by `le`."""
    return Look(
        options={
            "calculate": False,
            "cellGap": 1,
            "color": {
                "exponent": 0.5,
                "fill": "dark-orange",
                "mode": "scheme",
                "reverse": False,
                "scheme": "Oranges",
                "steps": 64,
            },
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
            # Buckets without an observation stay dark instead of being drawn as few.
            "filterValues": {"le": 1e-9},
            "legend": {"show": True},
            "rowsFrame": {"layout": "auto"},
            "showValue": "never",
            "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": False},
            "yAxis": {"axisPlacement": "left", "reverse": False, "unit": subject.unit},
        },
        custom={"scaleDistribution": {"type": "linear"}},
    )


HEATMAP = Visualisation("heatmap", "heatmap", look, timing="range", format="heatmap")
