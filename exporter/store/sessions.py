"""Sessions: what each has used, and those that lead as series, so that there are never many.

A fleet has thousands of sessions a day; a series for each would be kept by Prometheus for weeks.
So every session is a record here, and a scrape sees the few that used most.
"""

from __future__ import annotations

import heapq
import time
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeAlias

from exporter.store.label_text import LabelText, braced
from exporter.store.numbers import MONEY, number_from, plain_number, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from exporter.model import Plain
    from exporter.store.numbers import Number
    from spec.model import Family, TopSessions

Key: TypeAlias = tuple[str, str, str]
"""The store's name, the agent and the session."""

Record: TypeAlias = list[Any]
"""[whether it changed since it was saved, time of the oldest event, of the newest, tokens, money].

Money is in trillionths of a dollar. The oldest time, tokens and money are None until a log tells
any, the newest time is NO_TIME.
"""

CHANGED, OLDEST, NEWEST, TOKENS, MONEY_SPENT = range(5)
# Before every event, in whatever zone: a session that has seen none with a time.
NO_TIME = datetime.min.replace(tzinfo=timezone(timedelta(hours=23, minutes=59)))

SESSIONS_TOTAL = "agent_sessions_total"
TOKENS_OF_SESSION = "agent_session_tokens"
COST_OF_SESSION = "agent_session_cost_usd"
DURATION_OF_SESSION = "agent_session_duration_seconds"

MOST = 5_000
"""Sessions that are remembered; beyond, those go that were silent for longest."""

# In seconds: a thousand years, and what Python can reckon with.
_LONGEST_AGE = 3e10

# What is told of a time beyond this comes of a clock that is wrong.
_AHEAD = timedelta(days=1)

LONGEST = 128
"""Characters of a session's name; what is longer is cut, and ends in its digest."""


class Top:
    """The series of one family: the sessions that lead in it, as a scrape sees them."""

    def __init__(self, family: Family) -> None:
        """Begin without any."""
        self.family = family
        self._lines: tuple[str, ...] = ()
        self._text = ""

    def show(self, lines: Iterable[str]) -> None:
        """Show these samples instead of those that were."""
        self._lines = tuple(lines)
        self._text = "".join(self._lines)

    def visible(self) -> int:
        """Count the series that scrapes see."""
        return len(self._lines)

    def text(self, now: float) -> str:  # noqa: ARG002 (other series are young at first)
        """Write the samples."""
        return self._text

    def text_with_exemplars(self, now: float) -> str:
        """Write the samples for OpenMetrics; a gauge has no exemplars."""
        return self.text(now)


class Sessions:
    """All sessions of an exporter. One thread changes them; `publish` and `tops` need a lock.

    `forgotten` counts those that had no room; `total` is the family that counts them all.
    """

    def __init__(
        self,
        families: Mapping[str, Family],
        stores: Mapping[str, Mapping[str, str]],
        shown: TopSessions,
        most: int = MOST,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Make it empty. `stores` gives the constant labels of each store, by its name.

        A session is `shown` for so long by the events' own time: up to the newest of any session.
        `clock` tells the time in seconds since 1970; only what is told of the future asks it.
        """
        self._stores: dict[str, dict[str, dict[str, Record]]] = {name: {} for name in stores}
        self._held = 0
        self.total = families[SESSIONS_TOTAL]
        self.forgotten = 0
        self._keep, self._most, self._clock = shown.keep, most, clock
        self._age = timedelta(seconds=min(float(shown.age), _LONGEST_AGE))
        self._removed: list[Key] = []
        self._stale = False
        self._tops = {name: Top(families[name]) for name in _FIGURES}
        self._named = {
            name: LabelText(("agent", "session"), constants) for name, constants in stores.items()
        }

    @property
    def tops(self) -> list[Top]:
        """The families of sessions."""
        return list(self._tops.values())

    def __len__(self) -> int:
        return self._held

    def of(self, store: str) -> dict[str, dict[str, Record]]:
        """Give the records of a store's sessions by agent and name, for looking them up."""
        return self._stores[store]

    def begin(self, store: str, agent: str, session: str) -> tuple[Record, bool]:
        """Give the record of a session that may be new, and whether it is."""
        agent, session = shortened(agent), shortened(session)
        record = self._stores[store].get(agent, {}).get(session)
        if record is not None:
            return record, False
        if self._held >= self._most:
            self._make_room()
        return self._put((store, agent, session), new_record()), True

    def save(self, *, whole: bool) -> Plain:
        """Give the sessions that changed, or all; and those that were forgotten."""
        if whole:
            self._removed.clear()
        rows = [
            [*key, *_times(record), *map(_plain, record[TOKENS:])]
            for key, record in self._all()
            if whole or record[CHANGED]
        ]
        gone: list[Plain] = [list(key) for key in self._removed]
        self._removed.clear()
        self._stale = self._stale or bool(rows or gone)
        for _, record in self._all():
            record[CHANGED] = False
        return [rows, gone] if rows or gone else None

    def restore(self, saved: Sequence[Plain]) -> None:
        """Take up what was saved; sessions of stores that are no more are left out."""
        for rows, gone in saved:
            for key in gone:
                self._forget(tuple(key))
            for store, agent, session, oldest, newest, *figures in rows:
                if store in self._stores:
                    amounts = [None if one is None else number_from(one) for one in figures]
                    times = [_time(oldest), _time(newest) or NO_TIME]
                    self._put((store, agent, session), [False, *times, *amounts])
        self._stale = True

    def publish(self) -> None:
        """Show those that lead now. What they used is safe in the checkpoint, or there is none."""
        if not self._stale and not any(record[CHANGED] for _, record in self._all()):
            return
        self._stale = False
        for name, leaders in self.leaders().items():
            self._tops[name].show(
                f"{name}{self._labels(key)} {written(_shown(name, value))}\n"
                for key, value in sorted(leaders)
            )

    def leaders(self) -> dict[str, list[tuple[Key, Number]]]:
        """Give for each family the sessions that lead in it, and by what; money in trillionths.

        Those that are even stand in the order of their names.
        """
        newest = self._newest()
        current = [
            (key, record)
            for key, record in self._all()
            if record[OLDEST] is None or newest - record[NEWEST] <= self._age
        ]
        return {name: self._leaders_of(figure, current) for name, figure in _FIGURES.items()}

    def _newest(self) -> datetime:
        """Give the time up to which sessions are young; a lone clock that is ahead ages nobody."""
        times = [record[NEWEST] for _, record in self._all()]
        soon = datetime.fromtimestamp(self._clock(), UTC) + _AHEAD
        return max((at for at in times if at <= soon), default=max(times, default=NO_TIME))

    def _leaders_of(
        self, figure: Callable[[Record], Number | None], current: list[tuple[Key, Record]]
    ) -> list[tuple[Key, Number]]:
        told = [(value, key) for key, record in current if (value := figure(record)) is not None]
        if len(told) > self._keep:
            # Names are compared only of those that can be among them.
            least = heapq.nlargest(self._keep, (value for value, _ in told))[-1]
            told = [one for one in told if one[0] >= least]
        told.sort(key=lambda one: (-one[0], one[1][2], one[1]))
        return [(key, value) for value, key in told[: self._keep]]

    def _make_room(self) -> None:
        """Forget those that were silent for longest, but none that leads."""
        leading = {key for leaders in self.leaders().values() for key, _ in leaders}
        others = [(record[NEWEST], key) for key, record in self._all() if key not in leading]
        # Many at once: to look for the oldest takes longer than to remember a new one.
        room = max(1, self._most // 5)
        for _, key in heapq.nsmallest(room, others):
            self._forget(key)
            self._removed.append(key)
            self.forgotten += 1

    def _labels(self, key: Key) -> str:
        store, *labels = key
        return braced(self._named[store].text(tuple(labels)))

    def _all(self) -> Iterator[tuple[Key, Record]]:
        for store, agents in self._stores.items():
            for agent, sessions in agents.items():
                for session, record in sessions.items():
                    yield (store, agent, session), record

    def _put(self, key: Key, record: Record) -> Record:
        store, agent, session = key
        sessions = self._stores[store].setdefault(agent, {})
        self._held += session not in sessions
        sessions[session] = record
        return record

    def _forget(self, key: Key) -> None:
        store, agent, session = key
        agents = self._stores.get(store, {})
        if agents.get(agent, {}).pop(session, None) is not None:
            self._held -= 1
            if not agents[agent]:
                del agents[agent]


def new_record() -> Record:
    """Give the record of a session of which nothing is told yet."""
    return [False, None, NO_TIME, None, None]


def shortened(name: str) -> str:
    """Cut a name that is too long for a label; names that differ stay different."""
    if len(name) <= LONGEST:
        return name
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{name[: LONGEST - len(digest) - 1]}…{digest}"


def _duration(record: Record) -> Number | None:
    """Give how long a session lasted, in seconds; None where no event had a time."""
    if record[OLDEST] is None:
        return None
    seconds: float = (record[NEWEST] - record[OLDEST]).total_seconds()
    return seconds


_FIGURES: dict[str, Callable[[Record], Number | None]] = {
    TOKENS_OF_SESSION: lambda record: record[TOKENS],
    COST_OF_SESSION: lambda record: record[MONEY_SPENT],
    DURATION_OF_SESSION: _duration,
}


def _shown(name: str, value: Number) -> Number:
    return Fraction(value) / MONEY if name == COST_OF_SESSION else value


def _times(record: Record) -> list[str | None]:
    if record[OLDEST] is None:
        return [None, None]
    return [record[OLDEST].isoformat(), record[NEWEST].isoformat()]


def _time(saved: str | None) -> datetime | None:
    return None if saved is None else datetime.fromisoformat(saved)


def _plain(number: Number | None) -> Plain:
    return None if number is None else plain_number(number)
