"""Series as a scrape sees them: born at zero, shared between sources, added up exactly."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from exporter.mapping.engine import CompiledMapping
from exporter.model import Block, Counts
from exporter.store.collector import FleetCollector
from exporter.store.series import Now
from spec.load import load_preset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.store.series import Snapshot

PRESET, FAMILIES = load_preset("hardened-agent")


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Stub:
    """A source as the collector sees it; no stream behind it."""

    name: str
    engine: CompiledMapping
    labels: Mapping[str, str] = field(default_factory=dict)
    reads_history: bool = False

    def snapshot(self) -> Snapshot:
        return self.engine.snapshot()

    def counts(self) -> Counts:
        return self.engine.counts()

    def lag(self) -> int:
        return 0

    def files(self) -> int:
        return 1

    def catching_up(self) -> bool:
        return self.reads_history


def exposed(*sources: Stub) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(FleetCollector(sources, FAMILIES, nullcontext(), "1"))
    lines = (line.rpartition(" ") for line in generate_latest(registry).decode().splitlines())
    return {name: float(value) for name, _, value in lines if not name.startswith("# ")}


def agents(*sources: Stub) -> dict[str, float]:
    return {k: v for k, v in exposed(*sources).items() if not k.startswith("agentgauge_")}


def feed(engine: CompiledMapping, *lines: str) -> None:
    engine.apply(Block("log", "".join(f"{line}\n" for line in lines).encode()))


def event(kind: str, agent: str = "a", at: str = "10:00:00", **fields: object) -> str:
    more = "".join(f',"{key}":{value}' for key, value in fields.items())
    return f'{{"event_type":"{kind}","agent_id":"{agent}","timestamp":"2026-03-02T{at}Z"{more}}}'


def test_a_series_born_while_running_is_shown_at_zero_first() -> None:
    clock = Clock()
    engine = CompiledMapping((PRESET,), FAMILIES, born_at_zero=15, clock=clock)
    feed(engine, event("step", "old"))
    engine.tick(clock())  # the history is read
    feed(
        engine,
        event("step", "old"),
        event("step", "young"),
        event("tool_call", "young", latency_ms=5),
    )
    tool = 'agent_tool_latency_seconds_count{agent="young",tool="unknown"}'
    first = exposed(Stub("s", engine))
    assert first['agent_steps_total{agent="old"}'] == 2
    assert (first['agent_steps_total{agent="young"}'], first[tool]) == (0, 0)
    clock.now += 14.9
    assert exposed(Stub("s", engine))['agent_steps_total{agent="young"}'] == 0
    clock.now += 0.1
    later = exposed(Stub("s", engine))
    assert (later['agent_steps_total{agent="young"}'], later[tool]) == (1, 1)


def test_a_reason_of_rejects_that_is_new_is_shown_at_zero_first() -> None:
    clock = Clock()
    engine = CompiledMapping((PRESET,), FAMILIES, born_at_zero=15, clock=clock)
    feed(engine, "no json")
    engine.tick(clock())  # the history is read
    feed(engine, "no json", "[]")
    seen = 'agentgauge_rejects_total{{reason="{}",rule="line",source="s"}}'
    first = exposed(Stub("s", engine))
    assert (first[seen.format("malformed")], first[seen.format("not_an_object")]) == (2, 0)
    clock.now += 15
    assert exposed(Stub("s", engine))[seen.format("not_an_object")] == 1


def test_while_history_is_read_no_agents_series_are_shown() -> None:
    engine = CompiledMapping((PRESET,), FAMILIES)
    feed(engine, event("step"))
    ready = Stub("ready", engine)
    assert agents(ready)
    assert (
        agents(ready, Stub("busy", CompiledMapping((PRESET,), FAMILIES), reads_history=True)) == {}
    )


def two_sources(labels: Mapping[str, str] | None = None) -> tuple[Stub, Stub]:
    now = Now()
    one, two = (
        Stub(name, CompiledMapping((PRESET,), FAMILIES, now=now if labels is None else None))
        for name in ("one", "two")
    )
    return one, replace(two, labels=labels or {})


def test_sources_that_see_the_same_agent_make_one_series() -> None:
    one, two = two_sources()
    state = "state_transition"
    feed(
        two.engine,
        event(state, at="10:05:00", to_state='"PANIC"'),
        event("tool_call", latency_ms=400),
    )
    feed(
        one.engine,
        event(state, at="10:01:00", to_state='"NORMAL"'),
        event("tool_call", latency_ms=20),
    )
    start = event("agent_start", session_id='"s"')
    feed(one.engine, start, event("step"))
    feed(two.engine, start, event("step"), event("step"))
    found = agents(one, two)
    assert {k: v for k, v in found.items() if "_bucket" not in k} == {
        'agent_critical_states_total{agent="a",state="PANIC"}': 1,
        'agent_current_state{agent="a",state="NORMAL"}': 0,
        'agent_current_state{agent="a",state="PANIC"}': 1,
        'agent_last_event_timestamp_seconds{agent="a"}': 1772445900,
        'agent_steps_total{agent="a"}': 3,
        'agent_tasks_in_progress{agent="a"}': 2,
        'agent_tool_calls_total{agent="a",outcome="unknown",tool="unknown"}': 2,
        'agent_tool_latency_seconds_count{agent="a",tool="unknown"}': 2,
        'agent_tool_latency_seconds_sum{agent="a",tool="unknown"}': 0.42,
    }
    assert exposed(one, two)['agentgauge_series{family="agent_current_state"}'] == 2


def test_constant_labels_keep_sources_apart() -> None:
    one, two = two_sources({"env": "prod"})
    feed(one.engine, event("step"))
    feed(two.engine, event("step"), event("step"))
    found = agents(one, two)
    assert found['agent_steps_total{agent="a"}'] == 1
    assert found['agent_steps_total{agent="a",env="prod"}'] == 2


@pytest.mark.parametrize("order", [1, -1])
def test_money_adds_up_exactly_in_any_order(order: int) -> None:
    engine = CompiledMapping((PRESET,), FAMILIES)
    costs = [0.1, 0.2, 0.3, 1e9, 1e-9, 0.7] * 50
    feed(engine, *(event("tool_call", cost_usd=cost) for cost in costs[::order]))
    cost = agents(Stub("s", engine))[
        'agent_cost_usd_total{agent="a",component="tools",model="none"}'
    ]
    assert cost == 50_000_000_065.00000005


def test_numbers_too_large_to_be_added_are_rejected_and_the_scrape_goes_on() -> None:
    engine = CompiledMapping((PRESET,), FAMILIES)
    huge = ("1.7e308", "1" + "0" * 308, "9" * 5000, "1e999")
    feed(engine, *(event("tool_call", cost_usd=n, latency_ms=n) for n in huge))
    assert engine.counts().rejects == {("hardened-agent.tool", "not_finite"): 2 * len(huge)}
    assert (
        agents(Stub("s", engine))[
            'agent_tool_calls_total{agent="a",outcome="unknown",tool="unknown"}'
        ]
        == 4
    )


def test_the_largest_numbers_that_are_taken_can_be_scraped() -> None:
    engine = CompiledMapping((PRESET,), FAMILIES)
    line = event("tool_call", cost_usd="1e280", latency_ms="1e280", prompt_tokens="1" + "0" * 280)
    feed(engine, *[line] * 1000, *[line.replace("tool_call", "token_usage")] * 1000)
    assert max(agents(Stub("s", engine)).values()) == pytest.approx(1e283)
