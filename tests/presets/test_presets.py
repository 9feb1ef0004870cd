"""Each preset, from a small log with hostile lines to the whole exposition."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from agentgauge import __version__
from agentgauge.servers import PROMTOOL
from exporter.assembly import Exporter, Settings
from spec.load import load_preset, preset_names
from spec.model import Source
from tests.compiled import Compiled
from tests.preset_logs import REAL, fixture, fixture_files, needs_real_logs
from tests.servers import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

HERE = Path(__file__).parent
PRESETS = preset_names()
LINES = ("json", "logfmt", "text")
"""The formats in which a line is an event."""


def export(preset: str, *files: Path, text: str | None = None) -> str:
    paths = [str(file) for file in files] or ["-"]
    command = [sys.executable, "-m", "agentgauge", "export", "--preset", preset, "--once", *paths]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def samples(exposition: str) -> dict[str, float]:
    """Give all but the exporter's own metrics."""
    lines = (line.rpartition(" ") for line in exposition.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines if not name.startswith("agentgauge_")}


def counted(exposition: str) -> dict[str, int]:
    """Give how many lines had which outcome."""
    found = {}
    for family in parse_text(exposition):
        for sample in family.samples:
            if sample.name == "agentgauge_lines_total":
                found[sample.labels["outcome"]] = int(sample.value)
    return found


def _openmetrics(exporter: Exporter) -> Iterator[Metric]:
    _, body = exporter.metrics("application/openmetrics-text")
    yield from parse_openmetrics(body.decode())  # type: ignore[no-untyped-call] # the same


@pytest.mark.parametrize("preset", PRESETS)
def test_a_log_becomes_exactly_this_exposition(preset: str) -> None:
    golden = (HERE / f"{preset}.prom").read_text(encoding="utf-8")
    assert export(preset, fixture(preset)) == golden.replace("VERSION", __version__)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_line_has_exactly_one_outcome(preset: str) -> None:
    outcomes = counted((HERE / f"{preset}.prom").read_text(encoding="utf-8"))
    if load_preset(preset)[0].format in LINES:
        texts = [path.read_bytes() for path in fixture_files(preset)]
        assert sum(outcomes.values()) == sum(len(text.splitlines()) for text in texts)
    assert all(outcomes[name] for name in ("applied", "unmatched", "rejected"))


@pytest.mark.parametrize("preset", PRESETS)
def test_promtool_finds_no_fault(preset: str) -> None:
    promtool = find(PROMTOOL)
    text = (HERE / f"{preset}.prom").read_bytes()
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("preset", PRESETS)
def test_both_parsers_of_prometheus_client_read_the_same(preset: str) -> None:
    mapping, families = load_preset(preset)
    files = tuple(str(path) for path in fixture_files(preset))
    source = Source(preset, files, (mapping,), {"env": "test"})
    exporter = Exporter(Settings(preset, "1"), (source,), families)
    exporter.pipeline.run_once()
    openmetrics = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in _openmetrics(exporter)
        for sample in family.samples
    }
    plain = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse_text((HERE / f"{preset}.prom").read_text(encoding="utf-8"))
        for sample in family.samples
        if not sample.name.startswith("agentgauge_")
    }
    agents = {
        (name, labels)
        for name, labels in openmetrics
        if name.startswith(("agent_", "circuit", "mcp_"))
    }
    assert {(name, tuple(kv for kv in labels if kv[0] != "env")) for name, labels in agents} == set(
        plain
    )
    assert all(("env", "test") in labels for _, labels in agents)


# ---- what people expect --------------------------------------------------------------------------

PROTOCOL = (
    '{"timestamp":"2024-11-27T19:09:17Z","level":"WARNING","logger":"hardened_agent",'
    '"message":"Protocol activated: DEADLOCK","session_id":"test-123",'
    '"event_type":"protocol_activation","protocol":"DEADLOCK","action":"force_different_tool",'
    '"metadata":{"loop_count":3}}\n'
)
EXECUTION = (
    '{"execution_id":"xxx","costs":{"agent_1":{"tokens":1500,"cost":0.02},'
    '"agent_2":{"tokens":2000,"cost":0.03},"tools":{"api_calls":3,"cost":0.01}},"total_cost":0.06}\n'
)


def test_the_hardened_agents_own_example() -> None:
    assert samples(export("hardened-agent", text=PROTOCOL)) == {
        'agent_last_event_timestamp_seconds{agent="hardened-agent"}': 1732734557,
        'agent_protocol_overrides_total{agent="hardened-agent",protocol="DEADLOCK"}': 1,
        'agent_session_duration_seconds{agent="hardened-agent",session="test-123"}': 0,
        'agent_sessions_total{agent="hardened-agent"}': 1,
    }


def test_the_execution_logs_own_example() -> None:
    task = 'agent="all",agent_type="unknown",outcome="success",trigger="unknown"'
    assert samples(export("execution-log", text=EXECUTION)) == {
        'agent_cost_usd_total{agent="agent_1",component="llm",model="unknown"}': 0.02,
        'agent_cost_usd_total{agent="agent_2",component="llm",model="unknown"}': 0.03,
        'agent_cost_usd_total{agent="all",component="tools",model="unknown"}': 0.01,
        f"agent_tasks_total{{{task}}}": 1,
        'agent_token_usage_total{agent="agent_1",model="unknown",type="unsplit"}': 1500,
        'agent_token_usage_total{agent="agent_2",model="unknown",type="unsplit"}': 2000,
        'agent_tool_calls_total{agent="all",outcome="unknown",tool="unknown"}': 3,
    }


def tasks(preset: str, *lines: str) -> dict[str, float]:
    """Give tasks by outcome."""
    mapping, families = load_preset(preset)
    engine = Compiled((mapping,), families)
    engine.feed(*lines)
    at = families["agent_tasks_total"].labels.index("outcome")
    series = engine.snapshot().numbers["agent_tasks_total"]
    return {labels[at]: float(count) for labels, count in series.items()}


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ("{}", "success"),
        ('{"status":"completed"}', "success"),
        ('{"status":"Success"}', "success"),
        ('{"status":true,"error":null}', "success"),
        ('{"status":"failed"}', "failure"),
        ('{"status":"ERROR","error":{"class":"timeout"}}', "failure"),
        ('{"status":false}', "failure"),
        ('{"status":"timeout"}', "timeout"),
        ('{"status":"timed_out"}', "timeout"),
        ('{"status":"Cancelled"}', "cancelled"),
        ('{"status":"aborted"}', "aborted"),
        ('{"error":"it broke"}', "failure"),
        ('{"error":{"message":"it broke"}}', "failure"),
        ('{"error":{"class":"timeout"}}', "timeout"),
        ('{"error":"Request timed out after 30 s"}', "timeout"),
        ('{"error":""}', "success"),
    ],
)
def test_how_a_run_ends_is_told_by_its_status_else_by_its_error(end: str, outcome: str) -> None:
    line = '{"execution_id":"e",' + end[1:] if end != "{}" else '{"execution_id":"e"}'
    assert tasks("execution-log", line) == {outcome: 1}


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ("{}", "success"),
        ('{"success":true}', "success"),
        ('{"outcome":"Succeeded"}', "success"),
        ('{"success":false}', "failure"),
        ('{"status":"FAILED"}', "failure"),
        ('{"status":"timed out"}', "timeout"),
        ('{"outcome":"canceled"}', "cancelled"),
        ('{"outcome":"waiting for lunch"}', "unknown"),
    ],
)
def test_how_a_task_ends_is_told_in_any_case(end: str, outcome: str) -> None:
    start = '{"event_type":"agent_start","session_id":"s"}'
    line = '{"event_type":"agent_complete","session_id":"s"' + (
        f",{end[1:]}" if end != "{}" else "}"
    )
    assert tasks("hardened-agent", start, line) == {outcome: 1}


def test_a_run_that_has_not_ended_counts_when_it_has() -> None:
    started = '{"execution_id":"e","status":"running","costs":{"a":{"cost":1}}}\n'
    ended = '{"execution_id":"e","status":"failed","costs":{"a":{"cost":3}}}\n'
    found = samples(export("execution-log", text=started + ended))
    assert found['agent_cost_usd_total{agent="a",component="llm",model="unknown"}'] == 3
    assert tasks("execution-log", started.strip(), ended.strip()) == {"failure": 1}


def test_a_total_is_compared_and_never_added() -> None:
    alone = '{"execution_id":"e1","total_cost":0.5}\n'
    beside = '{"execution_id":"e2","costs":{"a":{"cost":1}},"total_cost":4}\n'
    assert {
        k: v
        for k, v in samples(export("execution-log", text=alone + beside)).items()
        if "cost" in k
    } == {
        'agent_cost_mismatches_total{agent="all"}': 2,
        'agent_cost_usd_total{agent="a",component="llm",model="unknown"}': 1,
    }


def test_a_line_without_a_kind_is_no_event() -> None:
    line = '{"properties":{"main_model":"m","prompt_tokens":5,"completion_tokens":5},"time":5}\n'
    assert samples(export("aider", text=line)) == {}


# ---- a real log, where it is at hand -------------------------------------------------------------


@needs_real_logs
def test_a_real_log_of_aider_gives_its_known_totals() -> None:
    exposition = export("aider", REAL / "aider" / "analytics.jsonl")
    found = samples(exposition)

    def total(family: str, part: str = "") -> float:
        return sum(
            value for name, value in found.items() if name.startswith(family) and part in name
        )

    assert total("agent_llm_requests_total") == 42
    assert total("agent_cost_usd_total") == pytest.approx(1.239836, abs=1e-6)
    assert total("agent_token_usage_total", 'type="input"') == 782715
    assert total("agent_token_usage_total", 'type="output"') == 14451
    assert counted(exposition) == {
        "applied": 42, "unmatched": 358, "repeat": 0, "rejected": 0, "blank": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "outcome", "errors"),
    [
        ('"error": true', "failure", 1),
        ('"error": false', "success", 0),
        ('"error": "None"', "success", 0),
        ('"error": {"type": "RateLimitError"}', "failure", 1),
        ('"status": "timeout", "error": true', "timeout", 1),
    ],
)
def test_a_run_ends_as_its_status_says_and_without_one_as_its_error_does(
    told: str, outcome: str, errors: int
) -> None:
    found = samples(export("execution-log", text=f'{{"execution_id": "e", {told}}}\n'))
    tasks = [name for name in found if name.startswith("agent_tasks_total")]
    assert len(tasks) == 1
    assert f'outcome="{outcome}"' in tasks[0]
    assert sum(n for name, n in found.items() if name.startswith("agent_errors_total")) == errors


@pytest.mark.parametrize(("told", "outcome"), [('"False"', "failure"), ("1", "unknown")])
def test_the_success_of_a_tool_is_read_in_any_case(told: str, outcome: str) -> None:
    text = f'{{"event_type": "tool_call", "tool": "x", "success": {told}}}\n'
    found = samples(export("hardened-agent", text=text))
    assert [name for name in found if name.startswith("agent_tool_calls_total")] == [
        f'agent_tool_calls_total{{agent="hardened-agent",outcome="{outcome}",tool="x"}}'
    ]
