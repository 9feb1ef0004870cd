"""A large hardened-agent log: the same bytes for the same seed, one line in 1,000 malformed."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

AGENTS, MODELS, TOOLS = 20, 4, 10
_START = datetime(2026, 1, 1, tzinfo=UTC)
_WORDS = ("plan", "check", "tool", "result", "token", "agent", "retry", "answer", "step", "review")
# How often each kind of event comes, out of 100.
_MIX = (
    ("step", 24), ("llm_call", 30), ("tool_call", 26), ("state_transition", 8),
    ("agent_start", 3), ("agent_complete", 3), ("error", 2), ("retry", 2),
    ("protocol_activation", 1), ("circuit_breaker_trip", 1),
)  # fmt: skip


def write_log(path: Path, lines: int, seed: int = 1) -> None:
    """Write so many lines, about 360 bytes each."""
    chance = random.Random(seed)  # noqa: S311 (no secret: the same bytes every time)
    kinds = [kind for kind, share in _MIX for _ in range(share)]
    now = _START
    with path.open("w", encoding="utf-8") as file:
        for number in range(lines):
            now += timedelta(milliseconds=chance.randrange(40))
            line = json.dumps(_event(chance.choice(kinds), number, now, chance))
            file.write((line[: len(line) // 2] if number % 1000 == 999 else line) + "\n")  # noqa: PLR2004


def _event(kind: str, number: int, now: datetime, chance: random.Random) -> dict[str, Any]:
    agent = chance.randrange(AGENTS)
    event: dict[str, Any] = {
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": "INFO",
        "logger": "hardened_agent",
        "message": " ".join(chance.choices(_WORDS, k=9)),
        "session_id": f"session-{agent}-{number // 5000}",
        "agent_id": f"agent-{agent}",
        "agent_type": ("planner", "worker", "judge")[agent % 3],
        "event_type": kind,
        "trace_id": f"{chance.getrandbits(128):032x}",
    }
    extras: dict[str, dict[str, Any]] = {
        "llm_call": {
            "model": f"model-{chance.randrange(MODELS)}",
            "latency_ms": chance.randrange(200, 9000),
            "prompt_tokens": chance.randrange(100, 9000),
            "completion_tokens": chance.randrange(10, 900),
            "cost_usd": round(chance.random() / 10, 6),
        },
        "tool_call": {
            "tool": f"tool-{chance.randrange(TOOLS)}",
            "latency_ms": chance.randrange(1, 4000),
            "success": chance.random() < 0.95,  # noqa: PLR2004
        },
        "state_transition": {
            "from_state": "RUNNING",
            "to_state": chance.choice(("RUNNING", "WAITING", "PANIC", "DEADLOCK")),
            "confidence": round(chance.random(), 3),
        },
        "error": {"error_class": chance.choice(("timeout", "parse", "network"))},
        "protocol_activation": {"protocol": "DEADLOCK", "action": "force_different_tool"},
        "circuit_breaker_trip": {"metadata": {"breaker": "llm", "state": "open"}},
        "agent_complete": {"success": chance.random() < 0.9},  # noqa: PLR2004
    }
    extra = extras.get(kind, {})
    return {**event, **extra, "metadata": extra.get("metadata", {"attempt": 1, "queue": "default"})}
