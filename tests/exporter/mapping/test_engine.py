"""Corners of the language, each in a mapping of its own, and the same to the oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec.load import load_preset
from tests.oracle.compare import agree

if TYPE_CHECKING:
    from pathlib import Path

    from spec.mapping import Mapping

STEPS = "update: {agent_steps_total: inc}"
NONE = {"applied": 0, "repeat": 0, "unmatched": 0, "rejected": 0, "blank": 0}


def mapping(folder: Path, text: str, name: str = "own") -> Mapping:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return load_preset(str(path))[0]


FAMILIES = load_preset("aider")[1]


def numbers(folder: Path, text: str, *lines: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Apply a mapping to lines; give counters and gauges."""
    data = "".join(f"{line}\n" for line in lines).encode()
    engine = agree((mapping(folder, text),), FAMILIES, [data])
    return {
        name: {labels: float(value) for labels, value in series.items()}
        for name, series in engine.snapshot().numbers.items()
    }


def test_the_field_that_tells_kinds_apart_may_be_read_too(tmp_path: Path) -> None:
    text = f"""
events:
  - {{name: a, when: {{kind: [x, 1]}}, labels: {{agent: kind}}, {STEPS}}}
  - {{name: b, when: {{kind: y}}, labels: {{agent: {{of: [kind.deep, kind]}}}}, {STEPS}}}
"""
    lines = ('{"kind":"x"}', '{"kind":1}', '{"kind":"y"}', '{"kind":{"deep":"y"}}')
    assert numbers(tmp_path, text, *lines) == {
        "agent_steps_total": {("x",): 1, ("1",): 1, ("y",): 1}
    }


def test_a_line_without_the_field_that_tells_kinds_apart_is_unmatched(tmp_path: Path) -> None:
    own = mapping(
        tmp_path, f"events:\n  - {{name: a, when: {{k: x}}, labels: {{agent: =me}}, {STEPS}}}\n"
    )
    engine = agree((own,), FAMILIES, [b'{"other":1}\n{}\n{"k":null}\n{"k":"not x"}\n{"k":"x"}\n'])
    assert engine.counts().lines == {**NONE, "unmatched": 4, "applied": 1}


def test_a_loops_name_hides_the_lines_own_field(tmp_path: Path) -> None:
    text = f"""
labels: {{agent: x}}
events:
  - {{name: whole, {STEPS}}}
  - {{name: each, each: {{x: list}}, {STEPS}}}
  - {{name: whole-again, {STEPS}}}
"""
    found = numbers(tmp_path, text, '{"x":"line","list":["a","b"]}')
    assert found == {"agent_steps_total": {("line",): 2, ("a",): 1, ("b",): 1}}


@pytest.mark.parametrize(
    ("costs", "steps"),
    [("5", 1), ('"free"', 1), ("true", 1), ("null", 0), ("[]", 1), ("{}", 1), ('[{"c":7}]', 8)],
)
def test_a_place_may_be_walked_and_tested_itself(tmp_path: Path, costs: str, steps: int) -> None:
    text = f"""
labels: {{agent: =me}}
events:
  - {{name: there, when: {{costs: {{exists: true}}}}, {STEPS}}}
  - {{name: each, each: {{part: costs}}, update: {{agent_steps_total: {{add: part.c}}}}}}
"""
    found = numbers(tmp_path, text, f'{{"costs":{costs}}}')
    assert found.get("agent_steps_total", {("me",): 0}) == {("me",): steps}


def test_an_empty_text_is_a_value_to_test_for(tmp_path: Path) -> None:
    text = f'events:\n  - {{name: a, when: {{s: ["", z]}}, labels: {{agent: =me}}, {STEPS}}}\n'
    found = numbers(tmp_path, text, '{"s":""}', '{"s":null}', "{}", '{"s":"z"}', '{"s":" "}')
    assert found == {"agent_steps_total": {("me",): 2}}


def test_several_tests_of_one_place_must_all_hold(tmp_path: Path) -> None:
    when = "{n: {above: 1, at_most: 3, not: [2]}}"
    text = f"events:\n  - {{name: a, when: {when}, labels: {{agent: n}}, {STEPS}}}\n"
    lines = ('{"n":1}', '{"n":1.5}', '{"n":2}', '{"n":3}', '{"n":4}', "{}")
    assert numbers(tmp_path, text, *lines) == {"agent_steps_total": {("1.5",): 1, ("3",): 1}}


def test_what_a_map_lacks_may_become_nothing(tmp_path: Path) -> None:
    rule = '{of: w, match: "(.*)", map: {a: A}, else: ""}'
    text = f"events:\n  - {{name: a, labels: {{agent: {rule}}}, {STEPS}}}\n"
    assert numbers(tmp_path, text, '{"w":"a"}', '{"w":"b"}') == {
        "agent_steps_total": {("A",): 1, ("",): 1}
    }


def test_the_events_time_can_be_a_gauge(tmp_path: Path) -> None:
    text = """
time: at
labels: {agent: =me, class: =x}
events:
  - {name: a, update: {agent_last_failure_timestamp_seconds: {set: $time, absent: skip}}}
"""
    found = numbers(tmp_path, text, '{"at":"1970-01-01T00:01:00.5Z"}', '{"at":"soon"}', "{}")
    assert found["agent_last_failure_timestamp_seconds"] == {("me", "x"): 60.5}


def test_texts_become_numbers_by_map_else_and_absent(tmp_path: Path) -> None:
    text = """
labels: {agent: =me, breaker: b}
events:
  - name: a
    update: {circuit_breaker_state: {set: {of: s, map: {open: 2}, else: 1, absent: 0}}}
"""
    lines = ('{"b":"o","s":"open"}', '{"b":"h","s":"halfway"}', '{"b":"n"}', '{"b":"e","s":""}')
    assert numbers(tmp_path, text, *lines)["circuit_breaker_state"] == {
        ("me", "o"): 2, ("me", "h"): 1, ("me", "n"): 0, ("me", "e"): 0,
    }  # fmt: skip


PAIR = """
labels: {{agent: ={name}}}
events:
  - name: start
    when: {{e: {start}}}
    pair: {{start: run, by: id, in_progress: agent_tasks_in_progress}}
  - name: end
    when: {{e: {end}}}
    pair: {{end: run, by: id}}
    update: {{agent_retries_total: inc}}
  - {{name: gone, abandoned: run, update: {{agent_steps_total: inc}}}}
"""


def test_pairs_of_two_presets_in_one_source_do_not_mix(tmp_path: Path) -> None:
    one = mapping(tmp_path, PAIR.format(name="one", start="s1", end="e1"), "one")
    two = mapping(tmp_path, PAIR.format(name="two", start="s2", end="e2"), "two")
    lines = b'{"e":"s1","id":1}\n{"e":"s2","id":1}\n{"e":"e2","id":1}\n{"e":"e2","id":1}\n'
    engine = agree((one, two), FAMILIES, [lines])
    assert engine.snapshot().numbers == {
        "agent_retries_total": {("two",): 1},
        "agent_steps_total": {("one",): 1},
        "agent_tasks_in_progress": {("one",): 0, ("two",): 0},
    }
    assert engine.counts().rejects == {("two.end", "no_start"): 1}


def test_a_start_that_is_repeated_makes_no_series(tmp_path: Path) -> None:
    text = PAIR.format(name="x", start="s", end="e").replace("agent: =x", "agent: who")
    found = numbers(tmp_path, text, '{"e":"s","id":1,"who":"a"}', '{"e":"s","id":1,"who":"b"}')
    assert found == {"agent_steps_total": {("a",): 1}, "agent_tasks_in_progress": {("a",): 0}}


def test_presets_of_one_source_may_tell_the_time_in_units_of_their_own(tmp_path: Path) -> None:
    of_seconds, of_millis = (
        mapping(
            tmp_path,
            f"time: {{of: t, unit: {unit}}}\nlabels: {{agent: =in-{unit}}}\n"
            f"events:\n  - {{name: a, {STEPS}}}\n",
            unit,
        )
        for unit in ("s", "ms")
    )
    engine = agree((of_seconds, of_millis), FAMILIES, [b'{"t":1500}\n'])
    assert engine.snapshot().numbers["agent_last_event_timestamp_seconds"] == {
        ("in-s",): 1500, ("in-ms",): 1.5,
    }  # fmt: skip


def test_an_empty_mapping_matches_nothing(tmp_path: Path) -> None:
    engine = agree((mapping(tmp_path, "events: []\n"),), FAMILIES, [b'{"a":1}\n[1]\n'])
    assert engine.counts().lines == {**NONE, "unmatched": 1, "rejected": 1}


def test_values_that_python_takes_for_equal_are_told_apart(tmp_path: Path) -> None:
    text = f"events:\n  - {{name: a, labels: {{agent: who}}, {STEPS}}}\n"
    lines = [
        f'{{"who":{who}}}' for who in ("1", "true", "1.0", '"1"', "0", "false", "-0.0", "[1]", "{}")
    ]
    for order in (lines, lines[::-1], lines * 100):
        found = numbers(tmp_path, text, *order)["agent_steps_total"]
        times = len(order) // len(lines)
        assert found == {
            ("1",): 3 * times, ("true",): times, ("0",): 2 * times, ("false",): times,
            ("unknown",): 2 * times,
        }  # fmt: skip


def test_a_label_that_a_loop_hides_is_made_anew(tmp_path: Path) -> None:
    text = """
labels: {agent: {of: x, match: "(.)"}, tool: y, outcome: z}
events:
  - {name: whole, update: {agent_tool_calls_total: inc}}
  - {name: each, each: {x: list}, update: {agent_tool_calls_total: inc}}
"""
    found = numbers(tmp_path, text, '{"x":"line","y":"t","z":"failure","list":["a","b"]}')
    assert found["agent_tool_calls_total"] == {
        (agent, "t", "failure"): 1 for agent in ("l", "a", "b")
    }
