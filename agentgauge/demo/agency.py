"""The demo's agency: agents that agree on drafts, judges that score them, and what both log.

All is well most of the time. In some of the fleet's incidents they cannot agree any more: attempts
fail or take long, debates run out of time, drafts grow worse; and once in a while a decision breaks
the rules.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from agentgauge.demo.simulator import Incidents

    Moment: TypeAlias = tuple[float, dict[str, object]]

_WRITERS = ("drafter", "fact-checker", "editor")
_JUDGES = ("judge-facts", "judge-style")
_STAGES = (("outline", 0.8), ("draft", 2.5), ("polish", 1.2))

_DEBATED, _AGREED, _RIGHT, _GOOD = 0.15, 0.2, 0.97, 0.7
"""The shares debated on a good day, agreed on in a quarrel, and found rightly; what a gate asks."""

_QUARREL, _BREACH = 3, 6
"""Of so many incidents one is the agency's too; of so many one also breaks the rules."""


def agency(random: Random, incidents: Incidents) -> Iterator[Moment]:
    """Give what the agency writes, in the order of time, without end."""
    return heapq.merge(_drafts(random, incidents), _health(incidents), key=lambda moment: moment[0])


def quarrels(incidents: Incidents, at: float) -> bool:
    """Tell whether the agency cannot agree at this time."""
    number = incidents.running(at)
    return number is not None and number % _QUARREL == _QUARREL - 1


def _drafts(random: Random, incidents: Incidents) -> Iterator[Moment]:
    """One draft after the other: written in stages, agreed on, judged."""
    at, number = 1.0, 0
    while True:
        number += 1
        quarrel = quarrels(incidents, at)
        session = f"draft-{random.getrandbits(48):012x}"
        yield at, {"event": "session_started", "session_id": session}
        yield at, {"event": "routing", "outcome": "routed"}
        yield at, {"event": "assignment", "outcome": "assigned"}
        writer = random.choice(_WRITERS)
        begun = at
        yield at, {"event": "task_started", "agent_id": writer, "task_id": session}
        for stage, usual in _STAGES:
            seconds = usual * random.uniform(0.6, 1.6)
            at += seconds
            yield at, {"event": "stage", "agent_id": writer, "stage": stage, **_took(seconds)}
        yield (
            at,
            {
                "event": "task_completed",
                "agent_id": writer,
                "role": "writer",
                "trigger": "brief",
                "task_id": session,
                "response_time_ms": round((at - begun) * 1000),
            },
        )
        yield at, {"event": "research", "outcome": "answered", **_evidence(random, quarrel=quarrel)}
        at += random.uniform(4, 8) if quarrel else random.uniform(0.5, 3)
        yield at, _coordination(random, incidents, at, number)
        at += 0.4
        yield from _judged(random, writer, at, quarrel=quarrel)
        yield at, {"event": "session_ended", "session_id": session}
        at += random.uniform(1, 4)


def _took(seconds: float) -> dict[str, object]:
    return {"duration_ms": round(seconds * 1000)}


def _evidence(random: Random, *, quarrel: bool) -> dict[str, object]:
    low, high = (0.2, 0.6) if quarrel else (0.7, 0.98)
    return {"evidence_quality": round(random.uniform(low, high), 3)}


def _coordination(
    random: Random, incidents: Incidents, at: float, number: int
) -> dict[str, object]:
    quarrel = quarrels(incidents, at)
    debate = quarrel or random.random() < _DEBATED
    breach = quarrel and (incidents.running(at) or 0) % _BREACH == _BREACH - 1 and number % 3 == 0
    return {
        "event": "coordination",
        "consensus_achieved": not quarrel or random.random() < _AGREED,
        "consensus_formation_time_ms": round(
            random.uniform(31_000, 45_000) if quarrel else random.uniform(400, 3_000)
        ),
        "constitutional_compliance": not breach,
        "debate_required": debate,
        **({"debate_outcome": "timeout" if quarrel else "resolved"} if debate else {}),
        "overhead_ms": round(random.uniform(100, 800)),
    }


def _judged(random: Random, writer: str, at: float, *, quarrel: bool) -> Iterator[Moment]:
    low, high = (0.35, 0.7) if quarrel else (0.78, 0.99)
    score = round(random.uniform(low, high), 3)
    good = score >= _GOOD
    for judge in _JUDGES:
        seconds = random.uniform(0.3, 1.2)
        yield (
            at,
            {
                "event": "task_completed",
                "agent_id": judge,
                "role": "judge",
                "trigger": "draft",
                "response_time_ms": round(seconds * 1000),
            },
        )
    yield at, {"event": "quality_gate", "gate": "facts", "passed": good}
    yield at, {"event": "provenance", "verified": random.random() < (0.7 if quarrel else 0.98)}
    yield (
        at,
        {
            "event": "business",
            "agent_id": writer,
            "quality_score": score,
            "cost_per_task": round(random.uniform(0.004, 0.02), 4),
            "verdict": ("tp" if random.random() < _RIGHT else "fp") if good else "fn",
        },
    )
    if random.random() < (0.3 if quarrel else 0.02):
        yield at, {"event": "guardrail", "kind": "human_escalation", "agent_id": writer}
        yield at, {"event": "review", "kind": "human", "agent_id": writer}


def _health(incidents: Incidents) -> Iterator[Moment]:
    """What the agency says of itself, and what its agents use, every ten seconds."""
    at, every = 0.5, 10.0
    while True:
        quarrel = quarrels(incidents, at)
        yield (
            at,
            {
                "event": "health",
                "status": "Degraded" if quarrel else "Healthy",
                "queue": "drafts",
                "queue_depth": 9 if quarrel else 1,
                "queue_wait_ms": 40_000 if quarrel else 600,
                "active_agents": len(_WRITERS) + len(_JUDGES),
            },
        )
        for rank, agent in enumerate((*_WRITERS, *_JUDGES)):
            used = {"cpu": 30 + 5 * rank + (40 if quarrel else 0), "memory": 45 + 4 * rank}
            yield at, {"event": "resources", "agent_id": agent, "usage": used}
        at += every
