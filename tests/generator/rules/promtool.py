"""The real promtool, run on what the generator makes."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

from agentgauge.servers import PROMTOOL
from generator.resolve import resolve
from generator.targets import rule_tests, rules, runbooks
from tests.servers import find

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
    """Generate, check the rules and run their tests; fail with what promtool says.

    Each alert is tested with its own rules alone: promtool evaluates all that it is given.
    """
    model = resolve(spec)
    write(generated(model), folder)
    for number, proven in enumerate(model.alerts):
        alone = replace(model, alerts=(proven,), records=(), recordings=())
        write(generated(alone), folder / f"alone-{number}")
    for number, record in enumerate(model.records):
        alone = replace(model, alerts=(), records=(record,), recordings=())
        write(generated(alone), folder / f"alone-record-{number}")
    for done in (run(folder, "check", "rules"), run(folder, "test", "tests", "alone-*/alerts")):
        assert done.returncode == 0, done.stdout + done.stderr


def run(
    folder: Path, verb: str, what: str, within: str = "alerts"
) -> subprocess.CompletedProcess[str]:
    """Run `promtool <verb> rules` on all files below `alerts/<what>`, or below other folders."""
    program = find(PROMTOOL)
    files = sorted(str(path) for path in folder.glob(f"{within}/{what}/*.yaml"))
    return subprocess.run(
        [program, verb, "rules", *files], capture_output=True, text=True, check=False
    )
