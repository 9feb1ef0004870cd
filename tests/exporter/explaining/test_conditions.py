"""Each test says why it does not hold, and shows no more of a log than rules compare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from exporter.explaining.conditions import Event, judge
from exporter.explaining.shapes import Shapes
from spec.load import load_preset

if TYPE_CHECKING:
    from pathlib import Path

    from spec.mapping import EventRule

PROMPT = "what a user has said to an agent, which is longer than a name would be"


def rule(tmp_path: Path, when: dict[str, Any], **more: Any) -> EventRule:  # noqa: ANN401 (JSON)
    event = {"name": "one", "when": when, "labels": {"agent": "=a"},
             "update": {"agent_steps_total": "inc"}, **more}  # fmt: skip
    path = tmp_path / "one.yaml"
    path.write_text(json.dumps({"format": "json", "events": [event]}), encoding="utf-8")
    return load_preset(str(path))[0].events[0]


def why(rule: EventRule, line: dict[str, Any]) -> str:
    return judge(rule, Event(line, {})).why


@pytest.mark.parametrize(
    ("when", "line", "said"),
    [
        ({"k": "a"}, {"k": "b"}, "`k` is `b`, not `a`"),
        ({"k": "a"}, {}, "`k` is not there"),
        ({"k": "a"}, {"k": None}, "`k` is not there"),
        ({"k": "a"}, {"k": {"a": 1}}, "`k` is an object, not `a`"),
        ({"k": "a"}, {"k": PROMPT}, "`k` is a text, not `a`"),
        ({"k": ["a", "b", "c"]}, {"k": 1}, "`k` is `1`, not `a`, `b` or `c`"),
        ({"k": list("abcdef")}, {"k": "x"}, "`k` is `x`, not `a`, `b`, `c`, `d` or one of 2 more"),
        ({"k": {"not": "a"}}, {"k": "a"}, "`k` is `a`"),
        ({"k": {"exists": True}}, {}, "`k` is not there"),
        ({"k": {"exists": False}}, {"k": PROMPT}, "`k` is there"),
        ({"k": {"not": {"exists": True}}}, {"k": PROMPT}, "`k` is there"),
        ({"k": {"matches": "^x"}}, {"k": "secret"}, "`k` does not match `^x`"),
        ({"k": {"not": {"matches": "^s"}}}, {"k": "secret"}, "`k` matches `^s`"),
        ({"k": {"above": 5}}, {"k": 5}, "`k` is `5`, not above 5"),
        ({"k": {"at_most": 5}}, {"k": 6}, "`k` is `6`, not at most 5"),
        ({"k": {"above": 5}}, {"k": PROMPT}, "`k` is a text, not a number"),
        ({"a.b": "x"}, {"a": {"b": "y"}}, "`a.b` is `y`, not `x`"),
        ({"k": {"differs_from_sum_of": "p.*.c"}}, {"k": 3, "p": [{"c": 3}]},
         "`k` is the sum of `p.*.c`"),
        ({"k": "a", "n": "b"}, {"k": "a", "n": "c"}, "`n` is `c`, not `b`"),
        ({"k": "a"}, {"k": "a"}, ""),
    ],
)  # fmt: skip
def test_the_first_test_that_fails_is_told_in_a_sentence(
    when: dict[str, Any], line: dict[str, Any], said: str, tmp_path: Path
) -> None:
    assert why(rule(tmp_path, when), line) == said


def test_a_loop_says_that_it_is_empty_or_what_its_nearest_turn_lacks(tmp_path: Path) -> None:
    looped = rule(tmp_path, {"b.t": "use", "b.n": "x"}, each={"b": "content"})
    assert why(looped, {"content": "text"}) == "`content` has no elements"
    turns = [{"t": "text"}, {"t": "use", "n": "y"}, {"t": "text"}]
    assert why(looped, {"content": turns}) == "`b.n` is `y`, not `x`"
    fitting = judge(looped, Event({"content": [{"t": "use", "n": "x"}, {"t": "use"}]}, {}))
    assert (len(fitting.turns), fitting.why) == (1, "")


def test_a_shape_shows_what_rules_compare_else_the_names_of_keys(tmp_path: Path) -> None:
    shapes = Shapes([rule(tmp_path, {"k": "a", "m.role": "user"})])
    assert shapes.of({"k": "b", "m": {"role": "agent", "text": PROMPT}}) == "k=b, m.role=agent"
    assert shapes.of({"k": PROMPT, "text": PROMPT}) == "keys: k, text"
    many = {f"key{number:02}": PROMPT for number in range(20)}
    assert shapes.of(many).endswith("key11, 8 more")
