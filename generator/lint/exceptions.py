"""Exceptions from the lint: the file `.lint` beside the spec, in the form of dashboard-linter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from generator.lint.finding import Finding, Rule
from spec.problems import SpecError, nearest
from spec.yaml_tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from spec.node import Node
    from spec.problems import Mark, Problem

FILE = ".lint"

MALFORMED = Rule("lint-file", "error", "The file of exceptions says what it means.")
WITHOUT_REASON = Rule("exception-without-reason", "error", "Every exception says why it is one.")
UNUSED = Rule("exception-unused", "warning", "Every exception excepts something.")
RULES = (MALFORMED, WITHOUT_REASON, UNUSED)

_MANY = 10
_SECTIONS = ("exclusions", "warnings")
_OF_RULE = ("reason", "entries")
# The original reads `targetidx`, and its documentation says `targetIdx`.
_TARGETS = ("targetIdx", "targetidx")
_OF_ENTRY = ("reason", "dashboard", "panel", *_TARGETS, "alert", "path")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is excepted: all that is set must fit. `mark` and `where` are its place in the file."""

    mark: Mark
    where: str
    dashboard: str = ""
    panel: str = ""
    target: str = ""
    alert: str = ""
    path: str = ""

    def fits(self, finding: Finding) -> bool:
        """Tell whether a finding is meant."""
        about = finding.subject
        name = about.uid.partition("-")[2]
        target = "" if about.target is None else str(about.target)
        return (
            self.dashboard in ("", about.dashboard, about.uid, name)
            and self.panel in ("", about.panel)
            and self.target in ("", target)
            and self.alert in ("", about.alert)
            and (not self.path or f"{finding.path}.".startswith(f"{self.path}."))
        )


@dataclass(frozen=True, slots=True)
class Excepted:
    """All entries for a rule; `excludes`, or else makes a warning of it."""

    rule: str
    excludes: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Exceptions:
    """What a file of exceptions says, and what is wrong with it."""

    all: tuple[Excepted, ...] = ()
    wrong: tuple[Finding, ...] = ()

    def apply(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Leave out what is excepted, lower what is to be a warning, and note what was idle."""
        used: set[Entry] = set()
        for finding in findings:
            fitting = [
                (one.excludes, entry)
                for one in self.all
                if one.rule == finding.rule
                for entry in one.entries
                if entry.fits(finding)
            ]
            used |= {entry for _, entry in fitting}
            if not any(excludes for excludes, _ in fitting):
                yield replace(finding, severity="warning") if fitting else finding
        idle = [e for one in self.all for e in one.entries if e not in used]
        for entry in idle:
            message = "excepts nothing"
            yield _finding(UNUSED, entry.mark, entry.where, message, "remove it")
        yield from self.wrong


def read_exceptions(folder: Path, rules: Collection[str]) -> Exceptions:
    """Read the file of exceptions in a folder; without one there are none.

    What is wrong in it is among the findings that it gives.
    """
    path = folder / FILE
    if not path.is_file():
        return Exceptions()
    try:
        root, problems = read_tree(path)
    except SpecError as error:
        return Exceptions(wrong=tuple(map(_malformed, error.problems)))
    wrong = [_malformed(problem) for problem in problems]
    found: list[Excepted] = []
    for section in _mapping(root, _SECTIONS, wrong):
        of = root.at((section,))
        for rule in _mapping(of, tuple(rules), wrong):
            entries = tuple(_entries(of, rule, wrong))
            found.append(Excepted(rule, section == "exclusions", entries))
    return Exceptions(tuple(found), tuple(wrong))


def _entries(of: Node, rule: str, wrong: list[Finding]) -> Iterator[Entry]:
    """Read what is said of a rule; without entries it is excepted everywhere."""
    node, mark = of.at((rule,)), of.keys[rule]
    where = ".".join(node.path)
    _mapping(node, _OF_RULE, wrong)
    reason = _text(node, "reason")
    entries = node.get("entries")
    if entries is None:
        if not reason:
            wrong.append(_reasonless(mark, where))
        yield Entry(mark, where)
        return
    for entry in entries.elements():
        path = ".".join(entry.path)
        _mapping(entry, _OF_ENTRY, wrong)
        if not reason and not _text(entry, "reason"):
            wrong.append(_reasonless(entry.mark, path))
        yield Entry(
            entry.mark,
            path,
            _text(entry, "dashboard"),
            _text(entry, "panel"),
            next((text for key in _TARGETS if (text := _text(entry, key))), ""),
            _text(entry, "alert"),
            _text(entry, "path"),
        )


def _mapping(node: Node, known: tuple[str, ...], wrong: list[Finding]) -> list[str]:
    """Name the known keys of a mapping; note the others, and what is no mapping."""
    if not isinstance(node.value, dict):
        if node.value is not None:
            hint = f"it takes {', '.join(known)}" if len(known) < _MANY else ""
            wrong.append(_malformed(node.problem("must be a mapping", hint)))
        return []
    for key in (key for key in node.value if key not in known):
        problem = node.key_problem(key, "is not known here", nearest(key, known))
        wrong.append(_malformed(problem))
    return [key for key in node.value if key in known]


def _text(node: Node, key: str) -> str:
    found = node.get(key)
    return (found.text() or "").strip() if found else ""


def _reasonless(mark: Mark, where: str) -> Finding:
    return _finding(WITHOUT_REASON, mark, where, "has no reason", "add reason: why it is so")


def _malformed(problem: Problem) -> Finding:
    return _finding(MALFORMED, problem.mark, problem.path, problem.message, problem.hint)


def _finding(rule: Rule, mark: Mark, path: str, message: str, hint: str) -> Finding:
    return Finding(mark, path, message, hint, rule.name, rule.severity)
