"""Stat: one large number (or one a series) for the whole range."""

from __future__ import annotations

from generator.panels.parts.visualisation import Look, Subject, Visualisation

LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}


def look(subject: Subject) -> Look:
    """Show the number in its threshold's colour, or on it (`color: background`)."""
    named = any(query.by for query in subject.panel.queries)
    return Look(
        options={
            "colorMode": subject.option("color", "value"),
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "percentChangeColorMode": "standard",
            "reduceOptions": LAST,
            "showPercentChange": False,
            "textMode": "value_and_name" if named else "auto",
            "wideLayout": True,
        },
        defaults={"color": {"mode": "thresholds"}},
    )


STAT = Visualisation("stat", "stat", look, options=frozenset({"color", "limit", "order"}))
