"""The file `.lint`: what it excepts, and what is wrong with it."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.generator.lint.linted import PLANTED, make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.generator.lint.linted import Made

PANEL = "dashboards.mine.rows.0.panels.0.query.expr"
SPEC = """\
version: 1
fleet: planted
sources:
  - {file: /var/log/*.jsonl, preset: ./own.yaml}
oncall:
  receivers: {team: {slack: {channel: "#agents", api_url_file: /run/secrets/slack}}}
  default: team
dashboards:
  mine:
    title: Mine
    rows:
      - title: One
        panels:
          - title: Raw
            description: Raw.
            show: stat
            unit: short
            query: {expr: "sum(agent_tasks_total{$matchers})"}
"""
RAW = (
    f"agents.yaml:18:32: {PANEL}: reads the counter agent_tasks_total as it is: it only grows, and "
    "restarts from 0; read increase(agent_tasks_total[…]) or rate(agent_tasks_total[…]) "
    "[target-counter-agg-rule]"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("excepted")
    (folder / "own.yaml").write_bytes((PLANTED / "own.yaml").read_bytes())
    (folder / "agents.yaml").write_text(SPEC, encoding="utf-8")
    with chdir(folder):
        yield make(Path("agents.yaml"))


def found(made: Made, text: str) -> list[str]:
    Path(".lint").write_text(text, encoding="utf-8")
    return [str(one) for one in made.lint()]


def entries(*lines: str) -> str:
    start = (
        "exclusions:\n  target-counter-agg-rule:\n    reason: It never restarts.\n    entries:\n"
    )
    return start + "".join(f"      - {line}\n" for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        entries("{dashboard: Mine (planted), panel: Raw}"),
        entries('{dashboard: Mine (planted), panel: Raw, targetIdx: "0"}'),
        entries("{dashboard: planted-mine, targetidx: 0}"),
        entries("{dashboard: mine}"),
        entries("{path: dashboards.mine}"),
        "exclusions:\n  target-counter-agg-rule: {reason: It never restarts.}\n",
        "exclusions:\n  target-counter-agg-rule:\n    entries: [{panel: Raw, reason: So.}]\n",
    ],
)
def test_what_is_excepted_is_not_found(text: str, made: Made) -> None:
    assert found(made, text) == []


@pytest.mark.parametrize(
    "entry",
    [
        "{dashboard: Other, panel: Raw}",
        "{dashboard: mine, panel: Other}",
        '{dashboard: mine, targetIdx: "1"}',
        "{alert: Raw}",
        "{path: dashboards.min}",
    ],
)
def test_an_entry_excepts_only_what_it_names_and_is_found_where_it_is_idle(
    entry: str, made: Made
) -> None:
    where = "exclusions.target-counter-agg-rule.entries.0"
    idle = f".lint:5:9: {where}: warning: excepts nothing; remove it [exception-unused]"
    assert found(made, entries(entry)) == [idle, RAW]


def test_what_is_to_be_a_warning_is_one(made: Made) -> None:
    text = "warnings:\n  target-counter-agg-rule: {reason: Being mended.}\n"
    assert found(made, text) == [RAW.replace("reads the counter", "warning: reads the counter")]


def test_an_exception_needs_a_reason(made: Made) -> None:
    text = "exclusions:\n  target-counter-agg-rule:\n  metric-unknown: {entries: [{alert: A}]}\n"
    reason = "has no reason; add reason: why it is so [exception-without-reason]"
    idle = "warning: excepts nothing; remove it [exception-unused]"
    assert found(made, text) == [
        f".lint:2:3: exclusions.target-counter-agg-rule: {reason}",
        f".lint:3:30: exclusions.metric-unknown.entries.0: {idle}",
        f".lint:3:30: exclusions.metric-unknown.entries.0: {reason}",
    ]


def test_what_is_not_understood_is_told_with_its_place(made: Made) -> None:
    text = (
        "exclusion: {}\n"
        "exclusions:\n"
        "  target-counter-agg: {reason: r}\n"
        "  target-counter-agg-rule: {reason: r, entires: []}\n"
        "warnings: [1]\n"
    )
    unknown, rule = "is not known here; did you mean", "exclusions.target-counter-agg"
    assert found(made, text) == [
        f".lint:1:1: exclusion: {unknown} 'exclusions'? [lint-file]",
        f".lint:3:3: {rule}: {unknown} 'target-counter-agg-rule'? [lint-file]",
        f".lint:4:40: {rule}-rule.entires: {unknown} 'entries'? [lint-file]",
        ".lint:5:11: warnings: must be a mapping [lint-file]",
    ]


def test_a_file_that_is_no_yaml_excepts_nothing_and_is_told(made: Made) -> None:
    broken, finding = found(made, "exclusions: [")
    assert broken.startswith(".lint:2:1: ")
    assert broken.endswith(" [lint-file]")
    assert finding == RAW
