"""What each judge is asked, and what it found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from tools.judges.programs import (
    ALERTMANAGER,
    BINARIES,
    CACHE,
    DASHBOARD_LINTER,
    MIXTOOL,
    PINS,
    PINT,
    PROMETHEUS,
    mixtool,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

# Of a long report, how many lines are shown: its summary stands at the end.
_LAST = 25
_NOTHING: Mapping[str, str] = MappingProxyType({})
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge, what it was asked, and what it found: nothing where it is content.

    `asked` is False for a judge that cannot be had here.
    """

    judge: str
    version: str
    about: str
    findings: str
    asked: bool = True

    def told(self) -> str:
        """Give it as a line, and its findings below."""
        outcome = "findings:" if self.findings else "ok" if self.asked else "not asked"
        line = f"{self.judge:16} {self.version:17} {self.about}: {outcome}"
        return f"{line}\n{self.findings}" if self.findings else line


def verdicts(root: Path) -> Iterable[Verdict]:
    """Ask every judge about the files that were generated into `root`."""
    yield _promtool(root, "rules", "check", "rules", "--lint=all", "--lint-fatal", *_rules(root))
    yield _promtool(root, "configuration", "check", "config", "alerts/prometheus.yml")
    amtool = [BINARIES / "amtool", "check-config", "alerts/alertmanager.yml"]
    yield Verdict("amtool", ALERTMANAGER.version, "routes", _findings(amtool, root))
    yield _proof(root)
    yield _dashboard_linter(root)
    yield _pint(root)
    if (root / "mixin").is_dir():
        yield _mixtool(root)


def _promtool(root: Path, about: str, *arguments: str) -> Verdict:
    command = [BINARIES / "promtool", *arguments]
    return Verdict("promtool", PROMETHEUS.version, about, _findings(command, root))


def _proof(root: Path) -> Verdict:
    """Prove alerts and routes by `agentgauge test`, with the servers and tools of today.

    promtool alone would do, but takes minutes: it evaluates all rules for the cases of each.
    """
    command = [sys.executable, "-m", "agentgauge", "test", "agents.yaml", "--out", "."]
    today = {
        f"AGENTGAUGE_{name.upper()}": str(BINARIES / name)
        for name in ("prometheus", "promtool", "alertmanager", "amtool")
    }
    said = _findings(command, root, {**today, "PYTHONPATH": str(CACHE.parent)})
    judges = f"{PROMETHEUS.version} and {ALERTMANAGER.version}"
    return Verdict("agentgauge test", judges, "proof", "\n".join(said.splitlines()[-_LAST:]))


def _dashboard_linter(root: Path) -> Verdict:
    """Ask for each dashboard; exceptions, with their reasons, stand in the `.lint` beside it."""
    linter = BINARIES / "dashboard-linter"
    said = [
        _findings([linter, "lint", "--strict", path], root)
        for path in _files(root, "dashboards/*.json")
    ]
    # It prints the title of each rule that it applies; a finding begins with a mark in brackets.
    every = "\n".join(filter(None, said))
    found = dict.fromkeys(line for line in every.splitlines() if line.startswith("["))
    findings = "\n".join(found) or every
    return Verdict("dashboard-linter", DASHBOARD_LINTER.version, "dashboards", findings)


def _pint(root: Path) -> Verdict:
    """Ask without a Prometheus; exceptions, with their reasons, stand in pint.hcl."""
    command = [
        BINARIES / "pint", "--no-color", "--offline", "--log-level=error",
        f"--config={PINS / 'pint/pint.hcl'}",
        "lint", "--min-severity=info", "--fail-on=info", "alerts/rules",
    ]  # fmt: skip
    return Verdict("pint", PINT.version, "rules", _findings(command, root))


def _mixtool(root: Path) -> Verdict:
    program = mixtool()
    if program is None:
        return Verdict("mixtool", MIXTOOL[:7], "mixin (Go cannot get it here)", "", asked=False)
    found = _findings([program, "lint", "mixin/mixin.libsonnet"], root)
    return Verdict("mixtool", MIXTOOL[:7], "mixin", found)


def _findings(
    command: Sequence[object], root: Path, environment: Mapping[str, str] = _NOTHING
) -> str:
    """Run a judge; give what it says where it is not content."""
    done = subprocess.run(
        list(map(str, command)), cwd=root, env={**os.environ, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = _COLOUR.sub("", done.stdout + done.stderr).strip()
    return (said or f"exit code {done.returncode}") if done.returncode else ""


def _rules(root: Path) -> list[str]:
    return _files(root, "alerts/rules/*.yaml")


def _files(root: Path, pattern: str) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.glob(pattern))
