"""A framework that nobody knows is one YAML file and its lines: the one of docs/presets/new.md."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from agentgauge.proof.mappings import mapping_tests, prove_mapping
from agentgauge.servers import PROMTOOL
from spec.load import load_spec
from tests.docs.pages import ROOT, read
from tests.servers import find

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = (
    b'{"ev": "turn", "id": 3\n\n{"ev": "turn", "id": 4, "ts": 1795143608, "llm": {"in": "many"}}\n'
)
SHOWN = """\
agent_cost_usd_total{agent="triage",component="llm",model="atlas"} 0.0042
agent_last_event_timestamp_seconds{agent="triage"} 1.795143606e+09
agent_last_event_timestamp_seconds{agent="weaver"} 1.795143608e+09
agent_llm_latency_seconds_count{agent="triage",model="atlas"} 2.0
agent_llm_latency_seconds_sum{agent="triage",model="atlas"} 2.83
agent_llm_requests_total{agent="triage",model="atlas",outcome="failure"} 1.0
agent_llm_requests_total{agent="triage",model="atlas",outcome="success"} 1.0
agent_llm_requests_total{agent="weaver",model="unknown",outcome="success"} 1.0
agent_session_cost_usd{agent="triage",session="t-1"} 0.0042
agent_session_duration_seconds{agent="triage",session="t-1"} 4.0
agent_session_tokens{agent="triage",session="t-1"} 5630.0
agent_sessions_total{agent="triage"} 1.0
agent_token_usage_total{agent="triage",model="atlas",type="cache_read"} 4000.0
agent_token_usage_total{agent="triage",model="atlas",type="input"} 1500.0
agent_token_usage_total{agent="triage",model="atlas",type="output"} 130.0
agent_tool_calls_total{agent="triage",outcome="success",tool="search"} 1.0
agent_tool_latency_seconds_count{agent="triage",tool="search"} 1.0
agent_tool_latency_seconds_sum{agent="triage",tool="search"} 0.25
agent_unpriced_tokens_total{model="atlas"} 310.0
weaver_escalations_total{agent="triage",team="billing"} 1.0
agentgauge_lines_total{outcome="applied",source="weaver"} 5.0
agentgauge_lines_total{outcome="blank",source="weaver"} 1.0
agentgauge_lines_total{outcome="rejected",source="weaver"} 1.0
agentgauge_lines_total{outcome="repeat",source="weaver"} 0.0
agentgauge_lines_total{outcome="unmatched",source="weaver"} 1.0
agentgauge_rejects_total{reason="malformed",rule="line",source="weaver"} 1.0
agentgauge_rejects_total{reason="missing",rule="weaver.turn",source="weaver"} 2.0
agentgauge_rejects_total{reason="not_a_number",rule="weaver.turn",source="weaver"} 1.0
"""
BESIDE = ("#", "agentgauge_")
OWN = ("agentgauge_lines_total", "agentgauge_rejects_total")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the page's files, and nothing else."""
    for fence in read("docs/presets/new.md").fences:
        if "file" in fence.given:
            (tmp_path / fence.given["file"]).write_text(fence.text, encoding="utf-8")
    return tmp_path


def agentgauge(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "agentgauge", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_one_yaml_file_its_lines_and_the_spec_that_names_it(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["agents.yaml", "weaver.jsonl", "weaver.yaml"]
    agentgauge(folder, "check")


def test_its_lines_become_exactly_these_metrics_hostile_ones_too(folder: Path) -> None:
    with (folder / "weaver.jsonl").open("ab") as log:
        log.write(HOSTILE)
    exposition = agentgauge(folder, "export", "--preset", "./weaver.yaml", "--once", "weaver.jsonl")
    lines = [line for line in exposition.splitlines(keepends=True) if "_bucket{" not in line]
    shown = [line for line in lines if line.startswith(OWN) or not line.startswith(BESIDE)]
    assert "".join(shown) == SHOWN


def test_its_own_tests_hold(folder: Path) -> None:
    loaded = load_spec(folder / "agents.yaml")
    tests = list(mapping_tests(loaded))
    assert [test.name for _, test in tests] == ["a turn that is written twice, and an escalation"]
    assert [prove_mapping(source, test, loaded) for source, test in tests] == [None]


def test_its_panel_alert_and_runbook_are_generated_and_promtool_proves_the_alert(
    folder: Path,
) -> None:
    agentgauge(folder, "generate")
    fleet = json.loads((folder / "dashboards" / "support-fleet.json").read_text(encoding="utf-8"))
    panels = {panel["title"]: panel for panel in fleet["panels"]}
    (target,) = panels["Threads handed to people"]["targets"]
    assert "weaver_escalations_total" in target["expr"]
    runbook = (folder / "alerts" / "runbooks" / "WeaverEscalatesOften.md").read_text("utf-8")
    assert "The agent gives up on what it should solve by itself." in runbook
    rules = folder / "alerts" / "rules" / "support.alerts.yaml"
    groups = yaml.safe_load(rules.read_text(encoding="utf-8"))["groups"]
    assert "WeaverEscalatesOften" in {rule["alert"] for group in groups for rule in group["rules"]}
    cases = folder / "alerts" / "tests" / "support.WeaverEscalatesOften.yaml"
    for command in (["check", "rules", str(rules)], ["test", "rules", str(cases)]):
        done = subprocess.run(
            [find(PROMTOOL), *command], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
