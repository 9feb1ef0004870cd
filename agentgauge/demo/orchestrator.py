"""The demo's orchestrator: a planner's workflows and model calls, and the MCP servers it uses.

All is well most of the time. In every second of the fleet's incidents one of the MCP servers is
down: its requests fail, the planner tries again, gives up, and takes what it has stored. In the
others the planner's model has a bad time: it is refused for too many calls, invents tools, and
answers what nobody can parse.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, TypeAlias

from agentgauge.demo.fleet import LARGE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from random import Random

    from agentgauge.demo.simulator import Incidents

    Moment: TypeAlias = tuple[float, dict[str, object]]

_PLANNER = "planner"
_SERVERS = {"crm": 0.12, "search": 0.35, "files": 0.05}
"""The MCP servers, and the seconds that an answer usually takes."""

_BREAKS = "crm"
_TOOLS = {"crm": "get_customer", "search": "find_articles", "files": "read_file"}
_WORKFLOWS = (("answer-question", "read"), ("find-cause", "read"), ("refund", "write"))
_FULL, _SHORT = 78.0, 25.0
"""The percentage of its context at which the planner shortens it, and what is left then."""

_REFUSED = 0.4
"""The share of calls that are refused while the model is unwell."""

_FAILS_ANYWAY = 0.01
"""The share of requests that fail on a good day."""


def orchestrator(random: Random, incidents: Incidents) -> Iterator[Moment]:
    """Give what the orchestrator writes, in the order of time, without end."""
    streams = (_workflows(random, incidents), _health(incidents))
    return heapq.merge(*streams, key=lambda moment: moment[0])


def server_is_down(incidents: Incidents, at: float) -> bool:
    """Tell whether an MCP server is down at this time."""
    number = incidents.running(at)
    return number is not None and number % 2 == 0


def model_is_unwell(incidents: Incidents, at: float) -> bool:
    """Tell whether the planner's model has a bad time."""
    number = incidents.running(at)
    return number is not None and number % 2 == 1


def _health(incidents: Incidents) -> Iterator[Moment]:
    """Health checks of the servers, every five seconds."""
    at = 0.2
    while True:
        for server in _SERVERS:
            up = server != _BREAKS or not server_is_down(incidents, at)
            yield at, {"event": "mcp_health", "server": server, "up": up}
        at += 5.0


def _workflows(random: Random, incidents: Incidents) -> Iterator[Moment]:
    """One workflow after the other: the planner thinks, calls a tool, and thinks again."""
    at, used = 0.6, _SHORT
    yield at, {"event": "state", "agent": _PLANNER, "state": "NORMAL"}
    while True:
        workflow, access = random.choices(_WORKFLOWS, (6, 3, 1))[0]
        whose: dict[str, object] = {
            "agent": _PLANNER,
            "workflow_id": f"w-{random.getrandbits(48):012x}",
        }
        yield at, {"event": "workflow_started", **whose, "workflow": workflow, "access": access}
        for _ in range(random.randint(2, 3)):
            at = yield from _model_call(random, incidents, at, whose)
            at = yield from _tool_call(random, incidents, at, whose)
        used += random.uniform(2, 6)
        if used > _FULL:
            used = _SHORT
            yield at, {"event": "context_compacted", "agent": _PLANNER, "trigger": "auto"}
        yield at, {"event": "context", "agent": _PLANNER, "used_percent": round(used, 1)}
        at += random.uniform(0.5, 2.0)


def _model_call(
    random: Random, incidents: Incidents, at: float, whose: dict[str, object]
) -> Generator[Moment, None, float]:
    """One call of the planner's model; gives the time at which its answer is there."""
    unwell = model_is_unwell(incidents, at)
    seconds = LARGE.latency * random.uniform(0.6, 1.4)
    if unwell and random.random() < _REFUSED:
        yield at, _call(random, seconds=0.05, outcome="failure", share=0)
        yield at, {"event": "rate_limited", **whose}
        yield at, {"event": "retry", **whose}
        at += 1.0
    at += seconds
    yield at, _call(random, seconds=seconds, outcome="success", share=0.2 if unwell else 0.8)
    if random.random() < (0.25 if unwell else 0.004):
        yield at, {"event": "parse_failure", **whose}
    if random.random() < (0.15 if unwell else 0.002):
        yield at, {"event": "hallucinated_call", **whose, "tool": "get_costumer"}
    return at


def _call(random: Random, *, seconds: float, outcome: str, share: float) -> dict[str, object]:
    """Write a model call; `share` of its prompt comes from the cache."""
    failed = outcome == "failure"
    tokens = 0 if failed else random.randint(2_000, 9_000)
    answer = 0 if failed else random.randint(60, 400)
    cached = round(tokens * share)
    return {
        "event": "model_call",
        "agent": _PLANNER,
        "model": LARGE.name,
        "outcome": outcome,
        "duration_ms": round(seconds * 1000),
        "input_tokens": tokens,
        "cached_tokens": cached,
        "output_tokens": answer,
        "cost_usd": LARGE.cost(tokens - cached, answer) / 1e6,
    }


def _tool_call(
    random: Random, incidents: Incidents, at: float, whose: dict[str, object]
) -> Generator[Moment, None, float]:
    """One call of a tool by its MCP server, tried once more if it fails."""
    server = random.choice(tuple(_SERVERS))
    down = server == _BREAKS and server_is_down(incidents, at)
    begun, outcome = at, "failure"
    for attempt in range(2):
        if attempt:
            yield at, {"event": "retry", **whose}
        seconds = _SERVERS[server] * random.uniform(0.5, 2.0)
        at += seconds
        fails = down or random.random() < _FAILS_ANYWAY
        yield (
            at,
            {
                "event": "mcp_request",
                "server": server,
                "status": 503 if fails else 200,
                "duration_ms": round(seconds * 1000),
            },
        )
        if not fails:
            outcome = "success"
            break
    size = round(random.lognormvariate(9.0, 1.2))
    yield (
        at,
        {
            "event": "tool_call",
            **whose,
            "tool": _TOOLS[server],
            "arguments": {"id": random.randrange(1000)},
            "outcome": outcome,
            "duration_ms": round((at - begun) * 1000),
            **({"result_bytes": size} if outcome == "success" else {}),
        },
    )
    if outcome == "failure":
        yield at, {"event": "retries_exhausted", **whose}
        yield at, {"event": "fallback", **whose, "kind": "stored_answer"}
    return at
