"""What a mapping remembers is bounded, and what was saved is what is restored, order and all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.mapping.growth import Largest, Running
from exporter.mapping.memory import short
from exporter.mapping.pairs import Pairs
from exporter.mapping.remembered import Remembered
from exporter.mapping.repeats import Seen, Streaks
from exporter.store.series import Level

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from exporter.mapping.memory import Key, Memory
    from exporter.model import Plain

    Move: TypeAlias = tuple[Key, int, datetime | None, str]

KEYS = st.lists(st.sampled_from("abcdef"), max_size=40)
NOON = datetime(2024, 11, 27, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


# ---- bounds -------------------------------------------------------------------------------------


@given(KEYS)
def test_the_first_of_each_key_counts_as_long_as_it_is_remembered(keys: list[str]) -> None:
    seen, remembered, forgotten = Seen(limit=3), list[str](), 0
    for key in keys:
        assert seen.first(key) is (key not in remembered)
        if key not in remembered:
            remembered.append(key)
        if len(remembered) > 3:
            del remembered[0]
            forgotten += 1
    assert ([key for key, _ in seen.items()], seen.evicted) == (remembered, forgotten)


def test_a_key_that_is_older_than_it_may_be_is_forgotten_and_counted() -> None:
    seen = Seen(keep_for=10)
    assert seen.first("a", after(0))
    assert not seen.first("a", after(10))
    assert seen.first("a", after(10.5))
    assert seen.evicted == 1


def test_what_ages_is_the_time_of_events_and_an_old_event_makes_nothing_older() -> None:
    seen = Seen(keep_for=10)
    assert [seen.first(key, after(at)) for key, at in (("a", 0), ("b", 5), ("a", -100))] == [
        True, True, False,
    ]  # fmt: skip
    assert seen.first("old", after(-100))
    assert seen.first("old", after(-100))


def test_a_key_without_a_time_is_as_old_as_the_newest_event_then() -> None:
    seen = Seen(keep_for=10)
    assert seen.first("before all times")
    assert seen.first("a", after(0))
    assert seen.first("none")
    assert not seen.first("none", after(10))
    assert seen.first("none", after(11))
    assert not seen.first("before all times", after(99))


def test_a_key_is_as_young_as_the_newest_of_its_events() -> None:
    largest = Largest(keep_for=10)
    largest.take("a", (5,), after(100))
    largest.take("a", (6,), after(91))
    assert largest.take("a", (6,), after(105)) is None


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy")), max_size=40))
def test_a_run_reaches_its_length_once(values: list[tuple[str, str]]) -> None:
    streaks, history = Streaks(at=3), dict[str, str]()
    for key, value in values:
        history[key] = history.get(key, "") + value
        run = len(history[key]) - len(history[key].rstrip(value))
        assert streaks.reached(key, value) is (run == 3)


def test_of_too_many_runs_the_one_that_rested_longest_is_forgotten() -> None:
    streaks = Streaks(at=3, limit=2)
    assert not any(streaks.reached(key, "v") for key in "abac")
    assert streaks.evicted == 1
    assert streaks.reached("a", "v")
    assert not streaks.reached("b", "v")


def test_of_too_many_streams_the_one_that_is_read_no_more_is_forgotten() -> None:
    remembered = Remembered(limit=2)
    for stream in ("one", "two"):
        remembered.learn(stream, remembered.of(stream), "model", stream)
    assert remembered.of("one") == {"model": "one"}
    remembered.learn("three", remembered.of("three"), "model", "three")
    assert [remembered.of(stream) for stream in ("one", "two", "three")] == [
        {"model": "one"}, {}, {"model": "three"},
    ]  # fmt: skip


def test_a_text_that_is_remembered_is_cut_and_one_that_is_absent_changes_nothing() -> None:
    remembered = Remembered()
    remembered.learn("s", remembered.of("s"), "n", "x" * 1000)
    remembered.learn("s", remembered.of("s"), "n", None)
    assert remembered.of("s") == {"n": "x" * 256}


def test_a_long_text_stands_in_a_key_as_its_digest() -> None:
    assert short("x" * 64) == "x" * 64
    assert short("x" * 65) != short("y" * 65)
    assert len(short("x" * 100_000)) == 16
    assert isinstance(short("\udcff" * 65), bytes)


# ---- numbers that grow --------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9)), max_size=30), st.randoms())
def test_what_the_largest_numbers_add_up_to_does_not_depend_on_the_order(
    told: list[tuple[str, int]], random: Random
) -> None:
    totals = []
    for _ in range(2):
        largest = Largest()
        taken = [largest.take(key, (number,)) for key, number in told]
        totals.append(sum(more[1] for more in taken if more))
        assert sum(more is not None and more[0] for more in taken) == len(dict(told))
        random.shuffle(told)
    assert totals[0] == totals[1] == sum(max(n for k, n in told if k == key) for key in dict(told))


def test_a_number_that_a_line_does_not_tell_is_not_lost() -> None:
    largest = Largest()
    assert largest.take("k", (None, 5)) == (True, None, 5)
    assert largest.take("k", (3, None)) == (False, 3, None)
    assert largest.take("k", (3, 5)) is None
    assert largest.take("k", (None, 2)) is None
    assert largest.take("k", (4, 7)) == (False, 1, 2)


def test_of_running_totals_the_increase_counts() -> None:
    running = Running()
    assert running.take("k", (10, 1), (10, 1)) == (10, 1)
    assert running.take("k", (10, 1), (10, 1)) is None
    assert running.take("k", (12, 1), (12, 1)) == (2, 0)
    assert running.take("other", (5, 0), (5, 0)) == (5, 0)


def test_when_one_total_falls_all_of_the_key_began_anew() -> None:
    running = Running()
    running.take("k", (10, 20), (10, 20))
    assert running.take("k", (3, 25), (3, 25)) == (3, 25)


def test_a_fall_of_what_is_subtracted_from_is_a_restart_too() -> None:
    running = Running()
    running.take("k", (5,), (10,))
    assert running.take("k", (6,), (9,)) == (6,)


def test_where_nothing_restarts_a_total_that_falls_is_passed_over() -> None:
    running = Running(restarts=False)
    running.take("k", (10,), ())
    assert running.take("k", (3,), ()) is None
    assert running.take("k", (11,), ()) == (1,)


def test_a_first_total_may_be_where_counting_begins() -> None:
    running = Running(skip_first=True)
    assert running.take("k", (10, None), (10, None)) is None
    assert running.take("k", (12, 7), (12, 7)) == (2, 0)
    assert running.take("k", (12, 8), (12, 8)) == (0, 1)


# ---- pairs --------------------------------------------------------------------------------------


def test_of_too_many_starts_the_oldest_is_abandoned() -> None:
    given_up: list[tuple[str, ...]] = []
    pairs = Pairs(10.0, lambda: 0.0, limit=2)
    pairs.give_up = lambda started: given_up.append(started.kept)
    for key in "abc":
        assert pairs.start(key, None, (key,))
    assert (given_up, pairs.evicted) == ([("a",)], 1)
    assert pairs.end("a") is None
    assert pairs.end("c") is not None


def test_a_start_is_abandoned_when_its_time_is_over_and_not_before() -> None:
    now, given_up = [0.0], list[tuple[str, ...]]()
    pairs = Pairs(10.0, lambda: now[0])
    pairs.give_up = lambda started: given_up.append(started.kept)
    pairs.start("a", None, ("a",))
    now[0] = 6.0
    pairs.start("b", None, ("b",))
    pairs.abandon_overdue(10.0)
    assert given_up == []
    pairs.abandon_overdue(10.5)
    assert given_up == [("a",)]
    pairs.abandon_overdue(None)
    assert given_up == [("a",), ("b",)]


def test_the_level_of_open_pairs_is_found_again_after_a_restart() -> None:
    levels = {"a": Level(("a",)), "b": Level(("b",))}
    before = Pairs(10.0, lambda: 3.0, level=lambda kept: levels[kept[0]])
    before.start("one", None, ("a",))
    before.start("two", NOON, ("b",))
    claimed: list[str] = []

    def level(kept: tuple[str, ...]) -> Level:
        claimed.append(kept[0])
        return levels[kept[0]]

    pairs = Pairs(10.0, lambda: 5.0, level=level)
    pairs.restore([before.save(whole=True)])
    assert claimed == ["a", "b"]
    assert [level.value for level in levels.values()] == [1, 1]
    pairs.end("one")
    pairs.abandon_overdue(13.5)
    assert [level.value for level in levels.values()] == [0, 0]


def test_a_label_that_a_start_keeps_is_cut() -> None:
    pairs = Pairs(10.0, lambda: 0.0)
    pairs.start("a", None, ("x" * 1000, "y"))
    started = pairs.end("a")
    assert started is not None
    assert started.kept == ("x" * 256, "y")


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.000001-14:00"])
def test_the_same_start_is_ignored_after_a_restart_too_whatever_its_time(time: str) -> None:
    at = datetime.fromisoformat(time)
    before, pairs = Pairs(10.0, lambda: 0.0), Pairs(10.0, lambda: 0.0)
    before.start("a", at, ())
    pairs.restore([written(before.save(whole=True))])
    assert not pairs.start("a", at, ())


# ---- checkpoints --------------------------------------------------------------------------------


def written(saved: Plain) -> Plain:
    """Write what was saved, and read it again."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(saved))


def state(memory: Memory[Any]) -> object:
    """Give all that a memory is made of."""
    whole = written(memory.save(whole=True)) or {"keys": [], "evicted": 0, "newest": None}
    return list(memory.items()), whole["keys"], whole["evicted"], whole["newest"]


@dataclass
class Kind:
    """A kind of memory, and what happens to it: keys, numbers and times."""

    make: Callable[[], Memory[Any]]
    move: Callable[[Any, Any, int, datetime | None], object]
    given_up: list[object] = field(default_factory=list)


def _pair(pairs: Pairs, key: Key, number: int, time: datetime | None) -> object:
    return pairs.end(key) if number % 2 else pairs.start(key, time, (str(number),))


KINDS = {
    "seen": Kind(lambda: Seen(3), lambda m, k, _n, _t: m.first(k)),
    "aging": Kind(lambda: Seen(3, 2.0), lambda m, k, _n, t: m.first(k, t)),
    "streaks": Kind(lambda: Streaks(2, 3, 3.0), lambda m, k, n, t: m.reached(k, str(n % 2), t)),
    "largest": Kind(lambda: Largest(3), lambda m, k, n, _t: m.take(k, (n * 2**62, None, n / 2))),
    "running": Kind(lambda: Running(3, 2.0), lambda m, k, n, t: m.take(k, (n,), (n + 1,), t)),
    "pairs": Kind(lambda: Pairs(10.0, lambda: 7.0, 3), _pair),
    "remembered": Kind(
        lambda: Remembered(3), lambda m, k, n, _t: m.learn(k, m.of(k), f"n{n % 2}", str(n))
    ),
}
PARTS = st.one_of(st.sampled_from(["a", "b", "c", "d", short("x" * 99)]), st.none())
MOVES = st.lists(
    st.tuples(
        st.one_of(PARTS, st.tuples(PARTS, PARTS)),
        st.integers(0, 4),
        st.one_of(st.none(), st.integers(0, 5).map(after)),
        st.sampled_from(["", "", "save", "save whole", "restart"]),
    ),
    max_size=25,
)


@pytest.mark.parametrize("kind", KINDS)
@given(moves=MOVES)
def test_a_memory_that_was_restored_is_the_one_that_was_saved(kind: str, moves: list[Move]) -> None:
    how = KINDS[kind]
    memory, twin = how.make(), how.make()
    saved: list[Plain] = []
    for key, number, time, turn in moves:
        assert how.move(memory, key, number, time) == how.move(twin, key, number, time)
        if turn:
            saved = [] if turn == "save whole" else saved
            saved.append(written(memory.save(whole=not saved)))
        if turn == "restart":
            memory = how.make()
            memory.restore([part for part in saved if part is not None])
            assert list(memory.items()) == list(twin.items())
    assert state(memory) == state(twin)


def test_what_did_not_change_is_not_saved_again() -> None:
    largest = Largest()
    for key in "abc":
        largest.take(key, (1,))
    assert len(largest.save(whole=False)["keys"]) == 3
    assert largest.save(whole=False) is None
    largest.take("b", (2,))
    assert largest.save(whole=False)["keys"] == [["b", [2], None]]
    assert largest.save(whole=True)["keys"] == [
        ["a", [1], None], ["c", [1], None], ["b", [2], None],
    ]  # fmt: skip
    assert largest.save(whole=False) is None


def test_what_nobody_saves_does_not_pile_up() -> None:
    pairs = Pairs(10.0, lambda: 0.0, limit=5)
    pairs.start("open", None, ())
    first = pairs.save(whole=True)
    for number in range(100):
        pairs.start(str(number), None, ())
        pairs.end(str(number))
    pairs.end("open")
    later = pairs.save(whole=False)
    assert later["removed"] == []
    restored = Pairs(10.0, lambda: 0.0)
    restored.restore([first, later])
    assert len(restored) == 0


def test_a_smaller_limit_holds_from_the_next_key_on() -> None:
    many, few = Seen(10), Seen(2)
    for key in "abcde":
        many.first(key)
    few.restore([many.save(whole=True)])
    few.first("f")
    assert ([key for key, _ in few.items()], few.evicted) == (["e", "f"], 4)
