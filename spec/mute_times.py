"""Mute times: stretches of days, weeks and years, checked as Alertmanager would check them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from spec.model import Interval, MuteTime
from spec.problems import nearest
from spec.reading import string, texts
from spec.schema_oncall import DAYS, MONTHS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from spec.node import Node
    from spec.reading import Reading

_MIDNIGHT, _NEXT_MIDNIGHT = "00:00", "24:00"
_LAST_DAY = 31


def read_mute_times(node: Node | None, into: Reading) -> tuple[MuteTime, ...]:
    """Read the named times of `oncall.mute_times`."""
    return tuple(
        MuteTime(name, tuple(_interval(part, into) for part in entry.elements()), entry)
        for name, entry in (node.items() if node else ())
    )


def _interval(node: Node, into: Reading) -> Interval:
    if not isinstance(node.value, dict) or into.doubtful(node):
        return Interval()
    _numbers(
        node.get("days"), r"-?\d{1,2}(:-?\d{1,2})?", _days, "try 1:7, or -1 for the last", into
    )
    _numbers(node.get("years"), r"\d{4}(:\d{4})?", _years, "try 2026, or 2026:2027", into)
    location = node.get("location")
    if location and _zones() and string(location) not in _zones():
        name = string(location)
        into.wrong(location, f'there is no time zone "{name}"', nearest(name, _zones()))
    return Interval(
        times=tuple(
            stretch
            for part in texts(node.get("times"))
            for stretch in _within_a_day(*part.split("-"))
        ),
        weekdays=tuple(_within(texts(node.get("weekdays")), DAYS)),
        days=texts(node.get("days")),
        months=tuple(_within(texts(node.get("months")), MONTHS)),
        years=texts(node.get("years")),
        location=string(location),
    )


def _within_a_day(start: str, end: str) -> list[tuple[str, str]]:
    """Cut a stretch over midnight in two: Alertmanager takes none that ends before it starts."""
    if start < end:
        return [(start, end)]
    rest = [] if end == _MIDNIGHT else [(_MIDNIGHT, end)]
    return [(start, _NEXT_MIDNIGHT), *rest]


def _within(ranges: Iterable[str], words: tuple[str, ...]) -> Iterator[str]:
    """Cut ranges over the end of a week or year in two, as `saturday:sunday`."""
    for text in ranges:
        first, _, last = text.partition(":")
        if last and words.index(first) > words.index(last):
            yield from (_spelt(first, words[-1]), _spelt(words[0], last))
        else:
            yield text


def _spelt(first: str, last: str) -> str:
    return first if first == last else f"{first}:{last}"


def _numbers(
    node: Node | None, form: str, fine: Callable[[int, int], bool], hint: str, into: Reading
) -> None:
    for part in node.elements() if node else []:
        text = string(part)
        if re.fullmatch(form, text):
            first, _, last = text.partition(":")
            if fine(int(first), int(last or first)):
                continue
        into.wrong(part, f'"{text}" is not a stretch of time', hint)


def _days(first: int, last: int) -> bool:
    """Tell whether these are days of a month, in order: -1 is the last, -2 the one before."""
    if not (0 < abs(first) <= _LAST_DAY and 0 < abs(last) <= _LAST_DAY):
        return False
    # A stretch from a day before the month's end to a day after its start can't be.
    return first <= last if (first < 0) == (last < 0) else first > 0


def _years(first: int, last: int) -> bool:
    return first <= last


@cache
def _zones() -> frozenset[str]:
    """Give the time zones that this machine knows: none where it has no data of them."""
    return frozenset(available_timezones())
