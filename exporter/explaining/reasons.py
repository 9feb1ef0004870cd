"""The words for why a rule that took an event moved nothing by it, or not all."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from exporter.explaining.conditions import shown, sort_of
from exporter.mapping.values import moment, number
from spec.mapping import Path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.explaining.conditions import Event
    from exporter.mapping.plan import Rule
    from spec.mapping import Field, Key, Mapping, Update

MOST_PLACES = 3
"""Places that are named of those of which the first that is there counts."""

_EPOCH_SCALE = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def why_rejected(rule: Rule, reason: str, turns: tuple[Event, ...]) -> str:
    """Name the fields, and of what sort their values are; "" where that can't be told."""
    found: dict[str, None] = {}
    for turn in turns:
        if reason in ("no_key", "no_start"):
            places = _key_places(rule)
            every = ", ".join(places)
            lacking = f"none of {every} is there" if places[1:] else f"{every} is not there"
            unknown = f"nothing was started under this {every}"
            found[lacking if reason == "no_key" else unknown] = None
        else:
            found |= dict.fromkeys((*_numbers(rule, reason, turn), *_times(rule, reason, turn)))
    return "; ".join(found)


def event_time(mapping: Mapping, turn: Event) -> datetime | str | None:
    """Read an event's time; None where there is none, else the time or why it can't be read."""
    scale = _EPOCH_SCALE[mapping.time_unit] if mapping.time_unit else None
    return moment(turn.first(mapping.time), scale)


def why_left(rule: Rule) -> str:
    """Say why a rule whose tests hold was not applied, though nothing was wrong."""
    event = rule.event
    if event.dedupe is not None and event.dedupe.keep == "first":
        return "a repeat: the same key was there before"
    if event.dedupe is not None:
        return "a repeat: no number is larger than before under its key"
    if event.delta is not None:
        return "a repeat: no total has grown"
    if event.streak is not None:
        return f"no run of {event.streak.at} just now"
    if event.pair is not None and event.pair.role == "start":
        return "a repeat: the same start was there before"
    return ""


def _numbers(rule: Rule, reason: str, turn: Event) -> Iterator[str]:
    for update in rule.event.updates:
        if update.verb in ("inc", "estimate") or update.state is not None:
            continue
        if not update.time and (update.table is None or reason == "not_a_number"):
            yield from _number(update, reason, turn)
        elif reason == "missing":
            places = (update.of, *update.minus) if update.time else (update.of,)
            lacking = (of for of in places if of and turn.first(of) is None)
            yield from (f"{_places(of)} is not there" for of in lacking)
        elif reason == "negative" and update.time:
            yield from _backwards(update, turn)


def _backwards(update: Update, turn: Event) -> Iterator[str]:
    """Name an end that is before its start."""
    end = moment(turn.first(update.of), 1.0)
    for of in update.minus:
        start = moment(turn.first(of), 1.0)
        if isinstance(end, datetime) and isinstance(start, datetime) and end < start:
            yield f"{_there(update.of, turn)} is before {_there(of, turn)}"


def _times(rule: Rule, reason: str, turn: Event) -> Iterator[str]:
    """Name the points in time that can't be read, and of what sort they are."""
    of = rule.mapping.time
    if event_time(rule.mapping, turn) == reason:
        yield _sort(of, turn)
    for update in rule.event.updates:
        for of in (update.of, *update.minus) if update.time else ():
            if moment(turn.first(of), 1.0) == reason:
                yield _sort(of, turn)


def _number(update: Update, reason: str, turn: Event) -> Iterator[str]:
    value = turn.first(update.of)
    optional = update.skip_absent or update.estimate_absent
    if not update.of or (value is None and optional):
        return
    read = number(value)
    if read == reason:
        yield _sort(update.of, turn)
    less = [of for of in update.minus if turn.first(of) is not None]
    yield from (_sort(of, turn) for of in less if number(turn.first(of)) == reason)
    if reason == "negative" and not isinstance(read, str):
        others = (number(turn.first(of)) for of in less)
        if read - sum(one for one in others if not isinstance(one, str)) < 0:
            told = "".join(f" less {_there(of, turn)}" for of in less)
            yield f"{_there(update.of, turn)}{told} is below zero"


def _sort(of: Field, turn: Event) -> str:
    """Say of what sort a field is."""
    return f"{_there(of, turn)} is {sort_of(turn.first(of))}"


def _there(of: Field, turn: Event) -> str:
    """Name the place that counts: the first that is there, or all where none is."""
    found = (part for part in of if turn.first((part,)) is not None)
    return _places(tuple(found)[:1] or of)


def _places(of: Field) -> str:
    places = [f"`{shown(part)}`" for part in of if isinstance(part, Path)]
    more = [f"{len(places) - MOST_PLACES} more"] if len(places) > MOST_PLACES else []
    return " or ".join([*places[:MOST_PLACES], *more]) or "a constant"


def _key_places(rule: Rule) -> list[str]:
    event = rule.event
    keys: list[Key] = [part.by for part in (event.dedupe, event.delta, event.pair) if part]
    return list(dict.fromkeys(_places(of) for key in keys for of, _ in key.parts))
