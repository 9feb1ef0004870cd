"""Runbooks: for every alert a page to read at night, and a list of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import conventions
from generator.model import Artefact
from spec.quantities import format_duration

if TYPE_CHECKING:
    from generator.model import Model, ProvenAlert
    from spec.model import Alert


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Write a page an alert, and the list."""
    pages = (
        Artefact(
            f"{conventions.RUNBOOKS}/{conventions.runbook_file(proven.alert.name)}",
            _page(proven, model),
        )
        for proven in model.alerts
    )
    return (*pages, Artefact(f"{conventions.RUNBOOKS}/README.md", _list(model)))


def _header(model: Model) -> str:
    return f"<!-- {' '.join(conventions.header(model.spec_file).splitlines())} -->"


def _page(proven: ProvenAlert, model: Model) -> str:
    alert, book = proven.alert, proven.alert.runbook
    facts = [
        f"- **Severity:** {_severities(proven)}",
        f"- **Category:** {alert.category}",
        f"- **Fires when:** {proven.words}.",
    ]
    if alert.wait:
        facts.append(f"- **Must last:** {format_duration(alert.wait)}")
    if alert.keep:
        facts.append(f"- **Goes on for:** {format_duration(alert.keep)} after the cause is gone")
    silences = [
        f"[{i.target}]({conventions.runbook_file(i.target)})"
        for i in model.inhibitions
        if i.source == alert.name != i.target
    ]
    silenced = [
        f"[{i.source}]({conventions.runbook_file(i.source)})"
        for i in model.inhibitions
        if i.target == alert.name != i.source
    ]
    if silences:
        facts.append(f"- **While it fires, not sent:** {', '.join(silences)}")
    if silenced:
        facts.append(f"- **Not sent while one of these fires:** {', '.join(silenced)}")
    sections = [
        _header(model),
        f"# {alert.name}",
        alert.summary,
        "\n".join(facts),
        "## Meaning",
        book.meaning.strip(),
        "## Impact",
        book.impact.strip(),
        "## Diagnosis",
        book.diagnosis.strip(),
        *_queries(proven),
        "## Mitigation",
        book.mitigation.strip(),
        "## Links",
        _links(model, alert),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _links(model: Model, alert: Alert) -> str:
    grafana = model.links["grafana"].rstrip("/")
    uid = conventions.dashboard_uid(model.fleet, alert.dashboard)
    rules, tests = (
        conventions.alert_file(model.fleet),
        conventions.rule_test_file(model.fleet, alert.name),
    )
    board = f"- [Dashboard]({grafana}/d/{uid})\n" if alert.dashboard else ""
    return f"{board}- [Rules](../rules/{rules}), [tests](../tests/{tests}), [all alerts](README.md)"


def _queries(proven: ProvenAlert) -> list[str]:
    """Give what the alert asks, to be pasted into Prometheus or Grafana's Explore."""
    blocks = ["What fires now:"]
    for rule in proven.rules:
        tier = rule.labels.get("tier")
        blocks.append(f"```promql\n{f'# {tier}{chr(10)}' if tier else ''}{rule.expr}\n```")
    if proven.recordings:
        blocks.append("What it is computed from, one by one:")
        blocks += [f"```promql\n# {r.record}\n{r.expr}\n```" for r in proven.recordings]
    return blocks


def _severities(proven: ProvenAlert) -> str:
    return ", ".join(dict.fromkeys(rule.labels["severity"] for rule in proven.rules))


def _list(model: Model) -> str:
    rows = [
        f"| [{proven.alert.name}]({conventions.runbook_file(proven.alert.name)}) "
        f"| {_severities(proven)} | {proven.alert.category} | {_cell(proven.alert.summary)} |"
        for proven in model.alerts
    ]
    table = "\n".join(
        ["| Alert | Severity | Category | What is wrong |", "|---|---|---|---|", *rows]
    )
    return f"{_header(model)}\n\n# Alerts of the fleet {model.fleet}\n\n{table}\n"


def _cell(text: str) -> str:
    """Keep a text within its cell."""
    return " ".join(text.split()).replace("|", "\\|")
