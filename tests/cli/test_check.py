"""`agentgauge check`: streams, exit codes and formats, with the lint and without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentgauge.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
RIGHT = """\
version: 1
fleet: small
sources:
  - {file: /var/log/*, preset: aider}
oncall:
  receivers: {team: {slack: {channel: "#agents", api_url_file: /run/secrets/slack}}}
  default: team
"""
WARNED = RIGHT.replace("receivers: {", "receivers: {spare: {webhook: {url: http://x}}, ")
WRONG = WARNED + "alerts:\n  Gone: {absent: agent_cost_usd_total}\n"
SPARE = (
    "oncall.receivers.spare: warning: no route leads to it; add one, or remove it [receiver-unused]"
)
GONE = "fires at the first scrape that fails: absent, and no for; add for: 5m"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Run `agentgauge check` in this process: most of its time would go into the start."""
    monkeypatch.chdir(tmp_path)

    def run(text: str, *options: str) -> Done:
        Path("agents.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(SystemExit) as left:
            main(["check", *options])
        return Done(int(left.value.code or 0), *capsys.readouterr())

    return run


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (RIGHT, (), 0), (RIGHT, ("--strict",), 0), (WARNED, (), 0), (WARNED, ("--strict",), 1),
        (WRONG, (), 1),
    ],
)  # fmt: skip
def test_warnings_fail_only_where_it_is_strict(
    text: str, options: tuple[str, ...], code: int, check: Callable[..., Done]
) -> None:
    done = check(text, *options)
    assert (done.returncode, "agents.yaml:6:" in done.stdout) == (code, text != RIGHT), done.stderr


def test_findings_go_to_stdout_and_their_number_to_stderr(check: Callable[..., Done]) -> None:
    done = check(WRONG)
    spare, book, gone = done.stdout.splitlines()
    assert spare == f"agents.yaml:6:22: {SPARE}"
    assert "[alert-without-runbook]" in book
    assert gone == f"agents.yaml:9:18: alerts.Gone.absent: {GONE} [absent-without-for]"
    assert done.stderr == "1 problem found, and 2 warnings\n"


def test_what_is_wrong_with_the_spec_itself_comes_first_and_in_every_format(
    check: Callable[..., Done],
) -> None:
    text = WRONG.replace("version: 1", "version: 2")
    told = json.loads(check(text, "--format", "json").stdout)
    assert [(one["rule"], one["line"]) for one in told["findings"]] == [("spec", 1)]
    assert check(text, "--format", "github").stdout.startswith(
        "::error file=agents.yaml,line=1,col=10,title=spec::version: "
    )


def test_the_exception_beside_the_spec_counts(check: Callable[..., Done]) -> None:
    Path(".lint").write_text("exclusions: {receiver-unused: {reason: For the move.}}\n")
    assert check(WARNED, "--strict").returncode == 0


def test_timing_says_where_time_went(check: Callable[..., Done]) -> None:
    done = check(RIGHT, "--timing", "--format", "json")
    steps = [line.split()[0] for line in done.stderr.splitlines()]
    assert steps[:-1] == [
        "load", "imports", "rules", "dashboards", "expressions", "lint", "total",
    ]  # fmt: skip
    assert json.loads(done.stdout)["errors"] == 0


@pytest.mark.parametrize("lacking", ["promql_parser", "grafanalib"])
def test_without_the_extra_the_spec_alone_is_checked(lacking: str, tmp_path: Path) -> None:
    (tmp_path / "agents.yaml").write_text(WARNED, encoding="utf-8")
    hidden = f"import sys; sys.modules[{lacking!r}] = None"
    done = subprocess.run(
        [sys.executable, "-c", f"{hidden}; from agentgauge.cli import main; main(['check'])"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
    assert "pip install 'agentgauge[generate]'" in done.stderr
    assert "agents.yaml is right" in done.stderr


def test_resolved_prints_nothing_but_the_spec(check: Callable[..., Done]) -> None:
    done = check(WARNED, "--resolved")
    assert done.returncode == 0
    assert "receiver-unused" not in done.stdout
    assert done.stdout.startswith("# agents.yaml, with what presets and catalogue add to it.")
