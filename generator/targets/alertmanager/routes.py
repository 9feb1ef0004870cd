"""The tree of routes: who gets which alerts, bundled how, and when."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from generator.promql import matcher
from spec.quantities import format_duration

if TYPE_CHECKING:
    from spec.model import Grouping, Interval, MuteTime, OnCall, Route

_HOUR = Fraction(3600)

DIGESTS = {"hourly": _HOUR, "daily": 24 * _HOUR}
"""How often a digest is sent, in seconds."""

_GATHER = Fraction(300)
"""How long a digest's first message waits for company, in seconds."""


def route_tree(oncall: OnCall) -> dict[str, object]:
    """Spell the tree: the default at its root, the spec's routes below it."""
    return {
        "receiver": oncall.default,
        **_grouped(oncall.grouping),
        "routes": [_route(r) for r in oncall.routes],
    }


def _route(route: Route) -> dict[str, object]:
    spelled: dict[str, object] = {
        "receiver": route.to,
        "matchers": [matcher(m) for m in route.where],
    }
    if route.digest:
        spelled |= _digest(DIGESTS[route.digest])
    if route.grouping:
        spelled |= _grouped(route.grouping)
    if route.mute:
        spelled["mute_time_intervals"] = list(route.mute)
    if route.active:
        spelled["active_time_intervals"] = list(route.active)
    if route.carry_on:
        spelled["continue"] = True
    return spelled


def _grouped(grouping: Grouping) -> dict[str, object]:
    return {
        "group_by": list(grouping.by),
        "group_wait": format_duration(grouping.wait),
        "group_interval": format_duration(grouping.interval),
        "repeat_interval": format_duration(grouping.repeat),
    }


def _digest(every: Fraction) -> dict[str, object]:
    """Bundle a whole fleet into one message a period.

    The first alert is sent soon, and opens the period; what comes and goes after it is told, as
    firing or as resolved, when the period ends. Waiting out the period first would lose every alert
    that is over by then: Alertmanager never speaks of an alert that it knows only as resolved.

    What still fires is to be repeated with every message. Alertmanager notes a message's time after
    it is sent, a moment after the period began: a repeat of exactly one period would always come
    too early, and be put off to the period after.
    """
    return {
        "group_by": ["fleet"],
        "group_wait": format_duration(_GATHER),
        "group_interval": format_duration(every),
        "repeat_interval": format_duration(every - every / 12),
    }


def time_intervals(times: tuple[MuteTime, ...]) -> list[dict[str, object]]:
    """Spell the named times in which routes are muted or active."""
    return [
        {"name": time.name, "time_intervals": [_interval(i) for i in time.intervals]}
        for time in times
    ]


def _interval(interval: Interval) -> dict[str, object]:
    spelled: dict[str, object] = {}
    if interval.times:
        spelled["times"] = [{"start_time": a, "end_time": b} for a, b in interval.times]
    ranges = {
        "weekdays": interval.weekdays,
        "days_of_month": interval.days,
        "months": interval.months,
        "years": interval.years,
    }
    spelled |= {key: list(values) for key, values in ranges.items() if values}
    if interval.location:
        spelled["location"] = interval.location
    return spelled
