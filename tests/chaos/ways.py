"""Ten ways in which agents break, each as the lines that they then write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Fields: TypeAlias = dict[str, object]
Broken: TypeAlias = "Iterator[tuple[float, str, Fields]]"
"""Seconds since it broke, the stream, and what is written then, but for its time. Without end."""

AGENTS, AGENCY = "agents/broken.jsonl", "agency/broken.jsonl"
ORCHESTRATOR, PLATFORM = "orchestrator/broken.jsonl", "platform/broken.jsonl"
WHO: Fields = {"agent_id": "billing-bot", "agent_type": "billing"}


@dataclass(frozen=True, slots=True)
class Way:
    """A way to break, the alerts that must page for it, and words that the page must say.

    `kills` ends the exporter instead of writing lines. `beside`: alerts that page too where the
    agents are broken in this way, in the same message.
    """

    name: str
    pages: str
    says: tuple[str, ...]
    lines: Callable[[], Broken] | None = None
    kills: bool = False
    beside: frozenset[str] = frozenset()


def bad_release() -> Broken:
    """Nearly every task of an agent fails, from one minute to the next."""
    for number, at in enumerate(_every(4)):
        session = {"session_id": f"broken-{number}", **WHO}
        yield at, AGENTS, {"event_type": "agent_start", "trigger": "invoice", **session}
        yield at, AGENTS, {"event_type": "agent_complete", "outcome": "failure", **session}


def breaker() -> Broken:
    """A breaker opens, gets a chance, and opens again."""
    for at in _every(20):
        yield at, AGENTS, {"event_type": "circuit_breaker_trip", "breaker": "ledger", **WHO}


def runaway() -> Broken:
    """An agent drags a huge context through every call."""
    for at in _every(5):
        call = {"model": "atlas-large", "latency_ms": 900, "prompt_tokens": 190_000}
        rest = {"completion_tokens": 800, "cost_usd": 2.1}
        yield at, AGENTS, {"event_type": "llm_call", **WHO, **call, **rest}


def panic() -> Broken:
    """An agent panics and stays so."""
    yield 0, AGENTS, {"event_type": "state_transition", "to_state": "PANIC", **WHO}
    yield from _goes_on()


def deadlock() -> Broken:
    """Two agents wait for each other."""
    yield 0, AGENCY, {"event": "state", "agent_id": "planner", "state": "DEADLOCK"}
    yield from _goes_on()


def cascade() -> Broken:
    """An agent believes what it made up, and starts one writing workflow after the other."""
    for number, at in enumerate(_every(5)):
        workflow = {"workflow": f"repair-{number % 3}", "access": "write"}
        yield at, ORCHESTRATOR, {"event": "workflow_started", "agent": "billing-bot", **workflow}


def mcp_down() -> Broken:
    """An MCP server answers every request with an error, and its health check says so."""
    for at in _every(3):
        failed = {"server": "ledger", "status": "503", "duration_ms": 40}
        yield at, ORCHESTRATOR, {"event": "mcp_request", **failed}
        yield at, ORCHESTRATOR, {"event": "mcp_health", "server": "ledger", "up": False}


def violation() -> Broken:
    """Agents agree on something that they must not do."""
    for at in _every(60):
        fields = {"event": "coordination", "consensus_achieved": True}
        took = {"consensus_formation_time_ms": 900, "constitutional_compliance": False}
        yield at, AGENCY, {**fields, **took}


def leak() -> Broken:
    """A guardrail sees personal data in an answer."""
    for at in _every(120):
        yield at, AGENCY, {"event": "guardrail", "kind": "pii_leak"}


def _goes_on() -> Broken:
    """A line now and then, of an agent that is still there."""
    for at in _every(30):
        yield at, AGENTS, {"event_type": "step", **WHO}


def _every(seconds: float) -> Iterator[float]:
    at = 0.0
    while True:
        yield at
        at += seconds


WAYS = (
    Way("bad release", "TaskSuccessRateVeryLow", ("billing-bot",), bad_release,
        beside=frozenset({"TaskErrorRateHigh", "TaskSuccessErrorBudgetBurn"})),
    Way("breaker tripping", "CircuitBreakerTripping", ("ledger", "billing-bot"), breaker),
    Way("runaway cost", "DailyCostBurn", ("daily-cost",), runaway),
    Way("panic", "AgentPanic", ("billing-bot",), panic),
    Way("deadlock", "AgentDeadlock", ("planner",), deadlock),
    Way("hallucination cascade", "HallucinationCascade", ("billing-bot",), cascade),
    Way("MCP server down", "McpServerDown", ("ledger",), mcp_down),
    Way("compliance violated", "ComplianceViolated", (), violation),
    Way("personal data leaked", "PiiLeak", (), leak),
    Way("exporter killed", "ExporterDown", (), kills=True),
)  # fmt: skip
