"""Cases for mute times: the first and the last minute of each, and those beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from generator.oncall_cases import Firing, OnCallCase, made_for
from generator.oncall_oracle import Oracle, holds, muted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Mapping as Map

    from generator.model import Model
    from generator.oncall_cases import Example
    from spec.model import Interval, MuteTime, OnCall, Route

_START = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS = 400
_MINUTE = timedelta(minutes=1)


def mute_cases(model: Model, fired: Sequence[Example]) -> Iterator[OnCallCase]:
    """Say of each route with mute times who is told as they begin and end, and just before."""
    oracle = Oracle(model)
    for route in model.oncall.routes:
        if not route.mute and not route.active:
            continue
        labels = _an_alert_of(route, oracle, fired)
        if labels is None:
            continue
        for at in _turns(route, model.oncall):
            to = oracle.told(labels, at)
            told = ", ".join(to) or "nobody"
            yield OnCallCase(
                f"{labels['alertname']} is sent to {told} at {at:%Y-%m-%d %H:%M} UTC",
                (Firing(labels, to),),
                at=f"{at:%Y-%m-%d %H:%M}",
            )


def _an_alert_of(route: Route, oracle: Oracle, fired: Sequence[Example]) -> Map[str, str] | None:
    made = made_for(route, oracle.model.fleet)
    candidates = (*(example.labels for example in fired), made)
    return next((x for x in candidates if any(route is one for one in oracle.taken(x))), None)


def _turns(route: Route, oncall: OnCall) -> list[datetime]:
    """Find when each mute time of a route first makes it fall silent, and first speak again.

    Of each, the minute and the one before it.
    """
    times = [time for time in oncall.mute_times if time.name in (*route.mute, *route.active)]
    return sorted({at for time in times for at in _turns_by(time, route, oncall)})


def _turns_by(time: MuteTime, route: Route, oncall: OnCall) -> Iterator[datetime]:
    found = set()
    for before, after in pairwise(_candidates(time)):
        was, is_now = muted(route, oncall, before), muted(route, oncall, after)
        by_this = holds(time, before) != holds(time, after) and after - before == _MINUTE
        if was != is_now and by_this and is_now not in found:
            found.add(is_now)
            yield from (before, after)
        if len(found) == 2:  # noqa: PLR2004 (silent, and speaking again)
            return


def _candidates(time: MuteTime) -> Iterator[datetime]:
    """Give the minutes at which it may begin or end, and those before them, in their order."""
    start = min((_first_year(interval) for interval in time.intervals), default=_START)
    for day in range(_DAYS):
        turns = {
            moment
            for interval in time.intervals
            for clock in _clocks(interval)
            for moment in _moments(start + timedelta(days=day), clock, interval.location)
        }
        yield from sorted({*turns, *(moment - _MINUTE for moment in turns)})


def _first_year(interval: Interval) -> datetime:
    years = [int(text.partition(":")[0]) for text in interval.years]
    return _START.replace(year=min(years)) if years else _START


def _clocks(interval: Interval) -> set[str]:
    return {
        "00:00",
        *(clock for stretch in interval.times for clock in stretch if clock != "24:00"),
    }


def _moments(day: datetime, clock: str, location: str) -> Iterator[datetime]:
    zone = ZoneInfo(location) if location else UTC
    hour, minute = map(int, clock.split(":"))
    yield day.replace(hour=hour, minute=minute, tzinfo=zone).astimezone(UTC)
