"""Over any requests of OTLP, and any records of Gemini CLI, presets give the oracle's totals."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spec.load import load_preset
from tests.oracle.compare import agree
from tests.oracle.lines import cuts
from tests.oracle.otlp_lines import requests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec.mapping import Mapping
    from spec.model import Family

NUMBERS = (0, 12, 1500, "17", "0.02", 0.5, -4)
GEN_AI = "gen_ai."
USAGE = {
    f"{GEN_AI}usage.{name}": (5, 900, "600")
    for name in (
        "input_tokens", "prompt_tokens", "cache_read.input_tokens", "cache_creation.input_tokens",
        "output_tokens", "reasoning.output_tokens",
    )
}  # fmt: skip
KINDS: dict[str, tuple[Sequence[str], dict[str, Sequence[Any]]]] = {
    "otel-genai": (
        (
            "gen_ai.client.inference.operation.details", "gen_ai.client.operation.exception",
            "gen_ai.evaluation.result", "strange",
        ),
        {
            f"{GEN_AI}agent.name": ("a", "b"),
            f"{GEN_AI}operation.name": (
                "chat", "chat", "embeddings", "execute_tool", "invoke_agent", "invoke_workflow",
            ),
            "openinference.span.kind": ("LLM", "TOOL", "AGENT", "CHAIN"),
            "traceloop.span.kind": ("tool", "agent", "workflow", "task"),
            "llm.request.type": ("chat", "rerank"),
            f"{GEN_AI}system": ("openai",),
            f"{GEN_AI}request.model": ("gpt-5", "atlas"),
            f"{GEN_AI}response.model": ("gpt-5-mini",),
            f"{GEN_AI}tool.name": ("search",),
            f"{GEN_AI}conversation.id": ("c-1", "c-2"),
            f"{GEN_AI}response.id": ("r-1", "r-2"),
            f"{GEN_AI}evaluation.name": ("Relevance",),
            f"{GEN_AI}evaluation.score.value": (0.5, 1, 4),
            f"{GEN_AI}evaluation.score.label": ("pass", "irrelevant"),
            "mcp.method.name": ("tools/call", "notifications/x"),
            "error.type": ("timeout", "RateLimitError", "499"),
            "llm.token_count.prompt": (700,),
            "llm.cost.total": (0.01, "0.2"),
            **USAGE,
        },
    ),
    "claude-code-otel": (
        ("api_request",),
        {
            "event.name": (
                "api_request", "api_request", "claude_code.api_request", "api_error", "tool_result",
                "tool_decision", "user_prompt", "compaction", "api_refusal", "subagent_completed",
                "mcp_server_connection", "hook_execution_complete", "api_retries_exhausted", "x",
            ),
            "session.id": ("s-1", "s-2"),
            "event.timestamp": ("2026-11-20T03:00:00Z", "2026-11-20T03:00:01Z"),
            "event.sequence": (1, 2, "3"),
            "model": ("claude-sonnet-4-5", "atlas"),
            "query_source": ("repl_main_thread", "Explore"),
            "cost_usd": (0.0125, "0.5"),
            "cost_usd_micros": (12500, "400"),
            "input_tokens": NUMBERS,
            "cache_read_tokens": NUMBERS,
            "output_tokens": NUMBERS,
            "duration_ms": NUMBERS,
            "attempt": (1, 11, "2"),
            "status_code": (429, "529"),
            "tool_name": ("Bash",),
            "success": ("true", "false", True),
            "decision": ("accept", "reject"),
            "status": ("connected", "failed"),
            "num_blocking": ("0", "1"),
            "server_fallback_hop": (True, False),
        },
    ),
    "codex-otel": (
        ("codex.sse_event",),
        {
            "event.name": (
                "codex.sse_event", "codex.sse_event", "codex.tool_result", "codex.api_request",
                "codex.websocket_request", "codex.user_prompt", "x",
            ),
            "event.kind": ("response.completed", "response.completed", "response.output_item.done"),
            "conversation.id": ("c-1", "c-2"),
            "event.timestamp": ("2026-11-20T03:00:00Z", "2026-11-20T03:00:01Z"),
            "model": ("gpt-5", "atlas"),
            "input_token_count": ("900", 600),
            "cached_token_count": (5, "600"),
            "output_token_count": ("40", 700),
            "reasoning_token_count": (30, "1"),
            "error.message": ("timeout", "http 429"),
            "http.response.status_code": (200, 503, "429"),
            "tool_name": ("exec_command",),
            "call_id": ("call-1", "call-2"),
            "success": ("true", "false"),
            "mcp_server": ("", "docs"),
            "duration_ms": NUMBERS,
        },
    ),
}  # fmt: skip


@cache
def preset(name: str) -> tuple[Mapping, dict[str, Family]]:
    return load_preset(name)


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_requests_give_the_oracles_totals(name: str, data: st.DataObject) -> None:
    mapping, families = preset(name)
    whole = data.draw(requests(*KINDS[name]))
    agree((mapping,), families, data.draw(cuts(whole)))


GEMINI: dict[str, Sequence[Any]] = {
    "event.name": (
        *(f"gemini_cli.{name}" for name in (
            "api_response", "api_response", "api_error", "tool_call", "user_prompt", "agent.finish",
            "chat_compression", "chat.content_retry", "chat.content_retry_failure",
        )),
        "loop_detected", "gen_ai.client.inference.operation.details", 5, None,
    ),
    "event.timestamp": ("2026-11-20T03:00:00Z", "yesterday", None),
    "session.id": ("s-1", "s-2", None),
    "role": ("main", "subagent", None),
    "model": ("gemini-2.5-pro", "atlas", None),
    "input_token_count": (900, 600, "700", None),
    "cached_content_token_count": (5, 600, None),
    "output_token_count": (40, None, "many"),
    "thoughts_token_count": (30, None),
    "tool_token_count": (3, None),
    "duration_ms": (*NUMBERS, None),
    "status_code": (429, "500", None),
    "function_name": ("read_file", None),
    "success": (True, False, None),
    "decision": ("accept", "reject", None),
    "mcp_server_name": ("docs", None),
    "loop_type": ("consecutive_identical_tool_calls", "llm_detected_loop"),
    "terminate_reason": ("GOAL", "MAX_TURNS"),
}  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_records_of_gemini_cli_give_the_oracles_totals(data: st.DataObject) -> None:
    mapping, families = preset("gemini-cli")
    attributes = st.fixed_dictionaries({key: st.sampled_from(of) for key, of in GEMINI.items()})
    records = st.one_of(
        st.builds(lambda told: {"hrTime": [1, 2], "attributes": told, "_body": "x"}, attributes),
        st.sampled_from([{}, {"attributes": None}, {"attributes": []}, {"scopeMetrics": []}]),
    )
    some = data.draw(st.lists(records, max_size=25))
    whole = b"".join(json.dumps(one).encode() + b"\n" for one in some)
    agree((mapping,), families, data.draw(cuts(whole)))
