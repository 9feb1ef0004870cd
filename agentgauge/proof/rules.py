"""The proof of rules: every case holds, and every rule has cases that would notice a mistake."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentgauge.proof.mutants import MISTAKES, Excused, Mutant, mutants
from agentgauge.proof.promtool import Trial, judge
from agentgauge.proof.result import Coverage, Failure
from generator.cases import sort_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from agentgauge.proof.mutants import Mutant as _Mutant
    from agentgauge.proof.rule_files import Rule, RuleFiles, Tests

_FILE_NAME = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True, slots=True)
class RuleProof:
    """What came of it. `excused` are mistakes that can't be made in some rule, each with why."""

    failures: tuple[Failure, ...]
    coverage: tuple[Coverage, ...]
    excused: tuple[Excused, ...]


def prove_rules(
    rules: RuleFiles,
    sorts: Mapping[str, frozenset[str]],
    folder: Path,
    progress: Callable[[int], None],
    promtool: str,
) -> RuleProof:
    """Run every test file, then every mutant against the tests of its alert.

    Args:
        rules: The rules and their tests.
        sorts: The sorts of cases that each alert must have; an alert that is not here needs none.
        folder: Where files may be written.
        progress: Told how many more trials are done; see `trials_in` for how many there are.
        promtool: The program.
    """
    whole = [_trial(f"cases.{tests.file}", tests, rules) for tests in rules.tests]
    verdicts = judge(whole, folder, progress, promtool)
    failures = [
        Failure(f"alerts/tests/{one.trial.tests.file}", one.said)
        for one in verdicts
        if not one.holds
    ]
    made = [made for rule in rules.alerts for made in mutants(rule)]
    pairs = [
        (mutant, tests)
        for mutant in made
        if isinstance(mutant, Mutant)
        for tests in rules.tests
        if mutant.of.name in tests.alerts
    ]
    trials = [
        _trial(f"mutant.{number}.{tests.file}", tests, rules, mutant)
        for number, (mutant, tests) in enumerate(pairs)
    ]
    judged = judge(trials, folder, progress, promtool)
    noticed = {id(mutant) for (mutant, _), one in zip(pairs, judged, strict=True) if not one.holds}
    survivors = [m for m in made if isinstance(m, Mutant) and id(m) not in noticed]
    failures += [_survived(mutant) for mutant in survivors]
    failures += _lacking(rules, sorts)
    unproven = {(m.of.name, m.of.tier) for m in survivors} | set(_without_firing(rules))
    return RuleProof(
        tuple(failures),
        (
            Coverage("alerts", *_alerts(rules, unproven, sorts)),
            Coverage("alerting rules", len(rules.alerts) - len(unproven), len(rules.alerts)),
            Coverage("recording rules", *_recordings(rules)),
            Coverage("mistakes noticed", len(noticed), len(noticed) + len(survivors)),
        ),
        tuple(one for one in made if isinstance(one, Excused)),
    )


def trials_in(rules: RuleFiles) -> int:
    """Count the trials that a proof of these rules takes."""
    speaking = Counter(alert for tests in rules.tests for alert in tests.alerts)
    return len(rules.tests) + sum(
        speaking[rule.name]
        for rule in rules.alerts
        for made in mutants(rule)
        if isinstance(made, Mutant)
    )


def _trial(name: str, tests: Tests, rules: RuleFiles, mutant: _Mutant | None = None) -> Trial:
    alerts = [rule for rule in rules.alerts if rule.name in tests.alerts]
    read = rules.read_by([*(rule.expr for rule in alerts), *tests.queried])
    if mutant:
        alerts = [mutant.rule if rule is mutant.of else rule for rule in alerts]
    plain = _FILE_NAME.sub("_", name.removesuffix(".yaml"))
    return Trial(plain, tests, read, tuple(alerts))


def _survived(mutant: _Mutant) -> Failure:
    return Failure(
        _told(mutant.of),
        f"no case fails with {MISTAKES[mutant.mistake]}: its cases prove too little",
    )


def _told(rule: Rule) -> str:
    return f"{rule.name} (tier {rule.tier})" if rule.tier else rule.name


def _without_firing(rules: RuleFiles) -> Iterator[tuple[str, str]]:
    """Name the rules that no case expects to fire, each by alert and tier."""
    for rule in rules.alerts:
        fired = (labels for tests in rules.tests for labels in tests.expected(rule.name))
        if not any(labels.get("tier", "") == rule.tier for labels in fired):
            yield rule.name, rule.tier


def _lacking(rules: RuleFiles, sorts: Mapping[str, frozenset[str]]) -> Iterator[Failure]:
    """Tell of rules that no case speaks of, and of alerts that lack a sort of case."""
    for name, tier in _without_firing(rules):
        told = f"{name} (tier {tier})" if tier else name
        yield Failure(told, "has no case in which it fires")
    for name in dict.fromkeys(rule.name for rule in rules.alerts):
        for sort in sorted(_missing(name, rules, sorts)):
            yield Failure(name, f"has no case of the sort `{sort}`")
    for rule in _unread(rules):
        yield Failure(rule.name, "is recorded, and no case reads it")


def _missing(alert: str, rules: RuleFiles, sorts: Mapping[str, frozenset[str]]) -> set[str]:
    there = {sort_of(name) for tests in rules.tests for name in tests.names(alert)}
    return set(sorts.get(alert, ())) - there


def _alerts(
    rules: RuleFiles, unproven: Iterable[tuple[str, str]], sorts: Mapping[str, frozenset[str]]
) -> tuple[int, int]:
    names = {rule.name for rule in rules.alerts}
    bad = {name for name, _ in unproven} | {n for n in names if _missing(n, rules, sorts)}
    return len(names - bad), len(names)


def _unread(rules: RuleFiles) -> list[Rule]:
    """Give the recordings that neither an alert with cases nor a case itself reads."""
    tested = {alert for tests in rules.tests for alert in tests.alerts}
    exprs = [rule.expr for rule in rules.alerts if rule.name in tested]
    exprs += [name for tests in rules.tests for name in tests.queried]
    read = {id(rule) for rule in rules.read_by(exprs)}
    return [rule for rule in rules.recordings if id(rule) not in read]


def _recordings(rules: RuleFiles) -> tuple[int, int]:
    return len(rules.recordings) - len(_unread(rules)), len(rules.recordings)
