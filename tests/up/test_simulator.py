"""The demo's fleet: the same lines each time, healthy but for its incidents."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import pytest

from agentgauge.demo.fleet import AGENTS
from agentgauge.demo.simulator import Incidents, Line, simulate
from agentgauge.demo.writer import play
from spec.load import load_preset
from tests.compiled import Compiled

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOUR = 3600


def lines(seconds: float, seed: int = 1) -> list[Line]:
    end = START + timedelta(seconds=seconds)
    return list(takewhile(lambda line: line.due < end, simulate(seed, START)))


@cache
def written_in(seconds: float) -> list[Line]:
    """Give the lines of a time from the start; they are the same each time."""
    return lines(seconds)


def events(seconds: float) -> list[tuple[float, dict[str, Any]]]:
    """Give what is written, with the seconds since the start."""
    return [
        ((line.due - START).total_seconds(), json.loads(line.text)) for line in written_in(seconds)
    ]


def test_the_same_seed_gives_the_same_lines() -> None:
    assert lines(600) == lines(600)


def test_another_seed_gives_others() -> None:
    assert lines(600) != lines(600, seed=2)


def test_another_start_moves_the_lines_and_changes_nothing_else() -> None:
    later = START + timedelta(days=1)
    for one, other in zip(lines(600), simulate(1, later), strict=False):
        assert other.due - later == one.due - START
        assert other.text.split(",", 1)[1] == one.text.split(",", 1)[1]


def test_lines_come_in_the_order_of_time_and_carry_it() -> None:
    written = written_in(HOUR)
    assert written == sorted(written, key=lambda line: line.due)
    for line in written:
        assert stamp(json.loads(line.text)) == line.due


def stamp(event: dict[str, Any]) -> datetime:
    if "ts" in event:
        return datetime.fromtimestamp(event["ts"] / 1000, UTC)
    return datetime.fromisoformat(event["timestamp"])


def test_every_task_that_starts_ends_once() -> None:
    started: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    for _, event in events(HOUR):
        if event.get("event_type") == "agent_start":
            started[event["session_id"]] += 1
        if event.get("event_type") == "agent_complete":
            ended[event["session_id"]] += 1
    assert set(started.values()) == set(ended.values()) == {1}
    assert ended.keys() <= started.keys()
    assert len(started) - len(ended) <= len(AGENTS)


def test_the_parts_of_a_run_cost_what_the_run_costs() -> None:
    runs = [event for _, event in events(HOUR) if "execution_id" in event]
    assert len(runs) > 100
    for run in runs:
        parts = sum(Decimal(str(part["cost"])) for part in run["costs"].values())
        assert parts == Decimal(str(run["total_cost"]))


INCIDENTS = Incidents()


@pytest.mark.parametrize("number", range(6))
def test_an_incident_trips_breakers_slows_calls_fails_tasks_and_burns_money(number: int) -> None:
    begins = INCIDENTS.anchor + number * INCIDENTS.every
    ends = begins + INCIDENTS.length
    agent = AGENTS[number % len(AGENTS)].name
    during = [
        event
        for at, event in events(ends + 1)
        if begins <= at < ends and event.get("agent_id") == agent
    ]
    of = {kind: [e for e in during if e["event_type"] == kind] for kind in kinds(during)}
    assert len(of["circuit_breaker_trip"]) > 5
    assert {trip["metadata"]["breaker"] for trip in of["circuit_breaker_trip"]} == {
        AGENTS[number % len(AGENTS)].tools[0]
    }
    measured = [call for call in of["llm_call"] if isinstance(call["latency_ms"], int)]
    slow = [call for call in measured if call["latency_ms"] > 5000]
    assert len(slow) >= 5
    assert sum(call["cost_usd"] for call in slow) > 1.0
    assert sum(not end["success"] for end in of["agent_complete"]) >= 2


def kinds(events_: list[dict[str, Any]]) -> set[str]:
    return {event["event_type"] for event in events_}


def test_all_is_well_between_incidents() -> None:
    calm = [
        event
        for at, event in events(HOUR)
        if INCIDENTS.running(at) is None and INCIDENTS.running(at - 15) is None
    ]
    assert not [e for e in calm if e.get("event_type") == "circuit_breaker_trip"]
    assert not [e for e in calm if e.get("latency_ms", 0) > 5000]
    ended = [e["success"] for e in calm if e.get("event_type") == "agent_complete"]
    assert sum(ended) / len(ended) > 0.97


@pytest.mark.parametrize("kind", ["agency", "orchestrator", "platform"])
def test_the_exporter_has_a_use_for_every_line_and_every_number(kind: str) -> None:
    preset = {"agency": "agent-agency"}.get(kind, kind)
    mapping, families = load_preset(preset)
    engine = Compiled((mapping,), families)
    written = [line.text for line in written_in(20 * 60) if line.stream.startswith(f"{kind}/")]
    engine.feed(*written)

    assert {outcome for outcome, count in engine.lines().items() if count} == {"applied"}
    assert engine.rejects() == {}


def during(kind: str, number: int) -> Counter[str]:
    """Count an incident's events of a stream."""
    begins = INCIDENTS.anchor + number * INCIDENTS.every
    ends = begins + INCIDENTS.length
    found = [json.loads(one.text) for one in written_in(ends) if one.stream.startswith(f"{kind}/")]
    return Counter(
        event["event"] for event in found if begins <= (stamp(event) - START).total_seconds()
    )


def test_in_every_second_incident_a_server_is_down_and_in_the_others_the_model_is_unwell() -> None:
    down, unwell = during("orchestrator", 0), during("orchestrator", 1)
    assert down["retries_exhausted"] == down["fallback"] > 5
    assert unwell["rate_limited"] > 5
    assert unwell["hallucinated_call"] + unwell["parse_failure"] > 5
    assert unwell["retries_exhausted"] == 0


def test_an_incident_breaks_streams_that_nobody_takes_up_again() -> None:
    broken = during("platform", 0)
    assert broken["stream_dropped"] > 5
    assert broken["stream_reconnected"] <= 2


def test_the_first_incident_begins_within_a_minute_and_each_agent_has_its_turn() -> None:
    assert INCIDENTS.anchor < 60
    numbers = [INCIDENTS.running(INCIDENTS.anchor + n * INCIDENTS.every) for n in range(4)]
    assert numbers == [0, 1, 2, 3]


def test_history_is_written_at_once_and_the_present_when_it_is_due(tmp_path: Path) -> None:
    waits: list[float] = []
    live = START + timedelta(seconds=300)
    written = play(
        simulate(1, START), tmp_path, live=live, seconds=60, speed=float("1e-6"), sleep=waits.append
    )
    expected = lines(360)
    assert written == len(expected)
    assert len(waits) == len([line for line in expected if line.due > live])
    for stream in {line.stream for line in expected}:
        wanted = "".join(f"{line.text}\n" for line in expected if line.stream == stream)
        assert (tmp_path / stream).read_text() == wanted


def test_the_command_writes_so_many_seconds(tmp_path: Path) -> None:
    folder = str(tmp_path)
    command = [sys.executable, "-m", "agentgauge.demo", "--dir", folder, "--speed", "inf"]
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "--seconds" in refused.stderr

    subprocess.run([*command, "--seconds", "30", "--incident-now", "--history", "600"], check=True)
    text = (tmp_path / "agents/researcher.jsonl").read_text()
    written = [json.loads(line) for line in text.splitlines()]
    stamps = [datetime.fromisoformat(event["timestamp"]) for event in written]
    assert timedelta(seconds=600) < stamps[-1] - stamps[0] < timedelta(seconds=631)
    trips = [e for e in written if e["event_type"] == "circuit_breaker_trip"]
    assert datetime.fromisoformat(trips[-1]["timestamp"]) > stamps[-1] - timedelta(seconds=30)
