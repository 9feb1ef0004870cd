"""Tests of mappings run the real exporter, and tell what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentgauge.proof.mappings import mapping_tests, prove_mapping
from spec.load import load_spec, preset_names

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
version: 1
fleet: f
sources: [{name: bots, file: a.jsonl, preset: aider, labels: {env: prod}}]
tests:
  - name: own
    source: bots
    lines:
      - {event: message_send, properties: {main_model: m, prompt_tokens: 3}, time: 1}
      - not JSON
    expect: |
"""
RIGHT = """\
      # the order of labels, and of lines, does not matter
      agent_token_usage_total{type="input",model="m",env="prod",agent="aider"} 3.0
      agent_llm_requests_total{agent="aider",env="prod",model="m",outcome="success"} 1
      agent_unpriced_tokens_total{env="prod",model="m"} 3
"""


def said(folder: Path, expect: str) -> str:
    (folder / "agents.yaml").write_text(SPEC + expect)
    spec = load_spec(folder / "agents.yaml")
    source, test = mapping_tests(spec)[0]
    failure = prove_mapping(source, test, spec)
    return failure.said if failure else ""


def test_lines_that_give_what_is_expected_pass(tmp_path: Path) -> None:
    assert said(tmp_path, RIGHT) == ""


def test_what_differs_is_told_as_a_difference(tmp_path: Path) -> None:
    wrong = RIGHT.replace("3.0", "4").replace("agent_llm_requests_total", "agent_steps_total")
    assert said(tmp_path, wrong).splitlines() == [
        "--- expected",
        "+++ found",
        '-agent_steps_total{agent="aider",env="prod",model="m",outcome="success"} 1',
        '-agent_token_usage_total{agent="aider",env="prod",model="m",type="input"} 4',
        '+agent_llm_requests_total{agent="aider",env="prod",model="m",outcome="success"} 1',
        '+agent_token_usage_total{agent="aider",env="prod",model="m",type="input"} 3',
    ]


def test_what_is_usually_left_out_is_compared_where_a_test_speaks_of_it(tmp_path: Path) -> None:
    rejected = '      agentgauge_rejects_total{reason="malformed",rule="line",source="bots"} '
    missing = rejected.replace("malformed", "missing").replace('"line"', '"aider.request"')
    assert said(tmp_path, f"{RIGHT}{rejected}1\n{missing}1\n") == ""
    assert f"-{rejected.strip()} 2" in said(tmp_path, f"{RIGHT}{rejected}2\n{missing}1\n")


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_brings_tests_of_its_own_and_they_hold(name: str, tmp_path: Path) -> None:
    (tmp_path / "agents.yaml").write_text(
        f"version: 1\nfleet: f\nsources: [{{file: a, preset: {name}}}]\n"
    )
    spec = load_spec(tmp_path / "agents.yaml")
    tests = mapping_tests(spec)
    assert tests
    assert [prove_mapping(source, test, spec) for source, test in tests] == [None] * len(tests)
