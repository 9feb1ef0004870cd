"""The real promtool, run on what the generator makes."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from generator.resolve import resolve
from generator.targets import rule_tests, rules, runbooks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from generator.model import Artefact, Model
    from spec.model import Spec


def generated(model: Model) -> dict[str, str]:
    """Give all files of the alerting half, by path."""
    targets = (rules.artefacts, rule_tests.artefacts, runbooks.artefacts)
    artefacts: Iterable[Artefact] = (made for target in targets for made in target(model))
    return {artefact.path: artefact.text for artefact in artefacts}


def write(files: dict[str, str], folder: Path) -> None:
    """Put files below a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def prove(spec: Spec, folder: Path) -> None:
    """Generate, check the rules and run their tests; fail with what promtool says."""
    write(generated(resolve(spec)), folder)
    for done in (run(folder, "check", "rules"), run(folder, "test", "tests")):
        assert done.returncode == 0, done.stdout + done.stderr


def run(folder: Path, verb: str, what: str) -> subprocess.CompletedProcess[str]:
    """Run `promtool <verb> rules` on all files below `alerts/<what>`."""
    program = shutil.which("promtool")
    if program is None:
        pytest.fail("promtool is not installed: apt-get install -y prometheus")
    files = sorted(str(path) for path in (folder / "alerts" / what).glob("*.yaml"))
    return subprocess.run(
        [program, verb, "rules", *files], capture_output=True, text=True, check=False
    )
