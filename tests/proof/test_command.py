"""`agentgauge test` proves what is on disk, and ends with 1 where something is not proven."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from spec.layers import catalogue

ROOT = Path(__file__).parents[2]
KEPT = {"ExporterDown", "RejectsRising"}
TESTS = "alerts/tests/small.RejectsRising.yaml"


def spec() -> dict[str, object]:
    """A fleet with two alerts: proving all of the catalogue would take long."""
    alerts = catalogue("alerts").get("alerts")
    names = [name for name, _ in alerts.items()] if alerts else []
    return {
        "version": 1,
        "fleet": "small",
        "sources": [{"file": "a.jsonl", "preset": "aider"}],
        "alerts": {name: False for name in names if name not in KEPT},
        "oncall": {"receivers": {"hook": {"webhook": {"url": "http://localhost/"}}},
                   "default": "hook"},
    }  # fmt: skip


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    (folder / "agents.yaml").write_text(yaml.safe_dump(spec()))
    assert run(folder, "generate").returncode == 0
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agentgauge", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_what_was_generated_is_proven_and_all_of_it_is_covered(
    generated: Path, tmp_path: Path
) -> None:
    junit = tmp_path / "junit.xml"
    done = run(generated, "test", "--junit", str(junit))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("proving the files in alerts\n")
    shares = [line for line in done.stdout.splitlines() if line.endswith("%)")]
    assert shares
    assert all(line.endswith("(100%)") for line in shares), shares
    suite = ET.fromstring(junit.read_text())  # noqa: S314 - our own file
    assert suite.get("failures") == "0"


def test_a_case_that_is_removed_is_missed(generated: Path) -> None:
    path = generated / TESTS
    whole = path.read_text()
    tests = yaml.safe_load(whole)
    tests["tests"] = [one for one in tests["tests"] if not one["name"].startswith("fires")]
    path.write_text(yaml.safe_dump(tests, sort_keys=False))
    try:
        done = run(generated, "test")
    finally:
        path.write_text(whole)
    assert done.returncode == 1
    assert "RejectsRising:\n  has no case of the sort `fires`" in done.stdout
    assert f"{TESTS} is not what agents.yaml says; `agentgauge generate` mends it" in done.stderr


def test_files_that_are_not_what_the_spec_says_fail_the_proof(generated: Path) -> None:
    path = generated / "alerts/runbooks/RejectsRising.md"
    whole = path.read_text()
    path.write_text(whole.replace("# RejectsRising", "# Another"))
    try:
        done = run(generated, "test")
        fresh = run(generated, "test", "--fresh")
    finally:
        path.write_text(whole)
    assert done.returncode == 1
    assert "RejectsRising.md is not what agents.yaml says" in done.stderr
    assert (fresh.returncode, fresh.stdout.partition("\n")[0]) == (0, "proving agents.yaml")


def test_a_program_that_is_not_installed_is_named_with_what_brings_it(
    generated: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agentgauge", "test"], cwd=generated, capture_output=True,
        text=True, check=False, env={"PATH": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 1
    assert "promtool is not installed: apt-get install -y prometheus" in done.stderr
