"""When the events of a record happened: just their times are read, and no rule is applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from exporter.formats import make_format
from exporter.mapping.plan import make_plan
from exporter.mapping.values import moment
from spec.mapping import EventRule, Path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.mapping import Mapping

EARLIEST = datetime.fromisoformat("2000-01-01T00:00:00Z").timestamp()
"""A time before this is that of a clock that was not set: it counts as none."""

_SCALES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_NOTHING = EventRule("time", (), (), {}, ())


class EventTimes:
    """Reads the times of a source's events, by all of its mappings."""

    def __init__(self, mappings: tuple[Mapping, ...], wrapped: str = "") -> None:
        """`wrapped` names the envelope around the lines, or is ""."""
        # Mappings whose only rule reads nothing: then the decoder reads nothing but the time.
        probes = tuple(replace(mapping, events=(_NOTHING,)) for mapping in mappings)
        plan = make_plan(probes)
        self._shape = plan.branches[0].shape
        self._format = make_format(probes, wrapped, plan.tag_field, plan.shapes)
        self._places = [
            (part, _SCALES.get(mapping.time_unit or ""))
            for mapping in probes
            for part in mapping.time
            if isinstance(part, Path) and not part.parts[0].startswith("$")
        ]

    def of(self, record: bytes) -> tuple[list[float], bool]:
        """Give the time of each event of a record that has one, in seconds since 1970.

        Tells also whether there is any event: what can't be read is none.
        """
        decoded = self._format.decode(record)
        if decoded.built:
            self._format.widen()
        events = decoded.events
        return [time for event in events for time in self._times(event)], bool(events)

    def _times(self, event: object) -> Iterator[float]:
        """Give an event's time; nothing where it has none that can be read."""
        for place, scale in self._places:
            time = moment(self._at(event, place), scale)
            if isinstance(time, datetime) and (seconds := time.timestamp()) >= EARLIEST:
                yield seconds
                return

    def _at(self, event: object, place: Path) -> object:
        value, shape = event, self._shape
        for part in place.parts:
            if shape.struct is None or value.__class__ is not shape.struct:
                return None
            value = getattr(value, shape.attribute(part))
            shape = shape.children[part]
        return value
