"""What coding agents write in many ways: outcomes, errors, and sessions that repeat others."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exporter.model import Block
from spec.load import load_preset
from tests.compiled import Compiled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec.mapping import Mapping
    from spec.model import Family

HERE = Path(__file__).parent


@cache
def preset(name: str) -> tuple[Mapping, dict[str, Family]]:
    """Load a preset; a document may be a line, too."""
    mapping, families = load_preset(name)
    lined = "json" if mapping.format == "document" else mapping.format
    return replace(mapping, format=lined), families


def fed(name: str, *lines: dict[str, object]) -> dict[str, float]:
    mapping, families = preset(name)
    engine = Compiled((mapping,), families)
    engine.feed(*map(json.dumps, lines))
    engine.engine.finish()
    return engine.shown()


def only(shown: dict[str, float], family: str, label: str) -> str:
    """Give a label of a family's only series."""
    (series,) = (name for name in shown if name.startswith(f"{family}{{"))
    return series.split(f'{label}="')[1].split('"')[0]


OUTPUTS: tuple[tuple[object, str], ...] = (
    ("Exit code: 0\nWall time: 1 seconds\nOutput:\nExit code: 1\n", "success"),
    ("Exit code: 10\nWall time: 1 seconds\nOutput:\n", "failure"),
    ("Chunk ID: a1\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n", "success"),
    ("Wall time: 0.1 seconds\nProcess exited with code -9\nOutput:\n", "failure"),
    ("Wall time: 9.0 seconds\nProcess running with session ID 5\nOutput:\n", "unknown"),
    ('{"output":"exit_code: 3","metadata":{"exit_code":0,"duration_seconds":0.1}}', "success"),
    ('{"output":"a\\nb","metadata":{"exit_code":127,"duration_seconds":0.1}}', "failure"),
    ("aborted by user after 3.1s", "aborted"),
    ("unsupported call: fly", "failure"),
    ("Plan updated", "success"),
    ("It says: Exit code: 0\n", "unknown"),
    ([{"type": "input_text", "text": "Exit code: 0"}], "unknown"),
    (None, "unknown"),
)


@pytest.mark.parametrize("age", ["of today", "without envelopes"])
def test_a_call_of_codex_ends_as_the_head_of_its_output_says(age: str) -> None:
    lines: list[dict[str, object]] = []
    for number, (output, _) in enumerate(OUTPUTS):
        call: dict[str, object] = {"call_id": f"call-{number}"}
        lines.append({"type": "function_call", "name": f"tool-{number}", **call})
        lines.append({"type": "function_call_output", "output": output, **call})
    if age == "of today":
        lines = [{"type": "response_item", "payload": line} for line in lines]
    assert fed("codex", *lines) == {
        f'agent_tool_calls_total{{agent="codex",outcome="{outcome}",tool="tool-{number}"}}': 1
        for number, (_, outcome) in enumerate(OUTPUTS)
    }


@pytest.mark.parametrize(
    ("status", "outcome", "limit", "error"),
    [
        ("submitted", "success", None, None),
        ("submitted (exit_cost)", "success", "cost", None),
        ("exit_cost", "failure", "cost", None),
        ("exit_context", "failure", "context", None),
        ("submitted (exit_context)", "success", "context", None),
        ("exit_total_execution_time", "failure", "time", None),
        ("exit_command_timeout", "failure", None, "timeout"),
        ("exit_format", "failure", None, "format"),
        ("submitted (exit_format)", "success", None, "format"),
        ("exit_environment_error", "failure", None, "environment"),
        ("exit_error", "failure", None, "error"),
        ("early_exit", "failure", None, "early_exit"),
        ("skipped", "failure", None, None),
        (None, "abandoned", None, None),
    ],
)
def test_a_run_of_swe_agent_ends_as_its_status_says(
    status: str | None, outcome: str, limit: str | None, error: str | None
) -> None:
    shown = fed("swe-agent", {"history": [], "info": {"exit_status": status}})
    assert only(shown, "agent_tasks_total", "outcome") == outcome
    for family, label, value in (
        ("agent_limit_hits_total", "limit", limit), ("agent_errors_total", "class", error),
    ):  # fmt: skip
        assert any(name.startswith(family) for name in shown) is (value is not None)
        assert value is None or only(shown, family, label) == value


ERRORS = (
    ('API Error: 529 {"error":{"type":"overloaded_error"}}', "overloaded"),
    ('API Error: 429 {"error":{"type":"rate_limit_error"}}', "rate_limit"),
    ("Claude AI usage limit reached|1755806400", "rate_limit"),
    ("5-hour limit reached ∙ resets 3pm", "rate_limit"),
    ("You've hit your weekly limit · resets Oct 9", "rate_limit"),
    ("Prompt is too long", "context_length"),
    ("Credit balance is too low", "billing"),
    ("API Error: Your monthly spend limit has been reached.", "billing"),
    ("API Error: Response stalled mid-stream", "network"),
    ("Invalid API key · Please run /login", "auth"),
    ("API Error: 401 OAuth token has expired", "auth"),
    ("API Error: Request timed out.", "timeout"),
    ("API Error: Connection error.", "network"),
    ("API Error (ECONNRESET)", "network"),
    ('API Error: 500 {"type":"error","error":{"type":"api_error"}}', "server"),
    ('API Error: 400 {"error":{"type":"invalid_request_error"}}', "invalid_request"),
    ("Execution error", "other"),
)


def test_errors_of_claude_code_have_classes_and_are_requests_that_failed() -> None:
    shown = fed("claude-code", *(
        {"type": "assistant", "uuid": f"u-{number}", "isApiErrorMessage": True,
         "message": {"id": f"m-{number}", "model": "<synthetic>", "usage": {"input_tokens": 0},
                     "content": [{"type": "text", "text": text}]}}
        for number, (text, _) in enumerate(ERRORS)
    ))  # fmt: skip
    whose = 'agent="claude-code",model="<synthetic>"'
    assert shown == {
        f'agent_llm_requests_total{{{whose},outcome="failure"}}': len(ERRORS),
        f'agent_token_usage_total{{{whose},type="input"}}': 0,
        **{
            f'agent_errors_total{{agent="claude-code",class="{kind}"}}': number
            for kind, number in Counter(kind for _, kind in ERRORS).items()
        },
    }


def counters(name: str, files: Iterable[Path]) -> dict[str, float]:
    mapping, families = load_preset(name)
    engine = Compiled((mapping,), families)
    for path in files:
        engine.engine.apply(Block(str(path), path.read_bytes()))
    engine.engine.finish()
    counted = {k: v for k, v in engine.shown().items() if k.partition("{")[0].endswith("_total")}
    assert counted
    return {name: round(value, 9) for name, value in counted.items()}


@pytest.mark.parametrize("name", ["claude-code", "codex", "pi"])
def test_a_fork_that_is_read_before_its_parent_changes_nothing(name: str) -> None:
    files = sorted((HERE / name).rglob("*.jsonl"))
    assert counters(name, reversed(files)) == counters(name, files)


def test_a_trajectory_that_grows_adds_what_is_new() -> None:
    def grown(steps: int, status: str | None) -> dict[str, object]:
        stats = {"instance_cost": steps / 8, "tokens_sent": steps * 100, "api_calls": steps}
        info = {"exit_status": status, "model_stats": stats}
        return {"history": [], "trajectory": [{}] * steps, "info": info}

    shown = fed("swe-agent", grown(1, None), grown(3, None), grown(4, "submitted"))
    assert {name.partition("{")[0]: value for name, value in shown.items()} == {
        "agent_steps_total": 4,
        "agent_cost_usd_total": 0.5,
        "agent_token_usage_total": 400,
        "agent_llm_requests_total": 4,
        "agent_tasks_total": 1,
        "agent_tasks_in_progress": 0,
    }
