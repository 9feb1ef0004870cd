"""Sessions: those that used most are shown, and never more than that."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from exporter.store.exposition import exposition, families_of
from exporter.store.sessions import (
    CHANGED,
    LONGEST,
    MONEY_SPENT,
    NEWEST,
    OLDEST,
    TOKENS,
    Sessions,
    shortened,
)
from spec.load import vocabulary
from spec.model import TopSessions

if TYPE_CHECKING:
    from collections.abc import Mapping

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Shown = dict[str, dict[tuple[str, str], float]]


@dataclass
class Followed:
    """Sessions of one store, with a checkpoint."""

    keep: int = 20
    most: int = 100
    stores: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {"": {}})
    saved: list[object] = field(default_factory=list)
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin anew from what was saved."""
        shown = TopSessions(self.keep, Fraction(86_400))
        clock = lambda: self.now.timestamp()  # noqa: E731, PLW0108 (it is set later)
        self.sessions = Sessions(vocabulary(), self.stores, shown, self.most, clock)
        self.sessions.restore(self.saved)
        self.sessions.publish()

    def use(
        self,
        session: str,
        time: datetime | None = NOON,
        *,
        tokens: int | None = None,
        cost: int | None = None,
        agent: str = "a",
        store: str = "",
    ) -> bool:
        """Take an event, as compiled code does; tell whether its session is new."""
        record, new = self.sessions.begin(store, agent, session)
        record[CHANGED] = True
        if time is not None:
            record[OLDEST] = min(record[OLDEST] or time, time)
            record[NEWEST] = max(record[NEWEST], time)
        for figure, amount in ((TOKENS, tokens), (MONEY_SPENT, cost)):
            if amount is not None:
                record[figure] = (record[figure] or 0) + amount
        return new

    def commit(self, *, whole: bool = False) -> None:
        """Save what changed, or everything, and show it."""
        saved = self.sessions.save(whole=whole or not self.saved)
        if whole:
            self.saved.clear()
        if saved is not None:
            self.saved.append(msgspec.msgpack.decode(msgspec.msgpack.encode(saved)))
        self.sessions.publish()

    def text(self) -> str:
        """Give the exposition."""
        return exposition(families_of(self.sessions.tops, 0.0)).decode()

    def shown(self) -> Shown:
        """Give what a scrape sees, by the family's last word and by agent and session."""
        self.commit()
        found: Shown = {}
        for family in text_string_to_metric_families(self.text()):
            name = family.name.removeprefix("agent_session_").split("_")[0]
            found[name] = {
                (sample.labels["agent"], sample.labels["session"]): sample.value
                for sample in family.samples
            }
        return found


def test_the_sessions_that_used_most_are_shown_each_family_for_itself() -> None:
    followed = Followed(keep=2)
    followed.use("cheap-and-long", NOON - 3 * HOUR, tokens=10, cost=1)
    followed.use("cheap-and-long", NOON, tokens=10)
    followed.use("dear", tokens=30, cost=5 * 10**12)
    followed.use("wordy", tokens=900, cost=2 * 10**12)
    assert followed.shown() == {
        "tokens": {("a", "wordy"): 900, ("a", "dear"): 30},
        "cost": {("a", "dear"): 5, ("a", "wordy"): 2},
        "duration": {("a", "cheap-and-long"): 10_800, ("a", "dear"): 0},
    }


def test_twenty_sessions_are_shown_and_one_that_is_overtaken_vanishes() -> None:
    followed = Followed()
    for number in range(30):
        followed.use(f"s{number:02}", tokens=number)
    assert sorted(followed.shown()["tokens"].values()) == list(range(10, 30))
    followed.use("s00", tokens=1000)
    shown = followed.shown()["tokens"]
    assert len(shown) == 20
    assert shown["a", "s00"] == 1000
    assert ("a", "s10") not in shown


def test_those_that_are_even_stand_in_the_order_of_their_names() -> None:
    followed = Followed(keep=2)
    for name in ("c", "a", "d", "b"):
        followed.use(name, tokens=5, agent=f"agent-of-{name}")
    assert list(followed.shown()["tokens"]) == [("agent-of-a", "a"), ("agent-of-b", "b")]


def test_a_session_is_shown_for_a_day_of_the_events_own_time() -> None:
    followed = Followed()
    followed.use("old", NOON - 24 * HOUR, tokens=900)
    followed.use("new", NOON, tokens=1)
    assert set(followed.shown()["tokens"]) == {("a", "old"), ("a", "new")}
    followed.use("new", NOON + timedelta(seconds=1))
    assert set(followed.shown()["tokens"]) == {("a", "new")}
    followed.use("old", NOON + HOUR, tokens=100)
    assert followed.shown()["tokens"] == {("a", "old"): 1000, ("a", "new"): 1}


def test_a_clock_that_is_ahead_hides_nobody_else() -> None:
    followed = Followed()
    followed.use("old", NOON - 25 * HOUR, tokens=900)
    followed.use("new", NOON, tokens=1)
    followed.use("strange", datetime.max.replace(tzinfo=UTC), tokens=5)
    assert set(followed.shown()["tokens"]) == {("a", "new"), ("a", "strange")}
    followed.now = NOON - 365 * 24 * HOUR  # all of them are ahead: the newest counts
    followed.use("new", NOON)
    assert set(followed.shown()["tokens"]) == {("a", "strange")}


def test_what_a_log_does_not_tell_is_not_shown_as_nothing() -> None:
    followed = Followed()
    followed.use("untimed", None, tokens=0)
    followed.use("silent", NOON)
    followed.use("free", NOON, cost=0)
    assert followed.shown() == {
        "tokens": {("a", "untimed"): 0},
        "cost": {("a", "free"): 0},
        "duration": {("a", "silent"): 0, ("a", "free"): 0},
    }


@pytest.mark.parametrize("whole", [False, True])
def test_a_restart_goes_on_with_the_same_numbers(*, whole: bool) -> None:
    followed = Followed()
    followed.use("s", NOON, tokens=2**70, cost=5 * 10**12)
    followed.use("t", None)
    followed.commit(whole=whole)
    followed.use("s", NOON + HOUR, tokens=1, cost=10**12)
    before = followed.shown()
    followed.start()
    assert followed.shown() == before
    assert not followed.use("s", NOON - HOUR, tokens=1)
    assert followed.shown() == {
        "tokens": {("a", "s"): float(2**70 + 2)},
        "cost": {("a", "s"): 6},
        "duration": {("a", "s"): 7200},
    }


def test_what_was_not_committed_is_not_shown_and_not_remembered() -> None:
    followed = Followed()
    followed.use("s", tokens=1)
    followed.commit()
    text = followed.text()
    followed.use("s", tokens=10)
    followed.use("t", tokens=10)
    assert followed.text() == text
    followed.start()
    assert followed.text() == text


def test_beyond_their_number_those_go_that_were_silent_for_longest_but_none_that_leads() -> None:
    followed = Followed(keep=1, most=10)
    followed.use("dear", NOON, cost=10**15)
    followed.use("long", NOON - HOUR)
    followed.use("long", NOON)
    for minute in range(1, 30):
        followed.use(f"s{minute:02}", NOON + timedelta(minutes=minute), tokens=minute)
        if minute % 7 == 0:
            followed.commit()
    assert followed.shown() == {
        "tokens": {("a", "s29"): 29},
        "cost": {("a", "dear"): 1000},
        "duration": {("a", "long"): 3600},
    }
    assert len(followed.sessions) <= 10
    assert followed.sessions.forgotten == 31 - len(followed.sessions)
    kept = len(followed.sessions)
    followed.start()
    assert len(followed.sessions) == kept
    assert followed.use("s01", NOON + HOUR)
    assert not followed.use("s29", NOON + HOUR)


def test_nothing_is_written_when_nothing_changed() -> None:
    followed = Followed()
    followed.use("s", tokens=1)
    followed.commit()
    assert followed.sessions.save(whole=False) is None
    assert followed.sessions.save(whole=True) is not None


def test_stores_with_other_constant_labels_share_the_list() -> None:
    followed = Followed(keep=3, stores={"p": {"env": "prod"}, "t": {"env": "test"}})
    for number in range(4):
        followed.use("s", tokens=number, store="p", agent=f"a{number}")
        followed.use("s", tokens=number, store="t", agent=f"a{number}")
    followed.commit()
    assert [line for line in followed.text().splitlines() if "_tokens{" in line] == [
        'agent_session_tokens{agent="a2",env="prod",session="s"} 2.0',
        'agent_session_tokens{agent="a3",env="prod",session="s"} 3.0',
        'agent_session_tokens{agent="a3",env="test",session="s"} 3.0',
    ]
    followed.stores = {"t": {"env": "test"}}
    followed.start()
    assert 'env="prod"' not in followed.text()
    assert followed.text().count("agent_session_tokens{") == 3


def test_long_names_are_cut_and_stay_different() -> None:
    long = "x" * 10_000
    names = [long, f"{long}y", f"{long}z"]
    assert len({shortened(name) for name in names}) == 3
    assert {len(shortened(name)) for name in names} == {LONGEST}
    assert shortened("x" * LONGEST) == "x" * LONGEST
    followed = Followed()
    assert followed.use(long)
    assert not followed.use(long)


NAMES = st.tuples(st.text(min_size=1), st.text(min_size=1))


@given(st.dictionaries(NAMES, st.integers(0, 9), max_size=40))
def test_any_names_make_an_exposition_that_can_be_read(used: dict[tuple[str, str], int]) -> None:
    followed = Followed(keep=5)
    for (agent, session), tokens in used.items():
        followed.use(session, agent=agent, tokens=tokens)
    followed.commit()
    lines = [line for line in followed.text().split("\n") if line and not line.startswith("#")]
    assert len(lines) <= 10
    assert all(line.startswith("agent_session_") and "} " in line for line in lines)


@given(
    st.lists(
        st.tuples(st.sampled_from("stuvw"), st.integers(-40, 40), st.integers(0, 9)), max_size=30
    ),
    st.sets(st.integers(0, 29)),
)
def test_where_it_is_cut_by_restarts_makes_no_difference(
    events: list[tuple[str, int, int]], cuts: set[int]
) -> None:
    one, cut = Followed(keep=2), Followed(keep=2)
    for number, (session, hour, tokens) in enumerate(events):
        for followed in (one, cut):
            followed.use(session, NOON + hour * HOUR, tokens=tokens, cost=tokens * 7)
        if number in cuts:
            cut.commit(whole=number % 3 == 0)
            cut.start()
    one.commit()
    cut.commit()
    assert cut.text() == one.text()
