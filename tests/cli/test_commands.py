"""The command line as a user meets it: exit codes, streams, help."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from agentgauge.cli import VERBS
from spec.layers import catalogue

ROOT = Path(__file__).parents[2]


def run(*arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agentgauge", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, input=stdin,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, tmp_path: Path) -> None:
    done = run(verb, "--help", cwd=tmp_path)

    assert done.returncode == 0
    assert f"agentgauge {verb}" in done.stdout
    assert len(done.stdout.splitlines()) > 5


def test_a_mistyped_verb_is_told_the_nearest(tmp_path: Path) -> None:
    done = run("genrate", cwd=tmp_path)

    assert done.returncode == 2
    assert "did you mean 'generate'?" in done.stderr


def test_what_init_writes_is_right_and_can_be_generated(tmp_path: Path) -> None:
    assert run("init", "logs", "--preset", "aider", cwd=tmp_path).returncode == 0

    assert run("check", cwd=tmp_path).returncode == 0
    made = run("generate", cwd=tmp_path)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "alerts/runbooks/DailyCostBurn.md" in made.stdout


def test_init_leaves_a_file_that_is_there_alone(tmp_path: Path) -> None:
    (tmp_path / "agents.yaml").write_text("mine")

    done = run("init", cwd=tmp_path)

    assert done.returncode == 1
    assert "agents.yaml is there already" in done.stderr
    assert (tmp_path / "agents.yaml").read_text() == "mine"


def test_results_go_to_stdout_and_messages_to_stderr(tmp_path: Path) -> None:
    line = '{"event": "message_send", "properties": {"prompt_tokens": 3, "completion_tokens": 1}}'

    done = run("export", "--preset", "aider", "--once", "-", cwd=tmp_path, stdin=line)

    assert (done.returncode, done.stderr) == (0, "")
    assert 'agent_token_usage_total{agent="aider",model="unknown",type="input"} 3.0' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("export", "--preset", "aider"), "--preset needs a PATH"),
        (("export", "--preset", "aider", "--once", "missing.jsonl"), "missing.jsonl"),
        (("export", "--preset", "aider", "-", "x"), "- is read alone"),
        (("export", "a.yaml", "b.yaml"), "takes one SPEC"),
        (("export", "--once", "--log.level", "loud"), "loud"),
        (("init", "--preset", "nope"), "there is no preset 'nope'"),
        (("init", "--fleet", "My Fleet"), "is no fleet's name"),
    ],
)
def test_wrong_usage_says_what_is_right_and_exits_with_2(
    arguments: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    done = run(*arguments, cwd=tmp_path)

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_preset_is_told_the_nearest(tmp_path: Path) -> None:
    done = run("export", "--preset", "aidr", "--once", "-", cwd=tmp_path)

    assert done.returncode == 1
    assert "there is no preset \"aidr\"; did you mean 'aider'?" in done.stderr


def test_the_schema_is_the_published_one(tmp_path: Path) -> None:
    assert run("schema", cwd=tmp_path).stdout == (ROOT / "spec/schema.json").read_text()


def test_a_full_disk_under_the_output_is_one_sentence(tmp_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    log.write_text('{"event_type": "step"}\n')
    command = [sys.executable, "-m", "agentgauge", "export", "--preset", "hardened-agent", "--once"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, str(log)],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    message = "Error: standard output can't be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, message)


def test_a_fleet_of_no_alerts_has_nothing_to_prove(tmp_path: Path) -> None:
    alerts = catalogue("alerts").get("alerts")
    names = [name for name, _ in alerts.items()] if alerts else []
    off = {"version": 1, "fleet": "quiet", "alerts": dict.fromkeys(names, False)}
    (tmp_path / "agents.yaml").write_text(yaml.safe_dump(off))
    done = run("test", cwd=tmp_path)
    assert (done.returncode, "0 of 0 alerts" in done.stdout) == (0, True), done.stdout


def test_alerts_of_a_dashboard_that_is_switched_off_link_to_none(tmp_path: Path) -> None:
    (tmp_path / "agents.yaml").write_text("version: 1\nfleet: f\ndashboards: {fleet: false}\n")
    assert run("generate", cwd=tmp_path).returncode == 0
    written = [path.read_text() for path in (tmp_path / "alerts").rglob("*.*") if path.is_file()]
    assert not any("/d/f-fleet" in text for text in written)


def test_init_writes_a_right_spec_for_a_folder_with_quotes(tmp_path: Path) -> None:
    assert run("init", 'lo"gs', "--preset", "aider", cwd=tmp_path).returncode == 0
    assert run("check", cwd=tmp_path).returncode == 0
