"""On-call: who is told what, when not, and the tests of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from fractions import Fraction

    from spec.model.families import Matcher
    from spec.node import Node


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody to tell: `channels` are (kind, settings), kind one of pagerduty, slack, ..."""

    name: str
    channels: tuple[tuple[str, Map[str, object]], ...]
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Grouping:
    """How Alertmanager bundles: labels of one group, and its three waits in seconds."""

    by: tuple[str, ...]
    wait: Fraction
    interval: Fraction
    repeat: Fraction


@dataclass(frozen=True, slots=True)
class Route:
    """Alerts that fit all of `where` go to the receiver `to`; `digest` is "", hourly or daily.

    In the mute times `mute` nothing is sent, nor outside the mute times `active`, where any are
    named. `grouping` is None for on-call's own.
    """

    where: tuple[Matcher, ...]
    to: str
    digest: str = ""
    carry_on: bool = False
    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    grouping: Grouping | None = None
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Interval:
    """A time that comes again: in one of each of what is given; empty means any.

    `times` are stretches of a day, from and to, as `HH:MM`. The others are ranges, spelt as
    Alertmanager has them: `monday:friday`, `1:7`. `location` is a time zone, "" for UTC.
    """

    times: tuple[tuple[str, str], ...] = ()
    weekdays: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    location: str = ""


@dataclass(frozen=True, slots=True)
class MuteTime:
    """A named time: it is while any of its intervals is."""

    name: str
    intervals: tuple[Interval, ...]
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert of a test: `alert` is "" or one of the spec's, whose constant labels it has.

    `to` are those who are told, None where the test does not ask. `silenced`: another alert of the
    test inhibits it.
    """

    alert: str
    labels: Map[str, str]
    annotations: Map[str, str] = field(default_factory=dict)
    to: tuple[str, ...] | None = None
    silenced: bool = False
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What must stand in the message of a test, in its order, where `receiver` has `channel`."""

    receiver: str
    channel: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnCallTest:
    """Alerts that fire together, and who is told then. `at` is in UTC, "" for any time."""

    name: str
    firing: tuple[Fired, ...]
    at: str = ""
    message: Said | None = None
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is told what."""

    receivers: tuple[Receiver, ...]
    routes: tuple[Route, ...]
    default: str
    grouping: Grouping
    mute_times: tuple[MuteTime, ...] = ()
    tests: tuple[OnCallTest, ...] = ()
    origin: Node | None = field(default=None, compare=False, repr=False)
