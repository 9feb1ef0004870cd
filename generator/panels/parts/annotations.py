"""Marks on the time axis: when an info family's labels changed, such as an agent's version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.panels.parts.envelope import SOURCE
from spec.model import Selection

if TYPE_CHECKING:
    from generator.panels.parts.envelope import Json
    from generator.promql import Scope
    from spec.model import Family

_COLOUR = "purple"


def change(family: Family, scope: Scope) -> str:
    """Write the PromQL of a change: a series that one step ago was not there, but its kin were.

    A new version replaces the old series, so nothing changes in a series. What was not there at
    all one step ago (a new agent, an exporter that was away) is no change.
    """
    now = scope.select(Selection(family.name))
    kin = ", ".join(label for label in family.labels if label not in family.replaced)
    earlier = f"{now} offset $__interval"
    return f"{now} unless {earlier} and on ({kin}) {earlier}"


def annotation(title: str, family: Family, scope: Scope) -> Json:
    """Mark the changes of an info family, with the labels that are new."""
    kept = [label for label in family.labels if label not in family.replaced]
    return {
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": _COLOUR,
        "name": title,
        "tagKeys": ",".join(kept),
        "target": {
            "datasource": SOURCE,
            "editorMode": "code",
            "expr": change(family, scope),
            "range": True,
            "instant": False,
            "refId": "Anno",
        },
        "textFormat": ", ".join(f"{label} {{{{{label}}}}}" for label in family.replaced),
        "titleFormat": " ".join(f"{{{{{label}}}}}" for label in kept) or title,
    }
