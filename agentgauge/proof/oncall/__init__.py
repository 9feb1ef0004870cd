"""Proof of on-call: who is told, what is silenced and muted, and how messages read.

A real Alertmanager judges, on the configuration as it is on disk; only its receivers are replaced,
so that nobody is woken.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from agentgauge.proof.oncall.cases import CASES, read_cases
from agentgauge.proof.oncall.coverage import cover, telling
from agentgauge.proof.oncall.judge import judge
from agentgauge.proof.oncall.messages import render
from agentgauge.proof.oncall.playing import play
from agentgauge.proof.oncall.report import Covered, Report, Result
from agentgauge.servers import ALERTMANAGER, AMTOOL

if TYPE_CHECKING:
    from agentgauge.servers import Program

__all__ = ["CASES", "Covered", "Missing", "Report", "Result", "prove_oncall"]


class Missing(Exception):  # noqa: N818 (it names what it is)
    """A program that is needed is not installed; the message says what brings it."""


def prove_oncall(folder: Path) -> Report:
    """Prove what a folder holds: `alertmanager.yml`, `templates/` and `oncall-tests.yaml`.

    Raises:
        Missing: Alertmanager or amtool is not installed.
        OSError: a file can't be read.
        RuntimeError: Alertmanager does not start on the configuration, or gives no answer.
    """
    alertmanager, amtool = _found(ALERTMANAGER), _found(AMTOOL)
    text = (folder / "alertmanager.yml").read_text(encoding="utf-8")
    config: dict[str, Any] = yaml.safe_load(text)
    cases = read_cases(folder / CASES)
    with TemporaryDirectory() as scratch:
        outcomes = play(config, cases, alertmanager, Path(scratch))
        messages = render(config, cases, folder, amtool, Path(scratch))
    told = telling(config)
    results = tuple(
        judge(case, outcomes[case.number], messages.get(case.number), told) for case in cases
    )
    return Report(results, cover(config, cases, outcomes, messages))


def _found(program: Program) -> str:
    path = program.find()
    if path is None:
        raise Missing(program.missing())
    return path
