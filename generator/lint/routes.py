"""On-call: every alert reaches somebody, and every route, receiver and mute time has a use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generator.lint.finding import Rule, Subject
from generator.lint.fitting import firings
from spec.problems import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.lint.finding import Finding
    from generator.lint.fitting import Firing
    from generator.lint.places import Place
    from generator.lint.whole import Whole
    from spec.model import Matcher, OnCall, Route

UNTOLD = Rule("alert-without-route", "error", "Every alert reaches somebody.")
NOBODY = Rule("nobody-told", "warning", "There is somebody to be told.")
UNREACHABLE = Rule("route-unreachable", "error", "Every route can get an alert.")
UNMET = Rule("route-value-unknown", "warning", "What a route names, some alert has.")
GROUPING = Rule("grouping-label-unknown", "warning", "Messages are grouped by labels of alerts.")
UNUSED = Rule("receiver-unused", "warning", "Every receiver gets alerts.")
UNMUTED = Rule("mute-time-unused", "warning", "Every mute time mutes a route.")
RULES = (UNTOLD, NOBODY, UNREACHABLE, UNMET, GROUPING, UNUSED, UNMUTED)

# Which of them there are is checked elsewhere; a route may well be ready for more than fire today.
_RANKS = frozenset({"severity", "category"})
_DEAD_MAN = "Watchdog"
_KEYS = {"alertname": "alert"}


def find(whole: Whole) -> Iterator[Finding]:
    """Look at who is told what."""
    oncall, fired = whole.model.oncall, firings(whole)
    if not any(receiver.channels for receiver in oncall.receivers):
        hint = "name receivers and a default below oncall"
        yield whole.finding(NOBODY, whole.places.whole("oncall"), "nobody is told anything", hint)
        return
    yield from _untold(oncall, fired, whole)
    for number, route in enumerate(oncall.routes):
        if route.origin and fired:
            yield from _route(number, oncall, fired, whole)
    yield from _grouped(oncall, fired, whole)
    yield from _unused(oncall, whole)


# ---- alerts -------------------------------------------------------------------------------------


def _untold(oncall: OnCall, fired: tuple[Firing, ...], whole: Whole) -> Iterator[Finding]:
    telling = {receiver.name for receiver in oncall.receivers if receiver.channels}
    origins = {alert.proven.alert.name: alert.proven.alert.origin for alert in whole.alerts}
    told = {one.name for one in fired if telling & _receivers(one, oncall)}
    for name in dict.fromkeys(one.name for one in fired):
        if name not in told and name != _DEAD_MAN:
            place = whole.places.of(origins[name])
            message = "goes only to receivers that tell nobody"
            yield whole.finding(UNTOLD, place, message, "add a route", Subject(alert=name))


def _receivers(firing: Firing, oncall: OnCall) -> set[str]:
    """Name all who may be told."""
    found = set()
    taken = False
    for route in oncall.routes:
        fits = firing.fits_route(route)
        if fits is False:
            continue
        found.add(route.to)
        taken = taken or fits is True
        if fits and not route.carry_on:
            return found
    return found if taken else found | {oncall.default}


# ---- routes -------------------------------------------------------------------------------------


def _route(
    number: int, oncall: OnCall, fired: tuple[Firing, ...], whole: Whole
) -> Iterator[Finding]:
    route, earlier = oncall.routes[number], oncall.routes[:number]
    fitting = [one for one in fired if one.fits_route(route) is not False]
    if not fitting:
        yield _unfit(route, fired, whole)
        return
    if all(any(one.is_taken(route, other) for other in earlier) for one in fitting):
        takers = [
            ".".join(other.origin.path)
            for other in earlier
            if other.origin and any(one.is_taken(route, other) for one in fitting)
        ]
        message = f"gets nothing: all that fits is taken by {' and '.join(takers)}"
        hint = "put it before, or say continue: true there"
        yield whole.finding(UNREACHABLE, whole.places.of(route.origin), message, hint)
        return
    for matcher in route.where:
        yield from _values(route, matcher, fired, whole)


def _unfit(route: Route, fired: tuple[Firing, ...], whole: Whole) -> Finding:
    for matcher in route.where:
        if any(one.fits(matcher) is not False for one in fired):
            continue
        labels = {label for one in fired for label in (*one.fixed, *one.values)}
        if matcher.label not in labels:
            message = f'gets nothing: no alert has a label "{matcher.label}"'
            hint = nearest(matcher.label, labels)
        else:
            wanted = " or ".join(f'"{value}"' for value in matcher.values)
            message = f"gets nothing: no alert has the {_word(matcher)} {wanted}"
            hint = nearest(matcher.values[0], _seen(matcher.label, fired))
        return whole.finding(UNREACHABLE, _place(route, matcher, whole), message, hint)
    message = "gets nothing: no alert fits all of its conditions"
    return whole.finding(UNREACHABLE, whole.places.of(route.origin), message)


def _values(
    route: Route, matcher: Matcher, fired: tuple[Firing, ...], whole: Whole
) -> Iterator[Finding]:
    """Note values of a condition that no alert can have, beside others that some have."""
    if matcher.label in _RANKS:
        return
    for value in matcher.values:
        one = replace(matcher, values=(value,), negated=False)
        if value and all(firing.fits(one) is False for firing in fired):
            message = f'no alert has the {_word(matcher)} "{value}"'
            hint = nearest(value, _seen(matcher.label, fired))
            yield whole.finding(UNMET, _place(route, one, whole), message, hint)


def _place(route: Route, matcher: Matcher, whole: Whole) -> Place:
    words = (*matcher.values, _KEYS.get(matcher.label, matcher.label))
    return whole.places.of(route.origin, *words)


def _word(matcher: Matcher) -> str:
    return "name" if matcher.label == "alertname" else matcher.label


def _seen(label: str, fired: tuple[Firing, ...]) -> set[str]:
    fixed = {one.fixed[label] for one in fired if label in one.fixed}
    return fixed.union(*(one.values.get(label) or frozenset() for one in fired))


def _grouped(oncall: OnCall, fired: tuple[Firing, ...], whole: Whole) -> Iterator[Finding]:
    if any(one.open for one in fired):
        return
    labels = {label for one in fired for label in (*one.fixed, *one.values)}
    for origin in (oncall.origin, *(route.origin for route in oncall.routes)):
        listed = origin.get("grouping", "by") if origin else None
        for label in listed.elements() if listed else ():
            name = label.text() or ""
            # Alertmanager's own word for all labels.
            if name and name != "..." and name not in labels:
                place = whole.places.of(label)
                message = f'no alert has a label "{name}"'
                yield whole.finding(GROUPING, place, message, nearest(name, labels))


# ---- what nobody uses ---------------------------------------------------------------------------


def _unused(oncall: OnCall, whole: Whole) -> Iterator[Finding]:
    used = {oncall.default, *(route.to for route in oncall.routes)}
    for receiver in oncall.receivers:
        if receiver.origin and receiver.name not in used:
            place = whole.places.of(receiver.origin)
            message, hint = "no route leads to it", "add one, or remove it"
            yield whole.finding(UNUSED, place, message, hint)
    named = {name for route in oncall.routes for name in (*route.mute, *route.active)}
    for time in oncall.mute_times:
        if time.origin and time.name not in named:
            place = whole.places.of(time.origin)
            message, hint = "no route is muted by it", "name it below a route's mute or active"
            yield whole.finding(UNMUTED, place, message, hint)
