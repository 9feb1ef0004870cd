"""What is to become of alerts, worked out from the model: who is told, and what is silenced.

The cases for on-call are made with it. A real Alertmanager then has to agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from generator.model import Outranking
from spec.schema_oncall import DAYS, MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Mapping as Map

    from generator.model import Inhibition, Model
    from spec.model import Interval, Matcher, MuteTime, OnCall, Route


@dataclass(frozen=True)
class Oracle:
    """Tells what becomes of alerts of a model."""

    model: Model

    @cached_property
    def _by_source(self) -> Map[str, list[Inhibition]]:
        found: dict[str, list[Inhibition]] = {}
        for rule in self.model.inhibitions:
            found.setdefault(rule.source, []).append(rule)
        return found

    def taken(self, labels: Map[str, str]) -> list[Route | None]:
        """Give the routes that take an alert; None is the default."""
        found: list[Route | None] = []
        for route in self.model.oncall.routes:
            if fits(route.where, labels):
                found.append(route)
                if not route.carry_on:
                    break
        return found or [None]

    def told(self, labels: Map[str, str], at: datetime | None = None) -> list[str]:
        """Give the receivers that tell somebody of an alert, at this time or at any."""
        oncall = self.model.oncall
        loud = {receiver.name for receiver in oncall.receivers if receiver.channels}
        names = {
            route.to if route else oncall.default
            for route in self.taken(labels)
            if at is None or route is None or not muted(route, oncall, at)
        }
        return sorted(names & loud)

    def silenced(self, alert: Map[str, str], others: Sequence[Map[str, str]]) -> bool:
        """Tell whether one of the other alerts inhibits this one."""
        return any(inhibits(rule, other, alert) for other in others for rule in self.of(other))

    def of(self, source: Map[str, str]) -> tuple[Inhibition | Outranking, ...]:
        """Give the rules by which an alert may silence others."""
        named = self._by_source.get(source.get("alertname", ""), ())
        return (*named, *self.model.outrankings)

    @property
    def rules(self) -> tuple[Inhibition | Outranking, ...]:
        """Everything that silences something."""
        return (*self.model.inhibitions, *self.model.outrankings)


def fits(where: tuple[Matcher, ...], labels: Map[str, str]) -> bool:
    """Tell whether labels fit all conditions; a missing label is an empty one."""
    return all((labels.get(m.label, "") in m.values) != m.negated for m in where)


def inhibits(rule: Inhibition | Outranking, source: Map[str, str], target: Map[str, str]) -> bool:
    """Tell whether one alert silences another by this rule."""
    agree = all(source.get(label, "") == target.get(label, "") for label in rule.equal)
    return agree and is_source(rule, source) and is_target(rule, target)


def is_source(rule: Inhibition | Outranking, labels: Map[str, str]) -> bool:
    """Tell whether an alert can silence others by this rule."""
    if isinstance(rule, Outranking):
        return labels.get("severity") == rule.severity and all(map(labels.get, rule.present))
    return _is(labels, rule.source, rule.source_tier)


def is_target(rule: Inhibition | Outranking, labels: Map[str, str]) -> bool:
    """Tell whether an alert can be silenced by this rule."""
    if isinstance(rule, Outranking):
        return labels.get("severity") in rule.lesser and all(map(labels.get, rule.present))
    return _is(labels, rule.target, rule.target_tier)


def _is(labels: Map[str, str], name: str, tier: str) -> bool:
    return labels.get("alertname") == name and tier in ("", labels.get("tier"))


def muted(route: Route, oncall: OnCall, at: datetime) -> bool:
    """Tell whether a route sends nothing at this time."""
    now = {time.name for time in oncall.mute_times if holds(time, at)}
    return bool(now & set(route.mute)) or bool(route.active and not now & set(route.active))


def holds(time: MuteTime, at: datetime) -> bool:
    """Tell whether it is this time."""
    return any(_within(interval, at) for interval in time.intervals)


def _within(interval: Interval, at: datetime) -> bool:
    here = at.astimezone(ZoneInfo(interval.location) if interval.location else UTC)
    clock = f"{here:%H:%M}"
    day, month = DAYS[here.isoweekday() % 7], MONTHS[here.month - 1]
    return (
        (not interval.times or any(a <= clock < b for a, b in interval.times))
        and (not interval.weekdays or day in _words(interval.weekdays, DAYS))
        and (not interval.months or month in _words(interval.months, MONTHS))
        and (not interval.days or any(_day(text, here) for text in interval.days))
        and (not interval.years or any(_year(text, here) for text in interval.years))
    )


def _words(ranges: tuple[str, ...], words: tuple[str, ...]) -> Iterator[str]:
    for text in ranges:
        first, _, last = text.partition(":")
        yield from words[words.index(first) : words.index(last or first) + 1]


def _day(text: str, here: datetime) -> bool:
    """Tell whether it is a day of these; -1 is the month's last."""
    after = datetime(here.year + here.month // 12, here.month % 12 + 1, 1, tzinfo=UTC)
    length = (after - datetime(here.year, here.month, 1, tzinfo=UTC)).days
    first, _, last = text.partition(":")
    start, end = (int(d) if int(d) > 0 else length + 1 + int(d) for d in (first, last or first))
    return start <= here.day <= end


def _year(text: str, here: datetime) -> bool:
    first, _, last = text.partition(":")
    return int(first) <= here.year <= int(last or first)
