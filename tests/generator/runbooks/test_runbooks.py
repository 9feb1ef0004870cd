"""Runbooks and the handbook of the shipped fleet: whole, and right in what they ask and name."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from agentgauge.servers import PROMTOOL
from generator.resolve import resolve
from generator.targets import runbooks
from generator.words import LINE
from spec.load import load_spec
from tests import servers

if TYPE_CHECKING:
    from generator.model import Model

ROOT = Path(__file__).parents[3]
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Escalation", "Links"]
HANDBOOK = [
    "Overview", "Monitoring", "Incidents", "Troubleshooting", "Configuration", "Escalation",
    "Appendix: commands", "Appendix: event types",
]  # fmt: skip
METRIC = re.compile(r"\b(?:agentgauge|agent|mcp|circuit)_\w+")
LABEL = re.compile(r"\bby \(([^)]*)\)|[{,](\w+)(?==)")


@cache
def model() -> Model:
    return resolve(load_spec(ROOT / "agents.yaml"))


@cache
def pages() -> dict[str, str]:
    return {Path(a.path).name: a.text for a in runbooks.artefacts(model())}


def headings(page: str) -> list[str]:
    return re.findall(r"^## (.+)$", page, re.MULTILINE)


def queries() -> dict[str, str]:
    """Give what is to be pasted, by the place where it stands."""
    return {
        f"{name}:{number}": query
        for name, page in pages().items()
        for number, query in enumerate(
            re.findall(r"^ *```promql\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL)
        )
    }


def test_every_alert_has_a_page_with_all_sections_and_words_in_each() -> None:
    for proven in model().alerts:
        page = pages()[f"{proven.alert.name}.md"]
        assert headings(page) == SECTIONS, proven.alert.name
        for part in re.split(r"^## .+$", page, flags=re.MULTILINE)[1:]:
            assert part.strip(), proven.alert.name


def test_every_alert_that_pages_says_whom_to_call() -> None:
    pages_ = [p.alert for p in model().alerts if p.alert.severity in ("critical", "emergency")]
    assert [alert.name for alert in pages_ if not alert.runbook.escalation] == []


def test_a_page_that_names_nobody_leads_to_the_handbooks_escalation() -> None:
    silent = next(p.alert.name for p in model().alerts if not p.alert.runbook.escalation)
    assert (
        "## Escalation\n\nSee [who is told what](README.md#escalation)." in pages()[f"{silent}.md"]
    )
    assert "\n## Escalation\n" in pages()["README.md"]


def test_every_page_ends_with_room_for_peoples_words() -> None:
    for name, page in pages().items():
        assert page.endswith(f"\n\n{LINE}\n"), name
        assert page.count(LINE) == 1, name


def test_promtool_reads_every_query_of_every_page(tmp_path: Path) -> None:
    rules = [{"record": "q:q:q", "labels": {"at": at}, "expr": q} for at, q in queries().items()]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    done = subprocess.run(
        [servers.find(PROMTOOL), "check", "rules", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_every_query_asks_for_metrics_and_labels_that_there_are() -> None:
    families = model().families
    recordings = [r for proven in model().alerts for r in proven.recordings]
    recorded = {recording.record for recording in recordings}
    labels = {"__name__", "fleet", "instance", "job", "le", "alertname"}
    labels |= {label for family in families.values() for label in family.labels}
    labels |= {label for recording in recordings for label in recording.labels}
    for at, query in queries().items():
        plain = re.sub(r"^ *#.*$", "", query, flags=re.MULTILINE)
        for record in recorded:
            plain = plain.replace(record, "")
        for metric in METRIC.findall(plain):
            part = re.sub(r"_(bucket|sum|count)$", "", metric)
            assert {metric, part} & {*families, *labels}, f"{at}: {metric}"
        named = {name.strip() for by, one in LABEL.findall(plain) for name in (*by.split(","), one)}
        assert {name for name in named if name} <= labels, at


def test_links_between_pages_lead_somewhere() -> None:
    known = pages()
    for name, page in known.items():
        for target in re.findall(r"\]\((\w+\.md)", page):
            assert target in known, f"{name} -> {target}"


def test_the_handbook_has_its_sections_and_every_alert_once() -> None:
    page = pages()["README.md"]
    assert headings(page) == HANDBOOK
    overview = page[page.index("## Overview") : page.index("## Monitoring")]
    for proven in model().alerts:
        assert overview.count(f"[{proven.alert.name}]({proven.alert.name}.md)") == 1


def test_the_handbook_names_dashboards_receivers_and_event_types() -> None:
    page = pages()["README.md"]
    assert "[Coordination](http://localhost:3000/d/agents-coordination)" in page
    assert "| severity critical or emergency | **pager** (pagerduty) |" in page
    assert "| everything else | **team** (slack) |" in page
    assert "| compliance | `event` `coordination`, `constitutional_compliance` |" in page
    assert "| abandoned | none: a run that never ended | `agent_tasks_total` |" in page


def test_severe_alerts_come_first_in_each_category() -> None:
    page = pages()["README.md"]
    security = page[page.index("### What must never happen") :]
    rows = re.findall(r"^\| \[(\w+)\]\(\w+\.md\) \| (\w+) \|", security, re.MULTILINE)
    assert rows[0][1] == "emergency"
    assert ("UnsafeToolCall", "warning") in rows


@pytest.mark.parametrize("alert", ["HallucinationCascade"])
def test_a_cascade_is_stopped_before_it_is_understood(alert: str) -> None:
    page = pages()[f"{alert}.md"]
    order = ["write access", "persona", "transcripts"]
    mitigation = page[page.index("## Mitigation") :]
    places = [mitigation.index(word) for word in order]
    assert places == sorted(places)
