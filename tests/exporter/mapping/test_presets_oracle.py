"""Over any lines the compiled presets give the oracle's totals, in any cut into blocks."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.model import Block
from spec.load import load_preset
from tests.oracle.compare import STREAM, Exporter, agree
from tests.oracle.lines import TIMES, Kinds, cuts, lines

if TYPE_CHECKING:
    from spec.mapping import Mapping
    from spec.model import Family


def texts(*values: object) -> tuple[str, ...]:
    return tuple(json.dumps(value) for value in values)


YES, NO = "true", "false"


NUMBERS = ("0", "12", "1500", "0.02", '"17"', "-4")
AGENTS = texts("a", "b")
SESSIONS = texts("s1", "s2", 3)

KINDS = {
    "hardened-agent": Kinds(
        {
            "event_type": texts(
                "step", "agent_start", "agent_start", "agent_complete", "agent_complete",
                "state_transition", "protocol_activation", "circuit_breaker_trip",
                "circuit_breaker_reset", "llm_call", "token_usage", "tool_call", "tool_call",
                "error", "retry", "recovery", "strange",
            ),
            "timestamp": TIMES,
            "agent_id": AGENTS,
            "agent_type": texts("coder"),
            "session_id": SESSIONS,
            "tool": texts("grep", "curl"),
            "success": (YES, NO, *texts("true", 1)),
            "outcome": texts("success", "Failed", "timeout"),
            "to_state": texts("PANIC", "NORMAL", "DEADLOCK"),
            "error": (NO, *texts("boom", "", {"class": "x"})),
            "metadata": texts({"breaker": "db", "state": "open"}, {"state": "half_open"}, {}),
            "latency_ms": NUMBERS,
            "prompt_tokens": NUMBERS,
            "completion_tokens": NUMBERS,
            "total_tokens": NUMBERS,
            "cost_usd": NUMBERS,
            "version": texts("1", "2"),
        }
    ),
    "execution-log": Kinds(
        {
            "execution_id": texts("e1", "e2", "e3", 4),
            "timestamp": TIMES,
            "agent": AGENTS,
            "status": texts("completed", "FAILED", "timeout", "running"),
            "error": texts("rate limit", {"class": "timeout"}, {"message": "tool broke"}, ""),
            "duration": NUMBERS,
            "costs": texts(
                {"a1": {"tokens": 1500, "cost": 0.02}, "tools": {"api_calls": 3, "cost": 0.01}},
                {"storage": {"cost": "0.5"}, "x": 5, "y": {"cost": -1, "tokens": True}},
                [{"cost": 1}, {"tokens": {}}],
            ),
            "total_cost": (*NUMBERS, "0.03"),
        }
    ),
    "aider": Kinds(
        {
            "event": texts("message_send", "message_send", "launched", "exit"),
            "time": ("1755099880", "1755099881.5", '"1755099882"', "1e18", "-1e9"),
            "properties": texts(
                {"main_model": "m", "prompt_tokens": 100, "completion_tokens": 7, "cost": 0.001},
                {"main_model": None, "prompt_tokens": "x", "cost": True},
                {"main_model": {"a": 1}},
            ),
        }
    ),
    "agent-agency": Kinds(
        {
            "event": texts(
                "task_started", "task_completed", "task_completed", "task_failed", "state",
                "resources", "stage", "coordination", "coordination", "session_started",
                "session_ended", "routing", "assignment", "business", "research", "quality_gate",
                "provenance", "guardrail", "review", "health", "strange",
            ),
            "ts": ("1795143600000", "1795143601500.5", '"1795143602000"', "1e18", '"noon"'),
            "agent_id": AGENTS,
            "role": texts("judge"),
            "task_id": SESSIONS,
            "session_id": SESSIONS,
            "error": texts("timed out", "429", {"code": 1}, ""),
            "outcome": (YES, *texts("routed", "ok", "timeout", "no_agent")),
            "response_time_ms": NUMBERS,
            "duration_ms": NUMBERS,
            "state": texts("DEADLOCK", "NORMAL", 1),
            "usage": texts({"cpu": 41.5, "memory": "63"}, {"cpu": {}, "gpu": -1}, [1, 2], {}),
            "stage": texts("outline"),
            "consensus_achieved": (YES, NO, *texts("perhaps")),
            "consensus_formation_time_ms": NUMBERS,
            "constitutional_compliance": (YES, NO, "null"),
            "debate_required": (YES, NO),
            "debate_outcome": texts("resolved", "timeout", "sleep"),
            "overhead_ms": NUMBERS,
            "quality_score": NUMBERS,
            "cost_per_task": NUMBERS,
            "verdict": texts("tp", "fp", "maybe"),
            "evidence_quality": NUMBERS,
            "gate": texts("facts"),
            "passed": (YES, NO),
            "verified": (YES, NO),
            "kind": texts("pii_leak", "human"),
            "status": texts("Healthy", "Critical", "resting"),
            "queue_depth": NUMBERS,
            "queue_wait_ms": NUMBERS,
            "active_agents": NUMBERS,
        }
    ),
    "orchestrator": Kinds(
        {
            "event": texts(
                "workflow_started", "mcp_request", "mcp_health", "tool_call", "tool_call",
                "tool_call", "tool_result", "model_call", "context", "parse_failure",
                "hallucinated_call", "rate_limited", "retries_exhausted", "retry", "fallback",
                "state", "breaker", "strange",
            ),
            "timestamp": TIMES,
            "agent": AGENTS,
            "workflow_id": texts("w1", "w2"),
            "access": texts("read", "write", "admin"),
            "server": texts("crm"),
            "tool": texts("get"),
            "arguments": texts({"id": 7}, "x"),
            "model": texts("m"),
            "outcome": (YES, *texts("ok", "timeout", "strange")),
            "status": ("200", "503", "504", '"429"'),
            "up": (YES, NO, *texts("perhaps")),
            "state": texts("PANIC", "NORMAL", "open", "half_open", "closed"),
            "breaker": texts("crm"),
            "duration_ms": NUMBERS,
            "result_bytes": NUMBERS,
            "input_tokens": NUMBERS,
            "cached_tokens": NUMBERS,
            "output_tokens": NUMBERS,
            "cost_usd": NUMBERS,
            "used_percent": NUMBERS,
        }
    ),
    "platform": Kinds(
        {
            "event": texts(
                "first_token", "stream_stalled", "queue", "dequeued", "workers", "workers",
                "resources", "sandbox", "schedule", "limit_hit", "cost", "unpriced", "deploy",
                "version", "tool_version", "checkpoint", "evaluation", "experiment_result",
                "experiment_guardrail", "strange",
            ),
            "timestamp": TIMES,
            "agent": AGENTS,
            "model": texts("m"),
            "after_ms": NUMBERS,
            "queue": texts("q"),
            "depth": NUMBERS,
            "workers": texts({"busy": 6, "idle": "2"}, {"busy": -1, "x": None}, [1, 2], {}),
            "used_percent": texts({"cpu": 71, "memory": True}, {"cpu": {}}),
            "seconds": NUMBERS,
            "jobs": NUMBERS,
            "component": texts("llm", "storage", "coffee"),
            "cost_usd": NUMBERS,
            "version": texts("1", "2"),
            "action": texts("save", "load"),
            "outcome": (YES, NO, *texts("pass", "rolled_back", "timeout", "strange")),
            "score": NUMBERS,
            "experiment": texts("e"),
            "variant": texts("a", "b"),
            "resolution_seconds": NUMBERS,
        }
    ),
}  # fmt: skip
PRESETS = sorted(KINDS)


@cache
def preset(name: str) -> tuple[Mapping, dict[str, Family]]:
    return load_preset(name)


@pytest.mark.parametrize("name", PRESETS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_lines_give_the_oracles_totals(name: str, data: st.DataObject) -> None:
    mapping, families = preset(name)
    whole = data.draw(lines(KINDS[name]))
    agree((mapping,), families, data.draw(cuts(whole)))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_two_presets_in_one_source_are_both_applied(data: st.DataObject) -> None:
    names = data.draw(st.permutations(PRESETS))[:2]
    families = preset(names[0])[1]
    kinds = Kinds({**KINDS[names[0]].values, **KINDS[names[1]].values})
    mappings = tuple(preset(name)[0] for name in names)
    agree(mappings, families, data.draw(cuts(data.draw(lines(kinds, 15)))))


@pytest.mark.parametrize("name", PRESETS)
@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"") + b"\n")).map(b"".join))
def test_every_line_of_any_bytes_has_exactly_one_outcome(name: str, whole: bytes) -> None:
    mapping, families = preset(name)
    engine = Exporter((mapping,), families)
    engine.apply(Block(STREAM, whole))
    assert sum(engine.counts().lines.values()) == whole.count(b"\n")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(AGENTS), st.integers(0, 10**6), st.binary(max_size=2)),
        max_size=12,
    )
)
def test_lines_that_were_damaged_anywhere_give_the_oracles_totals(
    damage: list[tuple[str, int, bytes]],
) -> None:
    mapping, families = preset("hardened-agent")
    whole = b""
    for agent, where, put in damage:
        line = (
            f'{{"event_type":"tool_call","agent_id":{agent},"tool":"x","latency_ms":12.5,'
            f'"metadata":{{"prompt":"\\u00e9\\ud83d\\ude00 caf\u00e9","n":[1,-2.5e3,true,null]}}}}'
        ).encode()
        at = where % len(line)
        whole += line[:at] + put.replace(b"\n", b"\\") + line[at + where % 3 :] + b"\n"
    agree((mapping,), families, [whole])


def test_more_kinds_of_lines_than_are_learned_stay_unmatched_and_harm_nobody() -> None:
    mapping, families = preset("hardened-agent")
    block = b"".join(
        b'{"event_type":"kind%d","timestamp":5,"prompt":"\xff"}\n{"event_type":"step"}\n' % number
        for number in range(300)
    )
    engine = agree((mapping,), families, [block, block, block])
    assert engine.counts().lines == {
        "applied": 900, "unmatched": 900, "repeat": 0, "rejected": 0, "blank": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "whole",
    [
        b'{"event_type":"step"}{"event_type":"step"}\n{"event_type":\n"step"}\n',
        b'\n{"event_type":"step"}{"event_type":"step"}\n',
        b'{"event_type":"step","a":{}\n,"b":{}}\n{"event_type":"step"} {"event_type":"step"}\n',
        b'{"event_type":"step"}\r\n{"event_type":"step"}\n{"event_type":\r\n"step"}{"event_type":"step"}\n',
    ],
)
def test_values_that_do_not_keep_to_their_lines_are_not_counted_as_lines(whole: bytes) -> None:
    mapping, families = preset("hardened-agent")
    agree((mapping,), families, [whole])
    one_by_one = [line + b"\n" for line in whole.split(b"\n")[:-1]]
    agree((mapping,), families, one_by_one)


def test_broken_text_that_no_rule_reads_costs_a_line_nothing() -> None:
    mapping, families = preset("aider")
    line = (
        rb'{"event":"message_send","prompt":"cut \ud83d","properties":{"main_model":"m",'
        b'"prompt_tokens":5,"completion_tokens":1,"note":"\xff"}}\n'
    )
    engine = agree((mapping,), families, [line])
    assert engine.counts().lines["applied"] == 1
    assert engine.snapshot().numbers["agent_token_usage_total"] == {
        ("aider", "m", "input"): 5, ("aider", "m", "output"): 1,
    }  # fmt: skip


def test_broken_text_in_a_label_is_replaced() -> None:
    mapping, families = preset("hardened-agent")
    engine = agree((mapping,), families, [b'{"event_type":"step","agent_id":"caf\xe9"}\n'])
    assert engine.snapshot().numbers == {"agent_steps_total": {("caf\ufffd",): 1}}
