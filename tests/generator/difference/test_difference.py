"""`generate --diff`: what an edit of the spec means, in the words of those who review it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner

from agentgauge.cli import main
from generator.difference import meaning, told
from generator.difference.expressions import expression_changes
from generator.model import Artefact
from generator.output import LIST, drift, write

if TYPE_CHECKING:
    from pathlib import Path

RULES = "alerts/rules/support.alerts.yaml"
ONCALL = "alerts/alertmanager.yml"
BOARD = "dashboards/support-fleet.json"


def difference(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> str:
    """Write some files, ask for others, and tell the difference."""
    write(artefacts(old), folder)
    return told(meaning(drift(artefacts(new), folder)))


def artefacts(files: dict[str, Any]) -> list[Artefact]:
    return [Artefact(path, text(path, content)) for path, content in files.items()]


def text(path: str, content: object) -> str:
    if isinstance(content, str):
        return content
    return json.dumps(content) if path.endswith(".json") else yaml.safe_dump(content)


def group(*rules: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"groups": [{"name": "support", "rules": [*rules], **more}]}


def low(expr: str = "agent:success:ratio < 0.8", **more: object) -> dict[str, Any]:
    return {
        "alert": "SuccessLow",
        "expr": expr,
        "labels": {"severity": "warning"},
        "annotations": {"summary": "Low.", "description": "It should be 80%."},
        **more,
    }


# ---- rules ---------------------------------------------------------------------------------------


def test_no_difference_is_no_text(tmp_path: Path) -> None:
    assert difference(tmp_path, {RULES: group(low())}, {RULES: group(low())}) == ""


def test_an_alerts_changes_are_told_from_what_to_what(tmp_path: Path) -> None:
    other = low(
        "agent:success:ratio < 0.9",
        labels={"severity": "critical", "team": "a"},
        annotations={"summary": "Low.", "description": "It should be 90%."},
        **{"for": "30m"},
    )

    assert difference(tmp_path, {RULES: group(low())}, {RULES: group(other)}) == (
        "alerts\n"
        "  ~ SuccessLow\n"
        "      threshold: 0.8 → 0.9\n"
        "      for: 0s → 30m\n"
        "      severity: warning → critical\n"
        "      team: none → a\n"
        "      description: text changed\n"
    )


def test_alerts_and_recordings_come_and_go(tmp_path: Path) -> None:
    record = {"record": "agent:x:sum", "expr": "sum by (agent) (\n  x\n)"}
    new = low("agent:x:sum > 5", alert="TooMany", **{"for": "5m"})

    assert difference(tmp_path, {RULES: group(low())}, {RULES: group(record, new)}) == (
        "alerts\n"
        "  + TooMany\n"
        "      severity: warning\n"
        "      expression: agent:x:sum > 5\n"
        "      for: 5m\n"
        "  - SuccessLow\n"
        "recordings\n"
        "  + agent:x:sum\n"
        "      expression: sum by (agent) ( x )\n"
    )


def test_the_tiers_of_one_alert_are_told_apart(tmp_path: Path) -> None:
    fast, slow = (
        low(f"budget > {bound}", labels={"tier": tier})
        for tier, bound in (("fast", 2), ("slow", 5))
    )
    slower = low("budget > 6", labels={"tier": "slow"})

    assert difference(tmp_path, {RULES: group(fast, slow)}, {RULES: group(fast, slower)}) == (
        "alerts\n  ~ SuccessLow slow\n      threshold: 5 → 6\n"
    )


def test_a_groups_interval_is_told(tmp_path: Path) -> None:
    old, new = ({RULES: group(low(), interval=every)} for every in ("15s", "1m"))

    assert difference(tmp_path, old, new) == "groups\n  ~ support\n      interval: 15s → 1m\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("a < 0.8", "a < 0.9", ["threshold: 0.8 → 0.9"]),
        ("a > 25 / 24", "a > 2", ["threshold: 25 / 24 → 2"]),
        ("a < 1 and b >= 10", "a < 1 and b >= 20", ["minimum: 10 → 20"]),
        ("a < 1", "a > 1", ["comparison: < → >"]),
        ("rate(a[5m]) / rate(b[5m])", "rate(a[1h]) / rate(b[1h])", ["window: 5m → 1h"]),
        ("x:y:increase15m > 1", "x:y:increase1h > 1", ["window: 15m → 1h"]),
        ("x:y:p99_15m > 1", "x:z:p99_15m > 1", ["reads: x:y:p99_15m → x:z:p99_15m"]),
        ('a{b="c > 1"}', 'a{b="d"}', ['selects: "c > 1" → "d"']),
        ("a + b", "a - b", ["expression was: a + b", "expression is:  a - b"]),
        ("a", "sum(\n  a\n)", ["expression was: a", "expression is:  sum( a )"]),
        ("sum(a)", "sum (\n  a\n)", []),
    ],
)
def test_what_changed_in_an_expression_is_named(old: str, new: str, said: list[str]) -> None:
    assert list(expression_changes(old, new)) == said


# ---- on-call -------------------------------------------------------------------------------------

OLD_ONCALL = {
    "route": {
        "receiver": "team",
        "group_wait": "30s",
        "group_by": ["alertname"],
        "routes": [
            {"receiver": "pager", "matchers": ['severity="critical"']},
            {"receiver": "team", "matchers": ['team="a"'], "routes": [{"receiver": "pager"}]},
        ],
    },
    "inhibit_rules": [
        {"source_matchers": ['a="1"'], "target_matchers": ['b="2"'], "equal": ["fleet"]}
    ],
    "receivers": [{"name": "team", "slack_configs": [{"channel": "#a"}]}, {"name": "pager"}],
    "templates": ["templates/*.tmpl"],
}
NEW_ONCALL = {
    "route": {
        "receiver": "team",
        "group_wait": "1m",
        "group_by": ["alertname", "fleet"],
        "routes": [
            {"receiver": "team", "matchers": ['severity="critical"']},
            {"receiver": "team", "matchers": ['team="a"'], "routes": [{"receiver": "chief"}]},
            {"receiver": "team", "matchers": ['severity="info"'], "mute_time_intervals": ["night"]},
        ],
    },
    "inhibit_rules": [
        {"source_matchers": ['a="1"'], "target_matchers": ['b="2"'], "equal": ["fleet", "agent"]}
    ],
    "receivers": [{"name": "team", "slack_configs": [{"channel": "#b"}]}, {"name": "chief"}],
    "time_intervals": [{"name": "night"}],
    "templates": ["templates/a.tmpl", "templates/b.tmpl"],
}


def test_routes_receivers_and_inhibitions_are_told(tmp_path: Path) -> None:
    assert difference(tmp_path, {ONCALL: OLD_ONCALL}, {ONCALL: NEW_ONCALL}) == (
        "routes\n"
        "  ~ default\n"
        "      group_by: alertname → alertname, fleet\n"
        "      group_wait: 30s → 1m\n"
        '  ~ severity="critical"\n'
        "      receiver: pager → team\n"
        '  ~ team="a" / everything else\n'
        "      receiver: pager → chief\n"
        '  + severity="info"\n'
        "inhibitions\n"
        '  ~ a="1" silences b="2"\n'
        "      equal: fleet → fleet, agent\n"
        "receivers\n"
        "  ~ team\n"
        "      slack_configs[1].channel: #a → #b\n"
        "  + chief\n"
        "  - pager\n"
        "mute times\n"
        "  + night\n"
        "on-call\n"
        "  ~ alertmanager.yml\n"
        "      templates: templates/*.tmpl → templates/a.tmpl, templates/b.tmpl\n"
    )


# ---- dashboards ----------------------------------------------------------------------------------


def panel(title: str, y: int = 0, **more: object) -> dict[str, Any]:
    return {
        "title": title,
        "type": "stat",
        "gridPos": {"x": 0, "y": y},
        "description": "Says it.",
        "targets": [{"refId": "A", "expr": "rate(a[5m])", "legendFormat": "{{agent}}"}],
        "fieldConfig": {"defaults": {"unit": "s"}},
        **more,
    }


def board(*panels: dict[str, Any], **more: object) -> dict[str, Any]:
    variables = [{"name": "agent", "query": "label_values(a, agent)"}]
    return {
        "title": "Fleet",
        "panels": [{"type": "row", "title": "Now"}, *panels],
        "templating": {"list": variables},
        **more,
    }


def test_panels_come_and_go_and_change(tmp_path: Path) -> None:
    steps = [{"color": "green", "value": None}, {"color": "red", "value": 5}]
    old = board(panel("One"), panel("Two"), panel("Three"), panel("Four"))
    new = board(
        panel(
            "One",
            type="gauge",
            targets=[
                {"refId": "A", "expr": "rate(a[1h])", "legendFormat": "{{agent}}"},
                {"refId": "B", "expr": "b"},
            ],
            fieldConfig={"defaults": {"unit": "ms", "thresholds": {"steps": steps}}},
        ),
        panel("Two", 7, description="Says more.", options={"x": 1}),
        panel("Four", 7),
        panel("New"),
        refresh="5s",
        templating={"list": [{"name": "agent", "query": "x"}, {"name": "job"}]},
    )

    assert difference(tmp_path, {BOARD: old}, {BOARD: new}) == (
        "dashboards\n"
        "  ~ Fleet\n"
        "      refresh: none → 5s\n"
        "  ~ Fleet: panel Now / One\n"
        "      visualisation: stat → gauge\n"
        "      window: 5m → 1h\n"
        "      query B: new\n"
        "      unit: s → ms\n"
        "      thresholds: none → green, red from 5\n"
        "      options changed\n"
        "  ~ Fleet: panel Now / Two\n"
        "      description: text changed\n"
        "      options changed\n"
        "  + Fleet: panel Now / New\n"
        "      visualisation: stat\n"
        "      query A: rate(a[5m])\n"
        "  - Fleet: panel Now / Three\n"
        "  ~ Fleet: 2 panels moved\n"
        "  ~ Fleet: variable agent\n"
        "      query: label_values(a, agent) → x\n"
        "  + Fleet: variable job\n"
    )


def test_whole_dashboards_come_and_go(tmp_path: Path) -> None:
    other = {"dashboards/other.json": board(panel("One"), panel("Two"), title="Other")}

    assert difference(tmp_path, {BOARD: board(panel("One"))}, other) == (
        "dashboards\n  + Other, of 2 panels\n  - Fleet, of 1 panel\n"
    )


# ---- other files ---------------------------------------------------------------------------------


def test_of_texts_it_is_only_told_that_they_changed(tmp_path: Path) -> None:
    old = {"alerts/runbooks/A.md": "one\n", "alerts/tests/B.yaml": "tests: []\n"}
    new = {"alerts/runbooks/A.md": "two\n", "alerts/runbooks/C.md": "new\n"}

    assert difference(tmp_path, old, new) == (
        "alerts/runbooks/\n  ~ A.md: text changed\n  + C.md\nalerts/tests/\n  - B.yaml\n"
    )


def test_a_file_that_differs_in_form_alone_is_not_a_change_of_meaning(tmp_path: Path) -> None:
    old = f"# by hand\n{yaml.safe_dump(group(low()))}"

    assert difference(tmp_path, {RULES: old}, {RULES: group(low())}) == (
        f"written otherwise, of the same meaning\n  ~ {RULES}\n"
    )


def test_a_case_stays_the_same_where_another_alert_opened_a_group(tmp_path: Path) -> None:
    paths = "alerts/tests/support.A.yaml", "alerts/tests/support.B.yaml"
    old, new = ({"group_eval_order": order, "tests": [{}]} for order in (["a"], ["a", "b"]))

    assert difference(tmp_path, dict.fromkeys(paths, old), dict.fromkeys(paths, new)) == (
        "written otherwise, of the same meaning\n  ~ alerts/tests/: 2 files\n"
    )


def test_strangers_are_named_as_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards/mine.json").write_text("{}")

    assert difference(tmp_path, {RULES: group(low())}, {RULES: group(low())}) == (
        "strangers, left alone\n  ~ dashboards/mine.json\n"
    )


@pytest.mark.parametrize(
    "broken",
    [
        "groups: [",
        "- a list\n",
        "",
        "\x00",
        "{",
        "groups: 5",
        "groups: [{}]",
        "groups: [{rules: 1}]",
    ],
)
def test_a_file_that_cannot_be_read_counts_as_one_that_is_not_there(
    broken: str, tmp_path: Path
) -> None:
    write(artefacts({RULES: group(low())}), tmp_path)
    (tmp_path / RULES).write_text(broken)
    (tmp_path / LIST).unlink()

    assert told(meaning(drift(artefacts({RULES: group(low())}), tmp_path))) == (
        "alerts\n  + SuccessLow\n      severity: warning\n"
        "      expression: agent:success:ratio < 0.8\n"
    )


# ---- the command ---------------------------------------------------------------------------------

SPEC = """\
version: 1
fleet: support
sources:
  - {file: /var/log/agents/**/*.jsonl, preset: hardened-agent}
"""


def run(*arguments: str, cwd: Path) -> tuple[int, str]:
    command = ["generate", str(cwd / "agents.yaml"), "--out", str(cwd), *arguments]
    done = CliRunner().invoke(main, command)
    return done.exit_code, done.stdout


def test_the_command_tells_meaning_and_shows_lines_where_asked(tmp_path: Path) -> None:
    (tmp_path / "agents.yaml").write_text(SPEC)
    assert run(cwd=tmp_path)[0] == 0
    assert run("--diff", cwd=tmp_path) == (0, "")
    (tmp_path / "agents.yaml").write_text(
        SPEC + "alerts:\n  TaskSuccessRateLow: {below: 90%, for: 30m}\n"
    )

    code, said = run("--diff", cwd=tmp_path)
    assert code == 1
    assert said.startswith(
        "alerts\n"
        "  ~ TaskSuccessRateLow\n"
        "      threshold: 0.8 → 0.9\n"
        "      for: 5m → 30m\n"
        "      description: text changed\n"
    )
    code, lines = run("--unified", cwd=tmp_path)
    assert code == 1
    assert "-          agent:" in lines
    assert run("--diff", "--unified", cwd=tmp_path) == (1, said + lines)
