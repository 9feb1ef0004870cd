"""Runbooks: for every alert a page to read at night, and the operator's handbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import conventions
from generator.model import Artefact
from generator.targets.handbook import handbook, header, severities
from generator.words import with_room
from spec.quantities import format_duration

if TYPE_CHECKING:
    from generator.model import Model, ProvenAlert
    from spec.model import Alert

_ESCALATION = "See [who is told what](README.md#escalation)."


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Write a page an alert, and the handbook. Each ends with room for people's own words."""
    pages = (
        Artefact(
            f"{conventions.RUNBOOKS}/{conventions.runbook_file(proven.alert.name)}",
            with_room(_page(proven, model)),
        )
        for proven in model.alerts
    )
    return (*pages, Artefact(f"{conventions.RUNBOOKS}/README.md", with_room(handbook(model))))


def _page(proven: ProvenAlert, model: Model) -> str:
    alert, book = proven.alert, proven.alert.runbook
    facts = [
        f"- **Severity:** {severities(proven)}",
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
        header(model),
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
        "## Escalation",
        book.escalation.strip() or _ESCALATION,
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
