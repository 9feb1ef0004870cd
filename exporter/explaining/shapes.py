"""How an event looks, as far as a mapping cares: what rules compare, and which keys it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.explaining.conditions import LONGEST_SHOWN, Event, shown
from exporter.mapping.values import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from spec.mapping import EventRule

MOST_KEYS = 12
"""Keys that are named; the others are counted."""

_ATTRIBUTES = "attributes"


class Shapes:
    """Tells kinds of events apart, for people: no value is shown but those that rules compare."""

    def __init__(self, rules: Iterable[EventRule]) -> None:
        """Gather the places that rules compare with texts of their own."""
        self._compared = dict.fromkeys(
            test.path
            for rule in rules
            for test in rule.when
            if test.op == "is"
            and not test.path.parts[0].startswith("$")
            and test.path.parts[0] not in {name for name, _ in rule.each}
        )

    def of(self, fields: Mapping[str, Any]) -> str:
        """Write an event's shape: `type=user`, or its keys where there is nothing to compare."""
        event = Event(fields, {})
        values = {path: text(event.at(path)) for path in self._compared}
        compared = [
            f"{shown(path)}={value}"
            for path, value in values.items()
            if value is not None and len(value) <= LONGEST_SHOWN and value.isprintable()
        ]
        return ", ".join(compared) or f"keys: {_keys(fields)}"


def _keys(fields: Mapping[str, Any]) -> str:
    # Of a span or log record its attributes: the other fields are always the same.
    inner = fields.get(_ATTRIBUTES) if fields.get("kind") in ("span", "log") else None
    keys = sorted(map(str, inner if isinstance(inner, dict) else fields))
    named = [key if len(key) <= LONGEST_SHOWN else f"{key[:LONGEST_SHOWN]}…" for key in keys]
    more = [f"{len(keys) - MOST_KEYS} more"] if len(keys) > MOST_KEYS else []
    return ", ".join([*named[:MOST_KEYS], *more]) or "none"
