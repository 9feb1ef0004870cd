"""Findings for people and for machines: lines, JSON, SARIF and GitHub's workflow commands."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from generator.lint.finding import Finding, Rule

    Writer = Callable[[Sequence[Finding], Sequence[Rule]], str]

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def text(findings: Sequence[Finding], _rules: Sequence[Rule]) -> str:
    """Write a line each, as compilers do."""
    return "".join(f"{finding}\n" for finding in findings)


def as_json(findings: Sequence[Finding], _rules: Sequence[Rule]) -> str:
    """Write all that is known of each finding."""
    counts = {
        f"{severity}s": sum(one.severity == severity for one in findings)
        for severity in ("error", "warning")
    }
    whole = {**counts, "findings": [_plain(finding) for finding in findings]}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def sarif(findings: Sequence[Finding], rules: Sequence[Rule]) -> str:
    """Write SARIF 2.1.0, which code hosts and editors show beside the lines."""
    driver = {
        "name": "agentgauge",
        "rules": [
            {
                "id": rule.name,
                "shortDescription": {"text": rule.asks},
                "defaultConfiguration": {"level": rule.severity},
            }
            for rule in rules
        ],
    }
    numbers = {rule.name: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, numbers) for finding in findings],
    }
    whole = {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def github(findings: Sequence[Finding], _rules: Sequence[Rule]) -> str:
    """Write workflow commands, which GitHub shows as annotations of a change."""
    return "".join(f"{_command(finding)}\n" for finding in findings)


FORMATS: dict[str, Writer] = {"text": text, "json": as_json, "sarif": sarif, "github": github}


def _plain(finding: Finding) -> dict[str, Any]:
    about = finding.subject
    subject = {
        "alert": about.alert,
        "dashboard": about.dashboard,
        "panel": about.panel,
        "target": about.target,
    }
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "file": finding.mark.file,
        "line": finding.mark.line,
        "column": finding.mark.column,
        "path": finding.path,
        "message": finding.message,
        "hint": finding.hint,
        **{key: value for key, value in subject.items() if value not in ("", None)},
    }


def _said(finding: Finding) -> str:
    where = f"{finding.path}: " if finding.path else ""
    return f"{where}{finding.message}{f'; {finding.hint}' if finding.hint else ''}"


def _result(finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    mark = finding.mark
    place: dict[str, Any] = {"artifactLocation": {"uri": PurePath(mark.file).as_posix()}}
    if mark.line:
        place["region"] = {"startLine": mark.line, "startColumn": mark.column}
    return {
        "ruleId": finding.rule,
        "ruleIndex": numbers[finding.rule],
        "level": finding.severity,
        "message": {"text": _said(finding)},
        "locations": [{"physicalLocation": place}],
    }


def _command(finding: Finding) -> str:
    mark = finding.mark
    places = {"file": mark.file, "line": mark.line, "col": mark.column, "title": finding.rule}
    settings = ",".join(f"{key}={_setting(str(value))}" for key, value in places.items() if value)
    return f"::{finding.severity} {settings}::{_data(_said(finding))}"


def _data(text_: str) -> str:
    """Write a text as the command's message: a line's end would end the command."""
    return text_.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _setting(text_: str) -> str:
    return _data(text_).replace(":", "%3A").replace(",", "%2C")
