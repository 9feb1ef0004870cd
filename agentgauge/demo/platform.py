"""The demo's platform: streams, queues, workers, versions, evaluations and an experiment.

All is well most of the time. An incident brings out an agent's next version, whose streams begin
late, stall and break off; it is rolled back when the incident ends. In every third incident more
work comes than the workers can do.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, TypeAlias

from agentgauge.demo.fleet import AGENTS, Agent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from agentgauge.demo.simulator import Incidents

    Moment: TypeAlias = tuple[float, dict[str, object]]

_WORKERS = 8
_ROWDY = 3
"""Of so many incidents, in one there is more work than the workers can do."""

_EXPERIMENT = "short-prompt"
_VARIANTS = {"a": 1.0, "b": 0.6}
"""The experiment's variants, and what one costs compared with the other."""

_LIMITED, _RESOLVED, _BREACHED, _GOOD = 0.3, 0.95, 0.2, 0.7
"""The shares of: streams of a bad version that end at a limit, cases of the experiment that are
resolved, checks that are breached in an incident; and the score that passes."""


def platform(random: Random, incidents: Incidents) -> Iterator[Moment]:
    """Give what the platform writes, in the order of time, without end."""
    streams = (
        *(_streams(agent, random, incidents) for agent in AGENTS),
        *(_versions(agent, incidents) for agent in AGENTS),
        _work(random, incidents),
        _checks(random, incidents),
        _experiment(random, incidents),
    )
    return heapq.merge(*streams, key=lambda moment: moment[0])


def overrun(incidents: Incidents, at: float) -> bool:
    """Tell whether more work comes than the workers can do."""
    number = incidents.running(at)
    return number is not None and number % _ROWDY == 1


def _streams(agent: Agent, random: Random, incidents: Incidents) -> Iterator[Moment]:
    """The streams of tokens to an agent."""
    at = random.uniform(0.5, 2.0)
    who = {"agent": agent.name}
    while True:
        hit = incidents.hits(agent, at)
        after = (
            random.uniform(6_000, 9_000) if hit else agent.model.latency * random.uniform(150, 450)
        )
        yield (
            at,
            {"event": "first_token", **who, "model": agent.model.name, "after_ms": round(after)},
        )
        if random.random() < (0.5 if hit else 0.004):
            yield at + 0.2, {"event": "stream_stalled", **who}
        if random.random() < (0.3 if hit else 0.003):
            yield at + 0.3, {"event": "stream_dropped", **who}
            if not hit:
                yield at + 0.4, {"event": "stream_reconnected", **who}
        if hit and random.random() < _LIMITED:
            yield at + 0.5, {"event": "limit_hit", **who, "limit": "max_steps"}
        at += random.uniform(1.0, 3.0)


def _versions(agent: Agent, incidents: Incidents) -> Iterator[Moment]:
    """The versions brought out: an agent's next one as an incident begins, then the old one."""

    def deploy(version: str, outcome: str) -> dict[str, object]:
        return {
            "event": "deploy",
            "agent": agent.name,
            "version": version,
            "prompt_version": agent.prompt_version,
            "outcome": outcome,
        }

    for tool in agent.tools:
        yield 0.1, {"event": "tool_version", "tool": tool, "version": "1.0"}
    yield 0.1, deploy(agent.version, "success")
    for begins in incidents.beginnings(agent):
        yield begins, deploy(agent.next_version, "success")
        yield begins + incidents.length, deploy(agent.version, "rolled_back")


def _work(random: Random, incidents: Incidents) -> Iterator[Moment]:
    """Queues, workers and what they use, every five seconds."""
    at, every, waiting = 0.4, 5.0, 2
    while True:
        rowdy = overrun(incidents, at)
        waiting = waiting + 6 if rowdy else max(waiting - 8, random.randint(0, 4))
        busy = _WORKERS if waiting > _WORKERS else random.randint(3, 6)
        yield at, {"event": "queue", "queue": "default", "depth": waiting}
        yield at, {"event": "workers", "workers": {"busy": busy, "idle": _WORKERS - busy}}
        used = {"cpu": round(100 * busy / _WORKERS * 0.9, 1), "memory": 48}
        yield at, {"event": "resources", "agent": "workers", "used_percent": used}
        for _ in range(busy):
            waited = waiting * 700 + random.randint(20, 400)
            yield at, {"event": "dequeued", "queue": "default", "waited_ms": waited}
        yield at, {"event": "sandbox", "seconds": round(busy * every * 0.4, 1)}
        yield at, {"event": "cost", "component": "platform", "cost_usd": round(busy * 2e-5, 6)}
        yield at, {"event": "task_cost", "agent": random.choice(AGENTS).name,
                   "cost_usd": round(random.uniform(0.002, 0.03), 4)}  # fmt: skip
        at += every


def _checks(random: Random, incidents: Incidents) -> Iterator[Moment]:
    """What comes once a minute: saved states, a schedule, evaluations, tokens without a price."""
    at, every = 7.0, 60.0
    while True:
        calm = incidents.running(at) is None
        for agent in AGENTS:
            who = {"agent": agent.name}
            yield at, {"event": "checkpoint", **who, "action": "save", "outcome": "success"}
            score = random.uniform(0.85, 0.99) if calm else random.uniform(0.6, 0.9)
            live = {"suite": "live-answers", "variant": agent.prompt_version}
            passed = score > _GOOD
            yield at, {"event": "evaluation", **live, **who, "passed": passed,
                       "score": round(score, 3)}  # fmt: skip
        yield at, {"event": "schedule", "schedule": "digest", "jobs": random.randint(3, 6)}
        for _ in range(10):
            passed = random.random() < (0.97 if calm else 0.7)
            yield at, {"event": "evaluation", "suite": "regression", "variant": "nightly",
                       "passed": passed}  # fmt: skip
        if not calm:
            yield at, {"event": "guardrail", "kind": "unsafe_tool_call"}
            yield at, {"event": "unpriced", "model": "atlas-preview", "tokens": 900}
        at += every


def _experiment(random: Random, incidents: Incidents) -> Iterator[Moment]:
    """Two variants of a prompt: the shorter one is cheaper, and as good."""
    at = 3.0
    while True:
        variant = random.choice(tuple(_VARIANTS))
        which = {"experiment": _EXPERIMENT, "variant": variant}
        yield (
            at,
            {
                "event": "experiment_result",
                **which,
                "outcome": "resolved" if random.random() < _RESOLVED else "unresolved",
                "cost_usd": round(0.02 * _VARIANTS[variant] * random.uniform(0.7, 1.4), 4),
                "resolution_seconds": round(random.uniform(20, 200), 1),
            },
        )
        breach = (
            variant == "b" and incidents.running(at) is not None and random.random() < _BREACHED
        )
        outcome = "breach" if breach else "pass"
        yield at, {"event": "experiment_guardrail", **which, "guardrail": "complaints",
                   "outcome": outcome}  # fmt: skip
        at += random.uniform(2, 5)
