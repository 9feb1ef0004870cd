"""The whole proof of a spec: rules, on-call and mappings, in one result."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agentgauge.proof.mappings import mapping_tests, prove_mapping
from agentgauge.proof.oncall import prove_oncall
from agentgauge.proof.result import Coverage, Failure
from agentgauge.proof.rule_files import read_rules
from agentgauge.proof.rules import prove_rules, trials_in
from generator.rules import sorts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from agentgauge.proof.mutants import Excused
    from agentgauge.proof.rule_files import RuleFiles
    from generator.model import Model
    from spec.model import Spec


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the proof: `name` for people, and how much of it holds."""

    name: str
    holds: bool
    said: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven, what not, and what could not be got wrong in the first place."""

    steps: tuple[Step, ...]
    failures: tuple[Failure, ...]
    coverage: tuple[Coverage, ...]
    excused: tuple[Excused, ...]

    @property
    def holds(self) -> bool:
        """Whether everything was proven and nothing is left without a case."""
        return not self.failures and all(one.full for one in self.coverage)


@dataclass(frozen=True, slots=True)
class Tools:
    """The judges' programs."""

    promtool: str
    amtool: str


class Prover:
    """Proves what a folder holds: `alerts` is that of the rules, tests and Alertmanager's files."""

    def __init__(self, spec: Spec, model: Model, alerts: Path, tools: Tools) -> None:
        self._spec, self._model, self._alerts, self._tools = spec, model, alerts, tools
        self.rules: RuleFiles = read_rules(alerts)
        self._mappings = mapping_tests(spec)

    @property
    def work(self) -> int:
        """How many trials there are in all, for a progress bar."""
        return trials_in(self.rules) + len(self._mappings)

    def prove(self, progress: Callable[[int], None]) -> Proof:
        """Run everything.

        Raises:
            agentgauge.proof.oncall.Missing: Alertmanager or amtool is not installed.
        """
        steps: list[Step] = []
        failures: list[Failure] = []
        rules = [str(path.resolve()) for path in sorted((self._alerts / "rules").glob("*.yaml"))]
        for name, argv in (
            ("rules", [self._tools.promtool, "check", "rules", *rules]),
            ("routes", [self._tools.amtool, "check-config", "alertmanager.yml"]),
        ):
            said = _complaint(argv, self._alerts)
            steps.append(Step(name, not said, f"{Path(argv[0]).name} {argv[1]}"))
            failures += [Failure(name, said)] if said else []
        with tempfile.TemporaryDirectory() as folder:
            proven = prove_rules(
                self.rules, self._sorts(), Path(folder), progress, self._tools.promtool
            )
        cases = sum(len(tests.cases) for tests in self.rules.tests)
        steps.append(Step("cases", not proven.failures, f"{cases} of alerts and recordings"))
        mappings = list(self._prove_mappings(progress))
        steps.append(Step("mappings", not mappings, f"{len(self._mappings)} tests"))
        oncall = prove_oncall(self._alerts)
        wrong = [Failure(one.name, one.detail) for one in oncall.results if not one.ok]
        steps.append(Step("on-call", not wrong, f"{len(oncall.results)} cases"))
        covered = [Coverage(one.what, one.covered, one.of) for one in oncall.coverage]
        lacking = [
            Failure(name, f"is one of the {one.what}, and no case proves it")
            for one in oncall.coverage
            for name in one.lacking
        ]
        return Proof(
            tuple(steps),
            (*failures, *proven.failures, *mappings, *wrong, *lacking),
            (*proven.coverage, *covered),
            proven.excused,
        )

    def _sorts(self) -> Mapping[str, frozenset[str]]:
        return {
            proven.alert.name: frozenset[str](sorts(proven.alert.condition))
            for proven in self._model.alerts
        }

    def _prove_mappings(self, progress: Callable[[int], None]) -> Iterator[Failure]:
        for source, test in self._mappings:
            failure = prove_mapping(source, test, self._spec)
            if failure:
                yield failure
            progress(1)


def _complaint(argv: list[str], folder: Path) -> str:
    """Run a judge; give what it says where it finds fault, else nothing."""
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip() if done.returncode else ""
