"""promtool as the judge: many test files, each with just the rules that it needs, side by side."""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from agentgauge.proof.rule_files import Rule, Tests

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_FILE = re.compile(r"^Unit Testing:\s+(.+?)\s*$", re.MULTILINE)
# Since 3.0 it names no files: then its outcomes stand in their order.
_OUTCOME = re.compile(r"^  (?=(?:SUCCESS|FAILED:)$)", re.MULTILINE)
# Files a process: enough to make up for its start, few enough for a progress bar to move.
_BATCH = 8


@dataclass(frozen=True, slots=True)
class Trial:
    """Tests with the rules that they are run against; `name` is unique, and a file's name."""

    name: str
    tests: Tests
    recordings: tuple[Rule, ...]
    alerts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What promtool says of a trial; `said` is "" where everything holds."""

    trial: Trial
    holds: bool
    said: str


def judge(
    trials: Sequence[Trial], folder: Path, progress: Callable[[int], None], promtool: str
) -> tuple[Verdict, ...]:
    """Run trials, as many at a time as there are processors.

    Only the rules that a trial needs are written for it: promtool evaluates every rule of every
    group at each step, so that all rules for all tests would take the square of the time.

    Args:
        trials: What to run.
        folder: Where files may be written.
        progress: Told how many more trials are done.
        promtool: The program.
    """
    for trial in trials:
        _write(trial, folder)
    batches = [trials[at : at + _BATCH] for at in range(0, len(trials), _BATCH)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = []
        for batch in pool.map(lambda some: _run(some, folder, promtool), batches):
            verdicts += batch
            progress(len(batch))
    return tuple(verdicts)


def _write(trial: Trial, folder: Path) -> None:
    groups = {"recording": trial.recordings, "alerts": trial.alerts}
    rules = {
        "groups": [
            {"name": name, "rules": [dict(rule.spelled) for rule in some]}
            for name, some in groups.items()
            if some
        ]
    }
    tests = {
        "rule_files": [f"{trial.name}.rules.yaml"],
        "evaluation_interval": trial.tests.interval,
        "group_eval_order": [name for name, some in groups.items() if some],
        "tests": [dict(case) for case in trial.tests.cases],
    }
    _dump(rules, folder / f"{trial.name}.rules.yaml")
    _dump(tests, folder / f"{trial.name}.yaml")


def _dump(document: Mapping[str, object], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(document, file, Dumper=_DUMPER, sort_keys=False, allow_unicode=True)


def _run(trials: Iterable[Trial], folder: Path, promtool: str) -> list[Verdict]:
    """Run one process; it says file by file what it found."""
    some = list(trials)
    done = subprocess.run(
        [promtool, "test", "rules", *(f"{trial.name}.yaml" for trial in some)],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    said = _by_file(done.stdout, [f"{trial.name}.yaml" for trial in some])
    verdicts = []
    for trial in some:
        # A file that promtool did not come to has not been proven.
        text = said.get(f"{trial.name}.yaml", done.stdout.strip() or "promtool said nothing of it")
        holds = text == "SUCCESS"
        verdicts.append(Verdict(trial, holds, "" if holds else text))
    return verdicts


def _by_file(output: str, files: Sequence[str]) -> dict[str, str]:
    """Take promtool's output apart; empty where it has another number of outcomes than of files."""
    parts = _FILE.split(output)
    if len(parts) > 1:
        return {file: text.strip() for file, text in zip(parts[1::2], parts[2::2], strict=True)}
    outcomes = [text.strip() for text in _OUTCOME.split(output)[1:]]
    return dict(zip(files, outcomes, strict=True)) if len(outcomes) == len(files) else {}
