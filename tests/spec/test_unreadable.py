"""A spec that can't be read gives one clear sentence and exit code 1, whatever the verb."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERBS = (("check",), ("generate",), ("export", "--once"), ("up",))
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
FILES = {
    "directory": (None, "agents.yaml: cannot be read: is a directory"),
    "broken": (b"a: [\n", "agents.yaml:2:1: is not valid YAML: did not find expected node content"),
    "bomb": (
        BOMB.encode(),
        "agents.yaml:5:25: grows to more than 50000 values through its aliases or size",
    ),
    "latin-1": (b"fleet: caf\xe9\n", "agents.yaml:1:11: is not UTF-8 text"),
    "empty": (b"", "agents.yaml: is empty; start with `version: 1`"),
    "list": (b"- a\n", "agents.yaml:1:1: must be a mapping; start with `version: 1`"),
}  # fmt: skip


def run(verb: tuple[str, ...], folder: Path, *more: str) -> tuple[int, str]:
    """Run a verb in a folder; give its exit code and all that it said."""
    command = [sys.executable, "-m", "agentgauge", *verb, *more]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
@pytest.mark.parametrize("kind", FILES)
def test_a_spec_of_this_kind_is_told_in_one_sentence(
    verb: tuple[str, ...], kind: str, tmp_path: Path
) -> None:
    data, said = FILES[kind]
    spec = tmp_path / "agents.yaml"
    if data is None:
        spec.mkdir()
    else:
        spec.write_bytes(data)
    code, output = run(verb, tmp_path)
    assert (code, output.removesuffix("1 problem found\n")) == (1, f"{said}\n")


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_a_missing_spec_is_told_with_what_writes_one(verb: tuple[str, ...], tmp_path: Path) -> None:
    said = "cannot be read: no such file or directory; `agentgauge init` writes a first one\n"
    code, output = run(verb, tmp_path)
    assert (code, output.removesuffix("1 problem found\n")) == (1, f"agents.yaml: {said}")


@pytest.mark.parametrize(
    ("preset", "said"),
    [
        ("adier", "--preset: there is no preset \"adier\"; did you mean 'aider'?\n"),
        ("missing.yaml", "--preset: missing.yaml cannot be read: no such file or directory\n"),
        ("./log", "log:1:1: must be a mapping, not a list\n"),
    ],
)
def test_a_preset_that_cannot_be_read_is_told(preset: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("- a\n", encoding="utf-8")
    assert run(("export", "--once", "--preset", preset), tmp_path, "log") == (1, said)
