"""Over any lines the compiled presets give the oracle's totals, in any cut into blocks."""

from __future__ import annotations

import json
from dataclasses import replace
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
    "gemini-cli-chats": Kinds(
        {
            "sessionId": ("", "", *texts("s1", "s2")),
            "projectHash": texts("p"),
            "kind": texts("main", "subagent"),
            "type": texts("gemini", "gemini", "user", "error", "info"),
            "id": texts("m-1", "m-2", "m-3"),
            "timestamp": TIMES,
            "model": texts("gemini-2.5-pro", "atlas"),
            "content": texts("429", [{"text": "x"}]),
            "tokens": texts(
                {"input": 900, "cached": 600, "output": 40, "thoughts": 30, "tool": 3},
                {"input": 950, "cached": 600, "output": 45}, {"input": 5, "cached": 9}, None, 7,
            ),
            "toolCalls": texts(
                [{"id": "t-1", "name": "read", "status": "executing"}],
                [{"id": "t-1", "name": "read", "status": "success"},
                 {"id": "t-2", "name": "bash", "status": "cancelled"}], "x",
            ),
        }
    ),
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
    "litellm": Kinds(
        {
            "call_type": texts("acompletion", "acompletion", "atext_completion", "call_mcp_tool"),
            "id": texts("c1", "c2", "c3"),
            "status": texts("success", "success", "failure", "strange"),
            "startTime": ("1732734550.25", "1732734551", *TIMES),
            "endTime": ("1732734557.5", "1732734550.75", *TIMES),
            "completionStartTime": ("1732734551.5", *TIMES),
            "timestamp": TIMES,
            "stream": (YES, NO),
            "cache_hit": (YES, NO, "null"),
            "model": texts("openai/m"),
            "model_group": texts("m", ""),
            "end_user": texts("", "helpdesk", "jo@example.com"),
            "trace_id": texts("t1", "t2"),
            "metadata": texts(
                {"user_api_key_alias": "a", "usage_object": {
                    "prompt_tokens_details": {"cached_tokens": 7, "cache_creation_tokens": 2},
                    "completion_tokens_details": {"reasoning_tokens": 5}}},
                {"user_api_key_team_alias": "b", "usage_object": {
                    "cache_creation_input_tokens": "3", "cache_read_input_tokens": 4}},
                {"mcp_tool_call_metadata": {"name": "grep", "mcp_server_name": "wiki"}},
            ),
            "response": texts({"usage": {"prompt_tokens_details": {"cached_tokens": 6}}}, "cut"),
            "response_cost": (*NUMBERS, "null"),
            "prompt_tokens": NUMBERS,
            "completion_tokens": NUMBERS,
            "error_information": texts(
                {"error_class": "RateLimitError", "error_code": "429"},
                {"error_class": "", "error_code": "408"}, {},
            ),
            "error_str": texts("no connection"),
            "status_fields": texts({"guardrail_status": "guardrail_intervened"}),
            "level": texts("ERROR", "INFO"),
            "message": texts("Falling back to model_group = x", "Retrying request", "401"),
        }
    ),
    "openai-agents": Kinds(
        {
            "object": texts("trace.span", "trace.span", "trace.span", "trace", "strange"),
            "id": texts("s1", "s2", "s3", "s4"),
            "trace_id": texts("t1", "t2"),
            "workflow_name": texts("w", "v"),
            "started_at": TIMES,
            "ended_at": (*TIMES, "null"),
            "span_data": texts(
                {"type": "generation", "model": "m", "usage": {
                    "input_tokens": 90, "output_tokens": 9,
                    "input_tokens_details": {"cached_tokens": 50},
                    "output_tokens_details": {"reasoning_tokens": "4"}}},
                {"type": "generation", "usage": {"prompt_tokens": 5, "completion_tokens": -1}},
                {"type": "speech", "model": "s", "first_content_at": "2024-11-27T19:09:17Z"},
                {"type": "response", "response": {"model": "r"}, "usage": None},
                {"type": "function", "name": "grep", "mcp_data": {"server": "wiki"}},
                {"type": "mcp_tools", "server": "wiki"},
                {"type": "agent", "name": "Triage"},
                {"type": "handoff"},
                {"type": "guardrail", "name": "polite", "triggered": True},
                {"type": "custom", "data": {"sdk_span_type": "turn", "agent_name": "Triage"}},
            ),
            "error": texts(
                None, None, {"message": "Max turns exceeded"}, {"message": "timed out"}, "strange"
            ),
        }
    ),
    "autogen": Kinds(
        {
            "type": texts(
                "LLMCall", "LLMCall", "LLMStreamEnd", "ToolCall", "MessageDropped",
                "MessageHandlerException", "AgentConstructionException", "Message",
            ),
            "agent_id": texts("writer/1", "critic", "/2", None),
            "handling_agent": texts("writer/1"),
            "receiver": texts("critic/1"),
            "sender": texts("writer/1", ""),
            "tool_name": texts("grep"),
            "exception": texts("Request timed out", "429", ""),
            "prompt_tokens": NUMBERS,
            "completion_tokens": NUMBERS,
            "response": texts(
                {"model": "m", "usage": {
                    "prompt_tokens_details": {"cached_tokens": 3},
                    "completion_tokens_details": {"reasoning_tokens": 2}}},
                {"usage": {"cache_read_input_tokens": 4, "cache_creation_input_tokens": 5}},
                "strange",
            ),
        }
    ),
    "langsmith": Kinds(
        {
            "id": texts("r1", "r2", "r3"),
            "run_type": texts("llm", "llm", "embedding", "tool", "retriever", "chain"),
            "name": texts("grep", "chat"),
            "start_time": TIMES,
            "end_time": (*TIMES, "null"),
            "first_token_time": TIMES,
            "parent_run_id": texts(None, "r0"),
            "trace_id": texts("r0"),
            "session_name": texts("p", ""),
            "status": texts("success", "error", "pending"),
            "error": texts(None, None, "", "429", "GraphInterrupt()", "Request timed out."),
            "prompt_tokens": NUMBERS,
            "completion_tokens": NUMBERS,
            "prompt_token_details": texts({"cache_read": 4, "cache_creation": 1}),
            "completion_token_details": texts({"reasoning": 2}),
            "total_cost": (*NUMBERS, '"0.0021"'),
            "outputs": texts(
                {"usage_metadata": {"input_tokens": 70, "output_tokens": 30, "total_cost": 0.25,
                 "input_token_details": {"cache_read": 20}}}, {"generations": [[]]},
            ),
            "extra": texts(
                {"metadata": {"ls_model_name": "m", "thread_id": "th", "lc_agent_name": "b"}},
                {"invocation_params": {"model_name": "n"}},
            ),
        }
    ),
    "claude-code": Kinds(
        {
            "type": texts("assistant", "assistant", "assistant", "user", "user", "system"),
            "subtype": texts(
                "turn_duration", "compact_boundary", "api_error", "stop_hook_summary"
            ),
            "timestamp": TIMES,
            "uuid": texts("u1", "u2", "u3"),
            "sessionId": SESSIONS,
            "requestId": texts("r1", "r2"),
            "isSidechain": (YES, NO, NO),
            "agentId": texts("a7be2f0", "acompact-19c2aa"),
            "isApiErrorMessage": (YES, NO),
            "costUSD": NUMBERS,
            "durationMs": NUMBERS,
            "sourceToolAssistantUUID": texts("u1", "u2"),
            "compactMetadata": texts({"trigger": "auto"}, {}),
            "hookErrors": texts(["no"], [], ["no", "never"]),
            "error": texts("rate_limit", {"status": 529}),
            "message": texts(
                {"id": "m1", "model": "m", "content": [{"type": "tool_use", "id": "t1", "name": "x",
                    "input": {"a": 1}}], "usage": {"input_tokens": 3, "output_tokens": 2,
                    "cache_creation_input_tokens": 9}},
                {"id": "m1", "model": "m", "usage": {"input_tokens": 3, "output_tokens": 80,
                    "cache_read_input_tokens": 5, "cache_creation_input_tokens": 9,
                    "cache_creation": {"ephemeral_1h_input_tokens": 4}}},
                {"id": "m2", "model": "<synthetic>", "usage": {"input_tokens": 0},
                    "content": [{"type": "text", "text": "API Error: 529 Overloaded"}]},
                {"id": "m3", "model": "n", "usage": {"input_tokens": "7", "output_tokens": -1},
                    "content": [{"type": "tool_use", "id": "t2", "name": "y", "input": {}}] * 5},
                {"content": [{"type": "tool_result", "tool_use_id": "t1", "is_error": True},
                    {"type": "tool_result", "tool_use_id": "t2", "content": "done"}]},
                {"content": [{"type": "web_search_tool_result", "tool_use_id": "t2",
                    "content": {"error_code": "unavailable"}}, 5, "text"]},
                {"id": None, "content": "text", "usage": {}},
            ),
        }
    ),
    "codex": Kinds(
        {
            "type": texts(
                "event_msg", "event_msg", "event_msg", "response_item", "response_item",
                "session_meta", "turn_context", "compacted", "function_call",
                "function_call_output", "web_search_call",
            ),
            "timestamp": TIMES,
            "call_id": texts("c1", "c2"),
            "name": texts("shell"),
            "output": texts("Exit code: 0\nOutput:", "Exit code: 3\n", "aborted by user", "text"),
            "status": texts("completed", "failed"),
            "payload": texts(
                {"id": "s1", "model": "m"}, {"id": "s2", "model": "n"}, {"type": "turn_aborted"},
                {"type": "task_started", "turn_id": "t1"}, {"type": "stream_error"},
                {"type": "task_complete", "turn_id": "t1"},
                {"type": "turn_aborted", "turn_id": "t1"},
                {"type": "error", "message": "stream disconnected"},
                {"type": "function_call", "name": "exec_command", "call_id": "c1"},
                {"type": "local_shell_call", "call_id": "c2"},
                {"type": "function_call_output", "call_id": "c1", "output": "Wall time: 1 s\n"
                    "Process exited with code 1\n"},
                {"type": "custom_tool_call_output", "call_id": "c2", "output":
                    '{"output":"exit_code: 1","metadata":{"exit_code":0}}'},
                {"type": "web_search_call", "status": "completed", "action": {"query": "q"}},
                {"type": "token_count", "info": None, "rate_limits": {"primary":
                    {"used_percent": 12.5}, "secondary": {"used_percent": "7"}}},
                *(
                    {"type": "token_count", "info": {
                        "total_token_usage": {"input_tokens": n * 9, "output_tokens": n,
                            "total_tokens": n * 10},
                        "last_token_usage": {"input_tokens": 9, "cached_input_tokens": n,
                            "output_tokens": 4, "reasoning_output_tokens": 1}}}
                    for n in (0, 1, 2, 12)
                ),
            ),
        }
    ),
    "pi": Kinds(
        {
            "type": texts("message", "message", "message", "session", "compaction", "strange"),
            "id": texts("e1", "e2"),
            "timestamp": TIMES,
            "message": texts(
                *(
                    {"role": "assistant", "timestamp": at, "model": "m", "stopReason": stop,
                        "errorMessage": "429", "content": [{"type": "toolCall", "id": f"t{at}",
                        "name": "edit", "arguments": {"a": 1}}], "usage": {"input": at,
                        "output": 7, "cacheRead": 3, "cost": {"total": cost}}}
                    for at, stop, cost in (
                        (1, "toolUse", 0.25), (2, "stop", None), (3, "error", 0), (4, "aborted", -1)
                    )
                ),
                {"role": "assistant", "model": "m", "usage": {"input": "x"}, "content": "text"},
                {"role": "toolResult", "timestamp": 5, "toolCallId": "t1", "isError": True},
                {"role": "toolResult", "timestamp": 6, "toolCallId": "t2", "isError": False},
                {"role": "bashExecution", "timestamp": 7},
            ),
        }
    ),
    "openhands": Kinds(
        {
            "id": NUMBERS,
            "timestamp": TIMES,
            "source": texts("agent", "user", "environment"),
            "action": texts("run", "message"),
            "observation": texts("run", "error", "agent_state_changed"),
            "extras": texts({"agent_state": "finished"}, {"agent_state": "error", "reason": "429"}),
            "tool_call_metadata": texts(
                {"tool_call_id": "c1", "function_name": "bash", "model_response": {"id": "r1"}},
                {"tool_call_id": "c2", "function_name": "edit", "model_response": {"model": "n"}},
            ),
            "llm_metrics": texts(
                {"accumulated_cost": 0.25, "accumulated_token_usage": {"model": "m",
                    "prompt_tokens": 40, "completion_tokens": 3, "cache_read_tokens": 30}},
                {"accumulated_cost": 0.5, "accumulated_token_usage": {"model": "default",
                    "prompt_tokens": 90, "completion_tokens": 9, "reasoning_tokens": 4}},
                {"accumulated_cost": "x"},
            ),
            "instance_id": texts("i1", "i2"),
            "issue": texts({"number": 7}),
            "metadata": texts({"llm_config": {"model": "m"}}, {"model": "n"}, "text"),
            "success": (YES, NO, "null"),
            "error": texts("maximum iteration", "over budget", ""),
            "history": texts(
                [{"action": "run", "source": "agent", "tool_call_metadata":
                    {"tool_call_id": "h1", "function_name": "bash"}},
                 {"observation": "error", "tool_call_metadata": {"tool_call_id": "h1"}}],
                [{"kind": "ActionEvent", "action": {"kind": "x"}, "tool_name": "t",
                    "tool_call_id": "h2"},
                 {"kind": "ObservationEvent", "tool_call_id": "h2",
                    "observation": {"is_error": True}}],
                [[{"action": "run"}], None, 5], "text",
            ),
            "metrics": texts(
                {"accumulated_cost": 0.07, "costs": [0.01, 0.06], "response_latencies": [1.5, "x"]},
                {"accumulated_cost": -1, "costs": [{}], "token_usages": [{"model": "m"}],
                    "response_latencies": [{"model": "m", "latency": 2}],
                    "accumulated_token_usage": {"prompt_tokens": 9, "cache_read_tokens": 10}},
                {"token_usages": []},
            ),
        }
    ),
    "swe-agent": Kinds(
        {
            "history": texts([], [{}]),
            "trajectory": texts([{}, {}], [], 7),
            "replay_config": texts(
                {"agent": {"model": {"name": "m"}}}, '{"agent": {"model": {"name": "n"}}}', "plain"
            ),
            "info": texts(
                {"exit_status": "submitted", "model_stats": {"instance_cost": 0.5,
                    "tokens_sent": 90, "tokens_received": 4, "api_calls": 2}},
                {"exit_status": "submitted (exit_cost)", "model_stats": {"instance_cost": 0.75,
                    "tokens_sent": "95", "tokens_received": -4, "api_calls": None}},
                {"exit_status": "exit_format"}, {"exit_status": "early_exit"},
                {"exit_status": None}, {"exit_status": ""}, "text",
            ),
        }
    ),
}  # fmt: skip
PRESETS = sorted(KINDS)


@cache
def preset(name: str) -> tuple[Mapping, dict[str, Family]]:
    """Load a preset. The oracle reads bare JSON lines: other formats are tested elsewhere."""
    mapping, families = load_preset(name)
    lined = "json" if mapping.format == "document" else mapping.format
    return replace(mapping, prefix=None, format=lined), families


@pytest.mark.parametrize("name", PRESETS)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_lines_give_the_oracles_totals(name: str, data: st.DataObject) -> None:
    mapping, families = preset(name)
    whole = data.draw(lines(KINDS[name]))
    agree((mapping,), families, data.draw(cuts(whole)))


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_two_presets_in_one_source_are_both_applied(data: st.DataObject) -> None:
    names = data.draw(st.permutations(PRESETS))[:2]
    families = preset(names[0])[1]
    kinds = Kinds({**KINDS[names[0]].values, **KINDS[names[1]].values})
    mappings = tuple(preset(name)[0] for name in names)
    agree(mappings, families, data.draw(cuts(data.draw(lines(kinds, 15)))))


@pytest.mark.parametrize("name", PRESETS)
@settings(max_examples=10, deadline=None)
@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"") + b"\n")).map(b"".join))
def test_every_line_of_any_bytes_has_exactly_one_outcome(name: str, whole: bytes) -> None:
    mapping, families = preset(name)
    engine = Exporter((mapping,), families)
    engine.apply(Block(STREAM, whole))
    assert sum(engine.counts().lines.values()) == whole.count(b"\n")


@settings(max_examples=30, deadline=None)
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
