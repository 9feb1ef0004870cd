"""Grafana's field settings: thresholds, value mappings and overrides by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from collections.abc import Sequence

    from generator.panels.parts.envelope import Json


def thresholds(steps: Sequence[tuple[float | None, str]]) -> Json:
    """Write thresholds; without a base, what lies below the first step has the text's colour."""
    rising = sorted(steps, key=lambda step: (step[0] is not None, step[0] or 0.0))
    if not rising or rising[0][0] is not None:
        rising = [(None, "text"), *rising]
    return {"mode": "absolute", "steps": [{"color": c, "value": v} for v, c in rising]}


def value_mappings(states: Map[Any, Sequence[str]]) -> list[Json]:
    """Write mappings from `{value: [text, colour]}`."""
    options = {
        str(value): {"index": index, "text": str(shown[0]), "color": str(shown[1])}
        for index, (value, shown) in enumerate(states.items())
    }
    return [{"type": "value", "options": options}] if options else []


def override(name: str, **properties: object) -> Json:
    """Write an override of the field `name`; `custom__width=…` stands for `custom.width`."""
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [
            {"id": key.replace("__", "."), "value": value} for key, value in properties.items()
        ],
    }


def fixed(colour: str) -> Json:
    """Write a colour that depends on nothing."""
    return {"mode": "fixed", "fixedColor": colour}
