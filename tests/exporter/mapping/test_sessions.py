"""What sessions use: the same as the series that their events move, whatever a rule remembers."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.assembly import Exporter, Settings
from spec.load import load_preset
from spec.model import Source, TopSessions
from tests.oracle.compare import agree
from tests.oracle.lines import Kinds, cuts, lines

if TYPE_CHECKING:
    from pathlib import Path

    from spec.mapping import Mapping
    from spec.model import Family

HEAD = """
format: json
time: at
session: sid
labels: {agent: agent, component: =llm, model: model, outcome: =success}
"""
EVENTS = """
events:
  - name: call
    when: {kind: call}
    update:
      agent_llm_requests_total: inc
      agent_token_usage_total: {add: n, labels: {type: =input}}
      agent_cost_usd_total: {add: cost, unit: cents, absent: skip}
  - name: largest
    when: {kind: largest}
    dedupe: {by: id, keep: max}
    update:
      agent_llm_requests_total: inc
      agent_token_usage_total:
        - {add: n, labels: {type: =input}}
        - {add: m, absent: skip, labels: {type: =output}}
      agent_cost_usd_total: {estimate: model}
  - name: total
    when: {kind: total}
    delta: {by: id}
    update:
      agent_token_usage_total: {add: n, minus: m, labels: {type: =input}}
      agent_cost_usd_total: {add: cost}
  - name: part
    when: {kind: parts}
    each: {part: parts}
    labels: {agent: part.who}
    dedupe: [id, part.$key]
    update:
      agent_token_usage_total: {add: part.n, labels: {type: =output}}
      agent_cost_usd_total: {add: part.cost, absent: estimate}
  - name: flat
    when: {kind: flat}
    update: {agent_cost_usd_total: inc, agent_token_usage_total: inc}
    labels: {type: =unsplit}
  - {name: begin, when: {kind: begin}, pair: {start: run, by: id}}
  - {name: end, when: {kind: end}, pair: {end: run, by: id}}
  - {name: lost, abandoned: run, update: {agent_steps_total: inc}}
"""


def texts(*values: object) -> tuple[str, ...]:
    return tuple(json.dumps(value) for value in values)


NUMBERS = ("0", "12", "1500", "0.5", '"17"', "-4")
KINDS = Kinds(
    {
        "kind": texts("call", "largest", "total", "parts", "flat", "begin", "end", "other"),
        "at": texts(*(f"2026-11-{day}T{hour}:30:00Z" for day in (18, 20) for hour in ("03", "23"))),
        "sid": texts("s", "t", "u", 5, *(f"s{number}" for number in range(30))),
        "agent": texts("a", "a", "a", "b"),
        "model": texts("claude-haiku-4-5", "gpt-5", "nobody-knows"),
        "id": texts("i", "j", "k"),
        "n": NUMBERS,
        "m": NUMBERS,
        "cost": NUMBERS,
        "parts": texts([{"who": "x", "n": 10}, {"who": "y", "n": 900, "cost": 0.25}], {"p": {}}),
    }
)


def loaded(folder: Path, text: str) -> tuple[Mapping, dict[str, Family]]:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return load_preset(str(path))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping, dict[str, Family]]:
    return loaded(tmp_path_factory.mktemp("preset"), HEAD + EVENTS)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_sessions_are_the_oracles(
    own: tuple[Mapping, dict[str, Family]], data: st.DataObject
) -> None:
    blocks = data.draw(cuts(data.draw(lines(KINDS, 60))))
    happens = st.sampled_from(("", "", "commit", "whole", "restart"))
    turns = data.draw(st.lists(happens, min_size=len(blocks), max_size=len(blocks)))
    agree((own[0],), own[1], blocks, [("a.jsonl", turn) for turn in turns])


# ---- what a reader sees --------------------------------------------------------------------------


def shown(
    folder: Path, preset: str, *told: dict[str, object], top: TopSessions | None = None
) -> dict[str, float]:
    """Give the samples of sessions, and of the exporter's rejects."""
    mapping, families = loaded(folder, preset)
    log = folder / "log.jsonl"
    log.write_text("".join(f"{json.dumps(line)}\n" for line in told), encoding="utf-8")
    source = Source("log", (str(log),), (mapping,), {})
    exporter = Exporter(Settings("fleet", "1", sessions=top or TopSessions()), (source,), families)
    exporter.pipeline.run_once()
    body = exporter.metrics()[1].decode()
    samples = (line.rpartition(" ") for line in body.splitlines() if not line.startswith("#"))
    return {
        name: float(value)
        for name, _, value in samples
        if name.startswith(("agent_session", "agentgauge_rejects", "agentgauge_evictions"))
    }


NOTHING: tuple[object, ...] = (None, "", {})
CALL = {
    "kind": "call",
    "agent": "a",
    "sid": "s",
    "n": 10,
    "cost": 250,
    "at": "2026-11-20T03:00:00Z",
}


def test_a_session_is_counted_and_shown_with_what_it_used(tmp_path: Path) -> None:
    later = {**CALL, "at": "2026-11-20T03:02:00Z"}
    assert shown(tmp_path, HEAD + EVENTS, CALL, later, {**later, "agent": "b"}) == {
        'agent_sessions_total{agent="a"}': 1,
        'agent_sessions_total{agent="b"}': 1,
        'agent_session_tokens{agent="a",session="s"}': 20,
        'agent_session_tokens{agent="b",session="s"}': 10,
        'agent_session_cost_usd{agent="a",session="s"}': 5,
        'agent_session_cost_usd{agent="b",session="s"}': 2.5,
        'agent_session_duration_seconds{agent="a",session="s"}': 120,
        'agent_session_duration_seconds{agent="b",session="s"}': 0,
    }


def test_an_event_without_a_session_belongs_to_none(tmp_path: Path) -> None:
    nobodys = [{**CALL, "sid": sid} for sid in NOTHING]
    assert shown(tmp_path, HEAD + EVENTS, *nobodys) == {}
    named = HEAD.replace("session: sid", "session: {of: sid, absent: lone}") + EVENTS
    assert shown(tmp_path, named, *nobodys)['agent_session_tokens{agent="a",session="lone"}'] == 30


def test_a_mapping_that_tells_no_sessions_shows_none(tmp_path: Path) -> None:
    assert shown(tmp_path, HEAD.replace("session: sid\n", "") + EVENTS, CALL) == {}


def test_what_can_not_be_used_is_rejected_once(tmp_path: Path) -> None:
    broken = {**CALL, "n": "many"}
    found = shown(tmp_path, HEAD + EVENTS, broken)
    rejects = {name: count for name, count in found.items() if "rejects" in name}
    assert rejects == {
        'agentgauge_rejects_total{reason="not_a_number",rule="own.call",source="log"}': 1
    }
    assert 'agent_session_tokens{agent="a",session="s"}' not in found
    assert found['agent_session_cost_usd{agent="a",session="s"}'] == 2.5


def test_how_many_are_shown_and_how_long_is_the_users_choice(tmp_path: Path) -> None:
    told = [{**CALL, "sid": f"s{n}", "n": n, "at": f"2026-11-20T0{n}:00:00Z"} for n in range(9)]
    few = shown(tmp_path, HEAD + EVENTS, *told, top=TopSessions(keep=2))
    assert [name for name in few if "tokens" in name] == [
        'agent_session_tokens{agent="a",session="s7"}',
        'agent_session_tokens{agent="a",session="s8"}',
    ]
    young = shown(tmp_path, HEAD + EVENTS, *told, top=TopSessions(age=Fraction(7200)))
    assert len([name for name in young if "tokens" in name]) == 3
    assert shown(tmp_path, HEAD + EVENTS, *told, top=TopSessions(keep=0)) == {}


def test_a_flood_of_sessions_is_bounded_and_counted(tmp_path: Path) -> None:
    told = [{**CALL, "sid": f"s{n:05}", "n": n} for n in range(6_000)]
    found = shown(tmp_path, HEAD + EVENTS, *told)
    assert len([name for name in found if name.startswith("agent_session_")]) == 60
    assert found['agent_session_tokens{agent="a",session="s05999"}'] == 5999
    assert found['agent_sessions_total{agent="a"}'] == 6000
    assert found['agentgauge_evictions_total{rule="sessions",source="log"}'] == 1000
