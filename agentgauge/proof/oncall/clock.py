"""Plays a time: intervals turned so that now stands in them where that time stood.

Alertmanager has only the clock of the machine. Hours, days, weekdays, months and years are judged
apart from each other, so each can be turned by itself, until now's own is in the place of that of
the time that is played. What is turned keeps its time zone.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# In Alertmanager's order.
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_MINUTES, _DAYS, _SHORTEST = 1440, 31, 28


def read_time(text: str) -> datetime:
    """Read `YYYY-MM-DD HH:MM`, which is UTC."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def turned(interval: dict[str, Any], played: datetime, now: datetime) -> dict[str, Any]:
    """Turn an interval of Alertmanager: it holds `now` exactly where it held `played`."""
    zone = ZoneInfo(interval["location"]) if "location" in interval else UTC
    then, here = played.astimezone(zone), now.astimezone(zone)
    result = dict(interval)
    if "times" in interval:
        by = _minute(here) - _minute(then)
        result["times"] = [part for stretch in interval["times"] for part in _stretch(stretch, by)]
    if "weekdays" in interval:
        days = _members(interval["weekdays"], _WEEKDAYS)
        result["weekdays"] = [
            _WEEKDAYS[(day + _weekday(here) - _weekday(then)) % 7] for day in days
        ]
    if "days_of_month" in interval:
        days = _days(interval["days_of_month"], monthrange(then.year, then.month)[1])
        # A month without these days: none at all would mean every day, so another than now's.
        result["days_of_month"] = [
            str((d - 1 + here.day - then.day) % _DAYS + 1) for d in days
        ] or [str(here.day % _SHORTEST + 1)]
    if "months" in interval:
        months = _members(interval["months"], _MONTHS)
        result["months"] = [_MONTHS[(month + here.month - then.month) % 12] for month in months]
    if "years" in interval:
        by = here.year - then.year
        ranges = (str(years).partition(":") for years in interval["years"])
        result["years"] = [f"{int(a) + by}:{int(b or a) + by}" for a, _, b in ranges]
    return result


def _minute(time: datetime) -> int:
    return time.hour * 60 + time.minute


def _weekday(time: datetime) -> int:
    return time.isoweekday() % 7


def _stretch(stretch: dict[str, str], by: int) -> Iterator[dict[str, str]]:
    """Turn a stretch of a day; over midnight it falls into two."""
    start, end = (_read_clock(stretch[key]) for key in ("start_time", "end_time"))
    length = end - start
    start = (start + by) % _MINUTES
    end = start + length
    yield {"start_time": _clock(start), "end_time": _clock(min(end, _MINUTES))}
    if end > _MINUTES:
        yield {"start_time": _clock(0), "end_time": _clock(end - _MINUTES)}


def _read_clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _members(ranges: Iterable[str], words: tuple[str, ...]) -> Iterator[int]:
    for text in ranges:
        first, _, last = text.partition(":")
        yield from range(words.index(first), words.index(last or first) + 1)


def _days(ranges: Iterable[str], length: int) -> Iterator[int]:
    """Give the days of a month of this length: -1 is its last."""
    for text in ranges:
        first, _, last = str(text).partition(":")
        start, end = (int(d) if int(d) > 0 else length + int(d) + 1 for d in (first, last or first))
        yield from range(max(start, 1), min(end, length) + 1)
