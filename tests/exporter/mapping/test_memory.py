"""What a mapping remembers is bounded: the oldest go first, and are counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exporter.mapping.memory import Pairs, Seen, Streaks

KEYS = st.lists(st.sampled_from("abcdef"), max_size=40)


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
    assert (list(seen.keys), seen.evicted) == (remembered, forgotten)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy")), max_size=40))
def test_a_run_reaches_its_length_once(values: list[tuple[str, str]]) -> None:
    streaks, history = Streaks(at=3), dict[str, str]()
    for key, value in values:
        history[key] = history.get(key, "") + value
        run = len(history[key]) - len(history[key].rstrip(value))
        assert streaks.reached(key, value) is (run == 3)


def test_of_too_many_runs_the_oldest_is_forgotten() -> None:
    streaks = Streaks(at=2, limit=2)
    assert not any(streaks.reached(key, "v") for key in "abc")
    assert streaks.evicted == 1
    assert streaks.reached("c", "v")
    assert not streaks.reached("a", "v")


def test_of_too_many_starts_the_oldest_is_abandoned() -> None:
    given_up: list[tuple[str, ...]] = []
    pairs = Pairs(10.0, lambda: 0.0, limit=2)
    pairs.give_up = lambda started: given_up.append(started.kept)
    for key in "abc":
        assert pairs.start(key, None, (key,), None)
    assert (given_up, pairs.evicted) == ([("a",)], 1)
    assert pairs.end("a") is None
    assert pairs.end("c") is not None


def test_a_start_is_abandoned_when_its_time_is_over_and_not_before() -> None:
    now, given_up = [0.0], list[tuple[str, ...]]()
    pairs = Pairs(10.0, lambda: now[0])
    pairs.give_up = lambda started: given_up.append(started.kept)
    pairs.start("a", None, ("a",), None)
    now[0] = 6.0
    pairs.start("b", None, ("b",), None)
    pairs.abandon_overdue(10.0)
    assert given_up == []
    pairs.abandon_overdue(10.5)
    assert given_up == [("a",)]
    pairs.abandon_overdue(None)
    assert given_up == [("a",), ("b",)]
