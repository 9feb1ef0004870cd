"""What we give to CI of other repositories does what it says: the GitHub Action and the hooks."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from spec.load import load_spec

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

SPEC = """\
version: 1
fleet: support
sources:
  - {file: /var/log/agents/**/*.jsonl, preset: aider}
oncall:
  receivers: {pager: {webhook: {url: "http://localhost:9/"}}}
  default: pager
"""
WRONG = SPEC.replace("fleet: support", "fleet: support\nfleets: support")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a spec of one alert, and what is generated from it."""
    spec = tmp_path / "watch/agents.yaml"
    spec.parent.mkdir()
    spec.write_text(SPEC)
    others = [one.name for one in load_spec(spec).alerts if one.name != "TasksFailing"][1:]
    spec.write_text(SPEC + "alerts:\n" + "".join(f"  {name}: false\n" for name in others))
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    done = shell("agentgauge generate watch/agents.yaml --out watch", tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def shell(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script as GitHub does."""
    # Beside the repository, where nothing of it is found.
    bin_ = folder.parent / f"{folder.name}-bin"
    bin_.mkdir(exist_ok=True)
    program = bin_ / "agentgauge"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m agentgauge "$@"\n')
    program.chmod(0o755)
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder, capture_output=True, text=True, check=False,
        env={
            **os.environ, **environment,
            "PATH": f"{bin_}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
        },
    )  # fmt: skip


# ---- the GitHub Action ---------------------------------------------------------------------------


def steps(**inputs: str) -> list[dict[str, Any]]:
    """Give the action's steps that run something of ours, with inputs put in."""
    values = {name: str(one["default"]) for name, one in ACTION["inputs"].items()} | inputs
    found = []
    for step in ACTION["runs"]["steps"]:
        if "run" not in step or "pip install" in step["run"]:
            continue
        needed = re.fullmatch(r"inputs\.(\S+) == '(\S+)'", step.get("if", ""))
        assert ("if" in step) == bool(needed)
        if needed and values[needed[1]] != needed[2]:
            continue
        found.append({**step, "env": {k: filled(v, values) for k, v in step["env"].items()}})
    return found


def filled(text: str, values: dict[str, str]) -> str:
    """Put inputs and the action's folder into a value, as GitHub does."""
    known = {"github.action_path": str(ROOT), **{f"inputs.{k}": v for k, v in values.items()}}
    return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: known[found[1]], text)


def acted(repository: Path, **inputs: str) -> list[tuple[str, int, str]]:
    """Run the action: each step's name, exit code and output, up to the first that fails."""
    done = []
    for step in steps(**inputs):
        result = shell(step["run"], repository, **step["env"])
        done.append((step["name"], result.returncode, result.stdout))
        if result.returncode:
            break
    return done


HERE = {"spec": "watch/agents.yaml", "out": "watch"}


def test_the_action_passes_where_everything_is_right(repository: Path) -> None:
    done = acted(repository, **HERE)

    assert [(name, code) for name, code, _ in done] == [
        ("Install Prometheus and Alertmanager", 0),
        ("Lint", 0),
        ("Compare", 0),
        ("Prove", 0),
    ]
    assert "rules (100%)" in done[-1][2]


def test_the_action_marks_mistakes_where_they_stand(repository: Path) -> None:
    (repository / "watch/agents.yaml").write_text(WRONG)

    name, code, said = acted(repository, **HERE, prove="false")[-1]

    assert (name, code) == ("Lint", 1)
    assert said.startswith("::error file=watch/agents.yaml,line=3,col=1,")


def test_the_action_tells_what_an_edit_that_was_not_generated_means(repository: Path) -> None:
    spec = repository / "watch/agents.yaml"
    spec.write_text(spec.read_text().replace("localhost:9/", "localhost:8/"))

    name, code, said = acted(repository, **HERE, prove="false")[-1]

    assert (name, code) == ("Compare", 1)
    assert said == (
        "changed: watch/alerts/alertmanager.yml\n".replace("watch/", "") + "receivers\n"
        "  ~ pager\n"
        "      webhook_configs[1].url: http://localhost:9/ → http://localhost:8/\n"
    )


def test_the_action_installs_what_it_runs() -> None:
    (install,) = (s for s in ACTION["runs"]["steps"] if "pip install" in s.get("run", ""))
    assert install["run"].endswith('"${SOURCE}[generate]"')
    assert install["env"] == {"SOURCE": "${{ github.action_path }}"}


def test_the_actions_commands_take_inputs_from_the_environment_only() -> None:
    """Else an input would be code."""
    assert [s for s in ACTION["runs"]["steps"] if "${{" in s.get("run", "")] == []


# ---- pre-commit ----------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_passes_a_right_spec_and_stops_a_wrong_one(
    hook: dict[str, Any], repository: Path
) -> None:
    folder = repository / "watch"
    assert shell(hook["entry"], folder).returncode == 0

    (folder / "agents.yaml").write_text(WRONG)

    assert shell(hook["entry"], folder).returncode == 1


def test_hooks_run_when_what_they_look_at_changes() -> None:
    files = {hook["id"]: re.compile(hook["files"]) for hook in HOOKS}

    def run_for(path: str) -> list[str]:
        return [name for name, pattern in files.items() if pattern.search(path)]

    assert run_for("agents.yaml") == ["agentgauge-check", "agentgauge-generate"]
    assert run_for("watch/agents.yml") == ["agentgauge-check", "agentgauge-generate"]
    assert run_for("dashboards/a.json") == ["agentgauge-generate"]
    assert run_for("src/myagents.yaml.py") == []
