"""What `generate` does on disk, and what `--check` says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator.model import Artefact
from generator.output import LIST, drift, unified, write

RULES, BOARD = Artefact("alerts/rules/a.yaml", "one\n"), Artefact("dashboards/a.json", "{}\n")
ROOT = Path(__file__).parents[3]


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agentgauge", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_everything_is_written_and_then_nothing_differs(tmp_path: Path) -> None:
    changed = write([RULES, BOARD], tmp_path)

    assert changed == (LIST, RULES.path, BOARD.path)
    assert drift([RULES, BOARD], tmp_path) == ()
    assert write([RULES, BOARD], tmp_path) == ()


def test_drift_names_only_what_differs_and_how(tmp_path: Path) -> None:
    write([RULES, BOARD], tmp_path)
    (tmp_path / RULES.path).write_text("two\n")
    (tmp_path / BOARD.path).unlink()
    (tmp_path / "dashboards/mine.json").write_text("{}")

    found = drift([RULES, BOARD], tmp_path)

    assert [(d.path, d.how) for d in found] == [
        (RULES.path, "changed"),
        (BOARD.path, "missing"),
        ("dashboards/mine.json", "stray"),
    ]


def test_what_was_written_once_is_removed_and_a_strangers_file_is_not(tmp_path: Path) -> None:
    write([RULES, BOARD], tmp_path)
    stranger = tmp_path / "dashboards/mine.json"
    stranger.write_text("{}")

    assert write([RULES], tmp_path) == (LIST, BOARD.path)

    assert not (tmp_path / BOARD.path).exists()
    assert stranger.exists()


def test_a_list_that_was_tampered_with_removes_nothing_outside(tmp_path: Path) -> None:
    write([RULES], tmp_path)
    outside = tmp_path / "precious.txt"
    outside.write_text("keep")
    (tmp_path / LIST).write_text("alerts/../precious.txt\n/etc/hostname\nprecious.txt\n")

    write([RULES], tmp_path)

    assert outside.exists()
    assert Path("/etc/hostname").exists()


def test_a_failure_half_way_leaves_the_old_files_whole(tmp_path: Path) -> None:
    write([RULES], tmp_path)
    # A folder stands where a file should be staged, after the first was staged already.
    (tmp_path / "dashboards/.a.json.new").mkdir(parents=True)

    with pytest.raises(OSError):  # noqa: PT011 (which one is the system's affair)
        write([Artefact(RULES.path, "two\n"), BOARD], tmp_path)

    assert (tmp_path / RULES.path).read_text() == "one\n"
    assert not (tmp_path / "alerts/rules/.a.yaml.new").exists()


def test_the_diff_goes_from_the_disk_to_the_spec(tmp_path: Path) -> None:
    write([RULES], tmp_path)
    (tmp_path / RULES.path).write_text("two\n")

    assert unified(drift([RULES], tmp_path)) == (
        "--- a/alerts/rules/a.yaml\n+++ b/alerts/rules/a.yaml\n@@ -1 +1 @@\n-two\n+one\n"
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "agents.yaml").write_text((ROOT / "agents.yaml").read_text())
    done = run("generate", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_the_committed_tree_is_what_the_spec_gives() -> None:
    done = run("generate", "--check", cwd=ROOT)

    assert (done.returncode, done.stdout) == (0, "")


def test_generating_twice_gives_the_same_bytes(tree: Path) -> None:
    before = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}

    assert run("generate", cwd=tree).stdout == ""

    assert {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()} == before


def test_a_resolved_spec_is_a_spec_that_gives_the_same_bytes(tree: Path) -> None:
    resolved = run("check", "--resolved", cwd=tree).stdout
    assert "CircuitBreakerTripping:" in resolved

    (tree / "agents.yaml").write_text(resolved)

    assert run("generate", "--check", cwd=tree).stdout == ""


def test_a_row_takes_the_place_of_the_one_of_its_title(tree: Path) -> None:
    spec = tree / "agents.yaml"
    mine = "{title: Volume, panels: [{title: Mine, show: text, options: {content: x}}]}"
    spec.write_text(spec.read_text() + f"\ndashboards: {{fleet: {{rows: [{mine}]}}}}\n")

    run("generate", cwd=tree)

    board = json.loads(next((tree / "dashboards").glob("*-fleet.json")).read_text())
    titles = [panel["title"] for panel in board["panels"]]
    assert titles.count("Volume") == 1
    assert titles[titles.index("Volume") + 1] == "Mine"
    assert "Tasks by agent" not in titles
    assert titles.index("Volume") < titles.index("Success and duration")


def test_check_names_the_files_that_an_edit_of_the_spec_changes_and_no_others(tree: Path) -> None:
    spec = tree / "agents.yaml"
    spec.write_text(spec.read_text() + "\nalerts: {CircuitBreakerTripping: {above: 9}}\n")

    done = run("generate", "--check", cwd=tree)

    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "changed: alerts/rules/agents.alerts.yaml",
        "changed: alerts/runbooks/CircuitBreakerTripping.md",
        "changed: alerts/tests/agents.CircuitBreakerTripping.yaml",
    ]


def test_check_names_an_edited_and_a_stray_file(tree: Path) -> None:
    board = next((tree / "dashboards").glob("*-fleet.json"))
    board.write_text(board.read_text().replace("Fleet", "Float", 1))
    (tree / "alerts/rules/mine.yaml").write_text("groups: []\n")

    done = run("generate", "--check", cwd=tree)

    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "stray: alerts/rules/mine.yaml",
        f"changed: dashboards/{board.name}",
    ]


def test_a_spec_with_problems_changes_nothing(tree: Path) -> None:
    before = {path: path.read_bytes() for path in tree.rglob("*.json")}
    spec = tree / "agents.yaml"
    spec.write_text(spec.read_text().replace("limit: 50", "limit: -50"))

    done = run("generate", cwd=tree)

    assert done.returncode == 1
    assert "agents.yaml:" in done.stderr
    assert "limit: must be more than 0, not -50" in done.stderr
    assert {path: path.read_bytes() for path in tree.rglob("*.json")} == before
