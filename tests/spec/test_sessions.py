"""What a spec says of sessions, and what it has of them."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from spec.load import load_spec
from spec.model import TopSessions

if TYPE_CHECKING:
    from pathlib import Path

    from spec.model import Spec

BOTS = """
format: json
time: at
session: id
labels: {agent: bot}
events:
  - name: call
    labels: {model: model, type: =input}
    update: {agent_token_usage_total: {add: n}}
"""


def written(folder: Path, more: str = "", bots: str = BOTS) -> Path:
    (folder / "bots.yaml").write_text(bots, encoding="utf-8")
    spec = folder / "agents.yaml"
    spec.write_text(
        "version: 1\nfleet: f\n"
        f"sources: [{{name: bots, file: bots.jsonl, preset: ./bots.yaml}}]\n{more}",
        encoding="utf-8",
    )
    return spec


def of_sessions(spec: Spec) -> tuple[list[str], list[str]]:
    """Name the alerts on sessions, and the columns of their table."""
    panels = [panel for board in spec.dashboards for row in board.rows for panel in row.panels]
    return (
        [alert.name for alert in spec.alerts if alert.name.startswith("Session")],
        [query.name for panel in panels if panel.title == "Sessions" for query in panel.queries],
    )


def test_a_spec_says_how_many_sessions_are_shown_and_how_long(tmp_path: Path) -> None:
    assert load_spec(written(tmp_path)).sessions == TopSessions(20, Fraction(86_400))
    told = load_spec(written(tmp_path, "sessions: {keep: 3, for: 90m}\n"))
    assert told.sessions == TopSessions(3, Fraction(5400))
    assert told.resolved["sessions"] == {"keep": 3, "for": "90m"}


@pytest.mark.parametrize(
    ("more", "bots", "alerts", "columns"),
    [
        ("", BOTS, ["SessionRunsLong"], ["Tokens", "Duration"]),
        ("", BOTS.replace("time: at\n", ""), [], ["Tokens"]),
        ("", BOTS.replace("session: id\n", ""), [], []),
        ("sessions: {keep: 0}\n", BOTS, [], []),
    ],
)
def test_what_reads_sessions_is_there_where_something_feeds_it(
    tmp_path: Path, more: str, bots: str, alerts: list[str], columns: list[str]
) -> None:
    assert of_sessions(load_spec(written(tmp_path, more, bots))) == (alerts, columns)


def test_the_exporter_keeps_to_the_spec(tmp_path: Path) -> None:
    lines = [
        {"at": f"2026-11-20T0{n}:00:00Z", "bot": "b", "id": f"s{n}", "model": "m", "n": 10 - n}
        for n in range(9)
    ]
    log = tmp_path / "bots.jsonl"
    log.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    spec = written(tmp_path, "sessions: {keep: 2, for: 3h}\n")
    command = [sys.executable, "-m", "agentgauge", "export", str(spec), "--once"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [one for one in done.stdout.splitlines() if one.startswith("agent_session")] == [
        'agent_session_duration_seconds{agent="b",session="s5"} 0.0',
        'agent_session_duration_seconds{agent="b",session="s6"} 0.0',
        'agent_session_tokens{agent="b",session="s5"} 5.0',
        'agent_session_tokens{agent="b",session="s6"} 4.0',
        'agent_sessions_total{agent="b"} 9.0',
    ]
