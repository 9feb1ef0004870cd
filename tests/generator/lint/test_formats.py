"""Findings in every format: whole outputs, and what their readers ask of them."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from generator.lint.finding import Finding, Subject
from generator.lint.formats import FORMATS
from generator.lint.run import RULES
from spec.problems import Mark

FOUND = (
    Finding(Mark("agents.yaml"), "oncall", "nobody is told anything", "", "nobody-told", "warning"),
    Finding(
        Mark("agents.yaml", 12, 5),
        "alerts.A.expr",
        "reads x, 100% new:\nof it",
        "try y",
        "metric-unknown",
        "error",
        Subject(alert="A"),
    ),
)

# What SARIF 2.1.0 asks of the parts that are written; nothing else may be there.
TEXT = {"type": "string", "minLength": 1}
MESSAGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": TEXT},
    "additionalProperties": False,
}


def closed(required: tuple[str, ...], **properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


POSITIVE = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = closed(
    ("id",), id=TEXT, shortDescription=MESSAGE, defaultConfiguration=closed((), level=LEVEL)
)
PHYSICAL = closed(
    ("artifactLocation",),
    artifactLocation=closed((), uri={"type": "string", "pattern": r"^[^\s\\]+$"}),
    region=closed((), startLine=POSITIVE, startColumn=POSITIVE),
)
RESULT = closed(
    ("message",),
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=MESSAGE,
    locations={"type": "array", "items": closed((), physicalLocation=PHYSICAL)},
)
DRIVER = closed(("name",), name=TEXT, rules={"type": "array", "items": RULE, "uniqueItems": True})
RUN = closed(
    ("tool",),
    tool=closed(("driver",), driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)
SARIF = closed(
    ("version", "runs"),
    **{"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": RUN}},
)


def test_people_get_a_line_each() -> None:
    assert FORMATS["text"](FOUND[:1], RULES) == (
        "agents.yaml: oncall: warning: nobody is told anything [nobody-told]\n"
    )


def test_json_holds_all_that_is_known() -> None:
    assert json.loads(FORMATS["json"](FOUND, RULES)) == {
        "errors": 1,
        "warnings": 1,
        "findings": [
            {
                "rule": "nobody-told",
                "severity": "warning",
                "file": "agents.yaml",
                "line": 0,
                "column": 0,
                "path": "oncall",
                "message": "nobody is told anything",
                "hint": "",
            },
            {
                "rule": "metric-unknown",
                "severity": "error",
                "file": "agents.yaml",
                "line": 12,
                "column": 5,
                "path": "alerts.A.expr",
                "message": "reads x, 100% new:\nof it",
                "hint": "try y",
                "alert": "A",
            },
        ],
    }


def test_github_gets_commands_of_one_line() -> None:
    assert FORMATS["github"](FOUND, RULES) == (
        "::warning file=agents.yaml,title=nobody-told::oncall: nobody is told anything\n"
        "::error file=agents.yaml,line=12,col=5,title=metric-unknown::"
        "alerts.A.expr: reads x, 100%25 new:%0Aof it; try y\n"
    )


def test_sarif_is_valid_and_each_result_names_its_rule() -> None:
    written: Any = json.loads(FORMATS["sarif"](FOUND, RULES))
    Draft202012Validator(SARIF).validate(written)
    (run,) = written["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.name for rule in RULES]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == [
        "nobody-told",
        "metric-unknown",
    ]
    assert [r["locations"][0]["physicalLocation"].get("region") for r in run["results"]] == [
        None,
        {"startLine": 12, "startColumn": 5},
    ]


def test_nothing_found_is_still_a_whole_document() -> None:
    assert FORMATS["text"]((), RULES) == FORMATS["github"]((), RULES) == ""
    assert json.loads(FORMATS["json"]((), RULES))["findings"] == []
    assert json.loads(FORMATS["sarif"]((), RULES))["runs"][0]["results"] == []
