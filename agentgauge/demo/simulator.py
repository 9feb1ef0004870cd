"""What the demo's agents write: the same lines for the same seed, as fast as they are asked for.

Everybody is healthy most of the time. An incident hits one agent after the other: a new version is
rolled out, the agent's first tool fails, its breaker opens again and again, its calls grow slow and
expensive, its tasks fail; then the old version comes back.
"""

from __future__ import annotations

import heapq
import json
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from agentgauge.demo.agency import agency
from agentgauge.demo.fleet import AGENTS, LARGE, PIPELINE, PIPELINE_AGENTS, Agent
from agentgauge.demo.orchestrator import orchestrator
from agentgauge.demo.platform import platform

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import datetime

Fields: TypeAlias = dict[str, object]
Moment: TypeAlias = tuple[float, Fields]
"""Seconds since the start, and what is written then."""

AGENCY = "agency/agency.jsonl"
"""The stream of agents that work together."""

_FAILS_ANYWAY = 0.005
"""The share of tasks that fail on a good day."""

_LOOPS, _LOOP = 0.4, 6
"""The share of failing calls that become a loop, and how long one is."""

_WRONG = ("timeout", "rate_limit", "tool_api")


class Line(NamedTuple):
    """A line without its end, the stream (a file's name) it goes to, and when it is due."""

    due: datetime
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class Incidents:
    """When there is trouble, in seconds: one begins at `anchor`, and one each `every` around it."""

    anchor: float = 40.0
    every: float = 270.0
    length: float = 80.0

    def running(self, at: float) -> int | None:
        """Give the number of the incident that is under way, None while all is well."""
        number, since = divmod(at - self.anchor, self.every)
        return int(number) if since < self.length else None

    def hits(self, agent: Agent, at: float) -> bool:
        """Tell whether an agent is in trouble: each is hit in its turn."""
        number = self.running(at)
        return number is not None and AGENTS[number % len(AGENTS)] == agent

    def beginnings(self, agent: Agent) -> Iterator[float]:
        """Give the beginnings of an agent's incidents from time 0 on, without end."""
        number = -int(self.anchor // self.every)
        while True:
            begins = self.anchor + number * self.every
            if begins >= 0 and self.hits(agent, begins):
                yield begins
            number += 1


def simulate(seed: int, start: datetime, incidents: Incidents | None = None) -> Iterator[Line]:
    """Give the fleet's lines in the order of time, without end.

    Args:
        seed: The same seed gives the same fleet, whatever the start.
        start: When the fleet starts, with its zone.
        incidents: When there is trouble; usually soon after the start, then every few minutes.

    """
    when = incidents or Incidents()
    streams = []
    for agent in AGENTS:
        name = f"agents/{agent.name}.jsonl"
        streams.append(_named(name, _agent(agent, Random(f"{seed} {agent.name}"), when)))  # noqa: S311 - nothing secret
        streams.append(_named(name, _trouble(agent, when)))
    streams.append(_named("executions/runs.jsonl", _pipeline(Random(f"{seed} pipeline"), when)))  # noqa: S311 - the same
    streams.append(_named(AGENCY, agency(Random(f"{seed} agency"), when)))  # noqa: S311 - the same
    for kind, write in (("orchestrator", orchestrator), ("platform", platform)):
        written = write(Random(f"{seed} {kind}"), when)  # noqa: S311 - the same
        streams.append(_named(f"{kind}/{kind}.jsonl", written))
    for at, name, fields in heapq.merge(*streams, key=lambda entry: entry[0]):
        due = start + timedelta(milliseconds=round(at * 1000))
        yield Line(due, name, json.dumps({**_stamp(due, name), **fields}))


def _stamp(due: datetime, stream: str) -> Fields:
    """Write the time as the stream's format has it."""
    if stream == AGENCY:
        return {"ts": round(due.timestamp() * 1000)}
    return {"timestamp": due.isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def _named(name: str, moments: Iterator[Moment]) -> Iterator[tuple[float, str, Fields]]:
    return ((at, name, fields) for at, fields in moments)


# ---- agents at work -----------------------------------------------------------------------------


def _agent(agent: Agent, random: Random, incidents: Incidents) -> Iterator[Moment]:
    """One task after the other, with a short rest between them."""
    at = random.uniform(0.2, 1.5)
    while True:
        at = yield from _task(agent, random, incidents, at)
        at += random.uniform(0.5, 2.5)


def _task(
    agent: Agent, random: Random, incidents: Incidents, at: float
) -> Generator[Moment, None, float]:
    """One task from its start to its end; gives the time at which it ends."""
    whose: Fields = {
        "session_id": f"{agent.name}-{random.getrandbits(48):012x}",
        "agent_id": agent.name,
        "agent_type": agent.type,
    }
    hit = incidents.hits(agent, at)
    yield (
        at,
        {
            "event_type": "agent_start",
            **whose,
            "trigger": random.choice(agent.triggers),
            "version": agent.next_version if hit else agent.version,
            "prompt_version": agent.prompt_version,
        },
    )
    failed = None
    for number in range(1, random.randint(2, 4) + 1):
        hit = incidents.hits(agent, at)
        yield at, {"event_type": "step", **whose, "step": number}
        seconds, call = _call(agent, random, hit=hit)
        at += seconds
        yield at, {"event_type": "llm_call", **whose, **call}
        tool = agent.tools[0] if hit else random.choice(agent.tools)
        fails = random.random() < (0.75 if hit else 0.02)
        # In trouble an agent may ask the same tool again and again.
        for _ in range(_LOOP if hit and fails and random.random() < _LOOPS else 1):
            seconds = random.uniform(0.05, 0.6)
            at += seconds
            yield (
                at,
                {
                    "event_type": "tool_call",
                    **whose,
                    "tool": tool,
                    "success": not fails,
                    "latency_ms": round(seconds * 1000),
                },
            )
        if not fails:
            continue
        wrong = random.choice(_WRONG)
        yield (
            at,
            {
                "event_type": "error",
                **whose,
                "error_class": wrong,
                "message": f"{tool}: {wrong}",
            },
        )
        at += 0.2
        yield at, {"event_type": "retry", **whose, "tool": tool}
        if hit:
            failed = "timeout" if wrong == "timeout" else "failure"
            break
        yield at, {"event_type": "recovery", **whose, "tool": tool}
    if failed is None and random.random() < _FAILS_ANYWAY:
        failed = "failure"
    at += 0.05
    yield (
        at,
        {
            "event_type": "agent_complete",
            **whose,
            "success": failed is None,
            "outcome": failed or "success",
        },
    )
    return at


def _call(agent: Agent, random: Random, *, hit: bool) -> tuple[float, Fields]:
    """One model call, and its seconds; in trouble the large model drags a long history along."""
    model = LARGE if hit else agent.model
    seconds = random.uniform(6.0, 11.0) if hit else model.latency * random.uniform(0.6, 1.6)
    prompt = random.randint(60_000, 120_000) if hit else random.randint(800, 4_000)
    completion = random.randint(1_500, 4_000) if hit else random.randint(80, 500)
    return seconds, {
        "model": model.name,
        "latency_ms": round(seconds * 1000),
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "cost_usd": model.cost(prompt, completion) / 1e6,
    }


# ---- what an incident adds ----------------------------------------------------------------------


def _trouble(agent: Agent, incidents: Incidents) -> Iterator[Moment]:
    """An agent's breaker and its states: normal at first, and again when it is over."""
    whose: Fields = {"agent_id": agent.name, "agent_type": agent.type}

    def state(of: str, to: str) -> Fields:
        return {"event_type": "state_transition", **whose, "from_state": of, "to_state": to}

    def breaker(event: str, to: str) -> Fields:
        return {
            "event_type": f"circuit_breaker_{event}",
            **whose,
            "metadata": {"breaker": agent.tools[0], "state": to},
        }

    yield 0.1, state("STARTING", "NORMAL")
    for begins in incidents.beginnings(agent):
        ends = begins + incidents.length
        at = begins + 3
        yield at, breaker("trip", "open")
        yield at, state("NORMAL", "PANIC")
        yield at, {"event_type": "protocol_activation", **whose, "protocol": "safe_mode"}
        # A client that gave up writes no number: the exporter counts that it could not use it.
        yield at, {"event_type": "llm_call", **whose, "model": LARGE.name, "latency_ms": "gave up",
                   "prompt_tokens": 900, "completion_tokens": 0, "error": "timeout"}  # fmt: skip
        while at + 6 < ends:
            yield at + 4, breaker("reset", "half_open")
            at += 6
            yield at, breaker("trip", "open")
        yield ends, breaker("reset", "closed")
        yield ends, state("PANIC", "NORMAL")


# ---- the execution log --------------------------------------------------------------------------


def _pipeline(random: Random, incidents: Incidents) -> Iterator[Moment]:
    """Runs of a pipeline: one line each, at its end, with what everybody cost."""
    at = 0.0
    while True:
        duration = random.uniform(4, 12)
        at += duration + random.uniform(1, 6)
        costs = {
            name: {"tokens": (tokens := random.randint(500, 3_000)), "micro": tokens * 2}
            for name in PIPELINE_AGENTS
        }
        calls = random.randint(1, 5)
        micro = sum(part["micro"] for part in costs.values()) + calls * 500
        run: Fields = {
            "execution_id": f"run-{random.getrandbits(48):012x}",
            "agent": PIPELINE,
            "agent_type": "pipeline",
            "trigger": random.choice(("schedule", "user")),
            "costs": {
                **{
                    name: {"tokens": part["tokens"], "cost": part["micro"] / 1e6}
                    for name, part in costs.items()
                },
                "tools": {"api_calls": calls, "cost": calls * 500 / 1e6},
            },
            "total_cost": micro / 1e6,
            "duration": round(duration, 3),
        }
        if random.random() < (0.1 if incidents.running(at) is not None else 0.01):
            wrong = random.choice(_WRONG)
            run |= {"status": "failed", "error": {"class": wrong, "message": f"extract: {wrong}"}}
        else:
            run["status"] = "completed"
        yield at, run
