"""What `generate` does on disk, and what `--check` says of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generator.model import Artefact
from generator.output import LIST, drift, kept, unified, write
from generator.words import LINE, with_room

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


MIXIN = Artefact("mixin/mixin.libsonnet", "{}\n")


def test_a_folder_that_nobody_asked_for_is_not_the_generators(tmp_path: Path) -> None:
    mine = tmp_path / "mixin/mine.libsonnet"
    mine.parent.mkdir()
    mine.write_text("{}")

    assert write([RULES], tmp_path) == (LIST, RULES.path)
    assert drift([RULES], tmp_path) == ()

    assert write([RULES, MIXIN], tmp_path) == (LIST, MIXIN.path)
    assert [d.path for d in drift([RULES, MIXIN], tmp_path)] == ["mixin/mine.libsonnet"]


def test_what_is_no_longer_asked_for_is_named_and_then_removed(tmp_path: Path) -> None:
    write([RULES, MIXIN], tmp_path)

    found = drift([RULES], tmp_path)
    assert [(d.path, d.how) for d in found] == [(LIST, "changed"), (MIXIN.path, "stray")]

    assert write([RULES], tmp_path) == (LIST, MIXIN.path)
    assert not (tmp_path / MIXIN.path).exists()


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


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    (folder / "agents.yaml").write_text((ROOT / "agents.yaml").read_text())
    done = run("generate", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def tree(generated: Path, tmp_path: Path) -> Path:
    shutil.copytree(generated, tmp_path, dirs_exist_ok=True)
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
        "changed: mixin/alerts/alerts.libsonnet",
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


# ---- people's words ------------------------------------------------------------------------------

BOOK = Artefact("alerts/runbooks/A.md", with_room("# A\n\nWhat it means."))
NEWER = Artefact(BOOK.path, with_room("# A\n\nWhat it means now."))
WORDS = "Call Ada first.\n\n<!-- yours -->\nSecond thoughts.\n"


def test_what_people_write_below_the_line_stays_and_is_no_drift(tmp_path: Path) -> None:
    write([BOOK], tmp_path)
    page = tmp_path / BOOK.path
    page.write_text(page.read_text() + WORDS)

    assert drift([BOOK], tmp_path) == ()
    assert write([BOOK], tmp_path) == ()
    assert [d.how for d in drift([NEWER], tmp_path)] == ["changed"]
    assert write([NEWER], tmp_path) == (BOOK.path,)
    assert page.read_text() == f"# A\n\nWhat it means now.\n\n<!-- yours -->\n{WORDS}"


def test_what_people_write_above_the_line_is_drift_and_is_taken_back(tmp_path: Path) -> None:
    write([BOOK], tmp_path)
    page = tmp_path / BOOK.path
    page.write_text(page.read_text().replace("What it means.", "Mine.") + WORDS)

    assert [d.how for d in drift([BOOK], tmp_path)] == ["changed"]
    write([BOOK], tmp_path)

    assert page.read_text() == BOOK.text + WORDS


def test_words_that_are_not_utf_8_come_back_as_they_were(tmp_path: Path) -> None:
    write([BOOK], tmp_path)
    page = tmp_path / BOOK.path
    page.write_bytes(BOOK.text.encode() + b"caf\xe9\n")

    assert drift([BOOK], tmp_path) == ()
    write([NEWER], tmp_path)

    assert page.read_bytes() == NEWER.text.encode() + b"caf\xe9\n"
    assert "caf?" in unified(drift([BOOK], tmp_path))


def test_a_page_with_words_outlives_its_alert_and_one_without_does_not(tmp_path: Path) -> None:
    bare = Artefact("alerts/runbooks/B.md", with_room("# B"))
    write([BOOK, bare, RULES], tmp_path)
    page = tmp_path / BOOK.path
    page.write_text(page.read_text() + WORDS)
    (tmp_path / bare.path).write_text(bare.text + "\n  \n")

    assert kept([RULES], tmp_path) == (BOOK.path,)
    assert write([RULES], tmp_path) == (LIST, bare.path)
    assert page.read_text() == BOOK.text + WORDS
    assert [(d.path, d.how) for d in drift([RULES], tmp_path)] == [(BOOK.path, "stray")]

    assert write([BOOK, RULES], tmp_path) == (LIST,)
    assert page.read_text() == BOOK.text + WORDS


def test_a_page_has_one_line_whatever_stands_above_it() -> None:
    assert with_room(f"# A\n\n{LINE}\nMine?").count(LINE) == 1


def test_generate_says_which_page_it_keeps_for_its_words(tree: Path) -> None:
    page = tree / "alerts/runbooks/CircuitBreakerTripping.md"
    page.write_text(page.read_text() + WORDS)
    spec = tree / "agents.yaml"
    spec.write_text(spec.read_text() + "\nalerts: {CircuitBreakerTripping: false}\n")

    done = run("generate", cwd=tree)

    assert done.returncode == 0
    assert (
        "alerts/runbooks/CircuitBreakerTripping.md is not needed any more, but it holds words of "
        "yours: kept\n" in done.stderr
    )
    assert page.read_text().endswith(WORDS)
