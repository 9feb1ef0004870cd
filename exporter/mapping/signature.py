"""What defines a memory, as a text: a memory that was saved under another definition starts empty.

Limits are left out: they may be changed without forgetting.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from spec.mapping import Const

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.mapping.plan import Rule
    from spec.mapping import EventRule, Field, Key, Mapping

Written: TypeAlias = str | int | bool | list["Written"] | None


def dedupe_signature(event: EventRule) -> str:
    """Tell by what events are the same, and which numbers are compared."""
    dedupe = event.dedupe
    if dedupe is None:
        return ""
    numbers = _added(event) if dedupe.keep == "max" else None
    return _text([dedupe.keep, _key(dedupe.by), _loops(event), numbers])


def delta_signature(event: EventRule) -> str:
    """Tell whose totals run, which they are, and how they begin."""
    delta = event.delta
    if delta is None:
        return ""
    begin: list[Written] = [delta.restarts, delta.skip_first]
    return _text([_key(delta.by), _loops(event), begin, _added(event)])


def streak_signature(event: EventRule) -> str:
    """Tell which values are compared, and whose."""
    streak = event.streak
    if streak is None:
        return ""
    return _text([_key(streak.by), _loops(event), _field(streak.of), streak.at])


def pair_signature(start: Rule, ends: Iterable[Rule]) -> str:
    """Tell by what starts and ends find each other, and what a start keeps."""
    sides: list[Written] = [
        [_key(rule.event.pair.by), _loops(rule.event)]
        for rule in (start, *ends)
        if rule.event.pair is not None
    ]
    family = start.event.pair.in_progress if start.event.pair else None
    gauge: Written = [family.name, *family.labels] if family else None
    return _text([*sides, list(start.event.labels), gauge])


def settling_signature(event: EventRule) -> str:
    """Tell what is observed together, and of which keys."""
    observed: list[Written] = [
        [update.family.name, *update.family.labels, list(update.together)]
        for update in event.updates
        if update.together
    ]
    return _text([dedupe_signature(event), observed])


def remember_signature(mapping: Mapping) -> str:
    """Tell which names are remembered, of what, and what tells apart whose they are."""
    names: list[Written] = [
        [name, _field(of), _loops(event)]
        for event in mapping.events
        for name, of in event.remember.items()
    ]
    return _text([*names, *([_key(mapping.remember_by)] if mapping.remember_by else [])])


def _text(parts: list[Written]) -> str:
    return json.dumps(parts, ensure_ascii=False)


def _field(of: Field) -> list[Written]:
    return [f"={part.text}" if isinstance(part, Const) else list(part.parts) for part in of]


def _key(key: Key) -> list[Written]:
    return [[_field(of), match] for of, match in key.parts]


def _loops(event: EventRule) -> list[Written]:
    return [[name, list(path.parts)] for name, path in event.each]


def _added(event: EventRule) -> list[Written]:
    """Name the numbers that are compared, in their order."""
    return [
        [
            update.family.name,
            update.family.unit,
            _field(update.of),
            [_field(of) for of in update.minus],
            [f"{text}={number!r}" for text, number in (update.table or {}).items()],
            *(["time"] if update.time else []),
        ]
        for update in event.updates
        if update.verb == "add" and update.of
    ]
