"""The operator's handbook: what somebody needs who is on call for a fleet and does not know it."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from generator import conventions
from generator.targets.event_types import event_types
from spec.model import CATEGORIES, SEVERITIES
from spec.quantities import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generator.model import Inhibition, Model, ProvenAlert
    from spec.model import Matcher, Route

_CATEGORIES = {
    "agent": "Agents and their tasks",
    "system": "The machinery, and the watching itself",
    "coordination": "Agents that work together",
    "quality": "How good the work is",
    "security": "What must never happen",
}
_HELD_BACK = "One page of one incident: what follows from what fires already is held back."
# What does not depend on the fleet, by the name of its section.
_TEXTS = files("generator.targets") / "templates" / "handbook"


def handbook(model: Model) -> str:
    """Write the page: overview, monitoring, incidents and all that follows."""
    sections = [
        header(model),
        f"# Handbook of the fleet {model.fleet}",
        _text("start"),
        "## Overview",
        _overview(model),
        "## Monitoring",
        _text("monitoring"),
        _boards(model),
        "## Incidents",
        _text("incidents"),
        *_silenced(model),
        "## Troubleshooting",
        _text("troubleshooting"),
        "## Configuration",
        _text("configuration").replace("SPEC", model.spec_file),
        "## Escalation",
        _text("escalation"),
        *_told(model),
        "## Appendix: commands",
        _text("commands").replace("SPEC", model.spec_file).replace("FLEET", model.fleet),
        *_events(model),
    ]
    return "\n\n".join(section for section in sections if section)


def header(model: Model) -> str:
    """Say in a comment where a page comes from."""
    return f"<!-- {' '.join(conventions.header(model.spec_file).splitlines())} -->"


def severities(proven: ProvenAlert) -> str:
    """Name the severities of an alert's rules."""
    return ", ".join(dict.fromkeys(rule.labels["severity"] for rule in proven.rules))


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Write a table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    """Keep a text within its cell."""
    return " ".join(text.split()).replace("|", "\\|")


def _text(name: str) -> str:
    return (_TEXTS / f"{name}.md").read_text(encoding="utf-8").strip()


# ---- what there is ------------------------------------------------------------------------------


def _overview(model: Model) -> str:
    """List alerts by category, the most severe first."""
    parts = []
    for category in CATEGORIES:
        inside = [proven for proven in model.alerts if proven.alert.category == category]
        inside.sort(key=lambda proven: -SEVERITIES.index(_worst(proven)))
        if inside:
            rows = [(_link(p.alert.name), severities(p), p.alert.summary) for p in inside]
            parts += [f"### {_CATEGORIES[category]}", table(("Alert", "Severity", "Says"), rows)]
    return "\n\n".join(parts)


def _worst(proven: ProvenAlert) -> str:
    return max((rule.labels["severity"] for rule in proven.rules), key=SEVERITIES.index)


def _link(alert: str) -> str:
    return f"[{alert}]({conventions.runbook_file(alert)})"


def _boards(model: Model) -> str:
    grafana = model.links["grafana"].rstrip("/")
    rows = [
        (
            f"[{board.title}]({grafana}/d/{conventions.dashboard_uid(model.fleet, board.name)})",
            board.description,
            ", ".join(row.title for row in board.rows),
        )
        for board in model.dashboards
    ]
    return table(("Dashboard", "Tells", "Rows"), rows) if rows else ""


def _silenced(model: Model) -> Iterator[str]:
    """List what is not sent while something else fires."""
    names = {proven.alert.name for proven in model.alerts}
    rows = [
        (_tier(one, of="source"), _tier(one, of="target"), ", ".join(one.equal))
        for one in model.inhibitions
        if one.source in names and one.target in names
    ]
    if rows:
        yield "### What is not sent"
        yield _HELD_BACK
        yield table(("While this fires", "This is not sent", "If these agree"), rows)


def _tier(one: Inhibition, *, of: str) -> str:
    name, tier = (one.source, one.source_tier) if of == "source" else (one.target, one.target_tier)
    return f"{_link(name)}, {tier}" if tier else _link(name)


# ---- who is told --------------------------------------------------------------------------------


def _told(model: Model) -> Iterator[str]:
    """List who is told what, in the order in which it is decided."""
    oncall = model.oncall
    rows = [(_where(route), _whom(model, route.to), _when(route)) for route in oncall.routes]
    if oncall.default:
        rows.append(("everything else", _whom(model, oncall.default), ""))
    if rows:
        yield table(("Alerts with", "Go to", "When"), rows)


def _where(route: Route) -> str:
    return ", ".join(_matcher(one) for one in route.where) or "anything"


def _matcher(one: Matcher) -> str:
    return f"{one.label} {'not ' if one.negated else ''}{' or '.join(one.values)}"


def _whom(model: Model, name: str) -> str:
    kinds = [kind for r in model.oncall.receivers if r.name == name for kind, _ in r.channels]
    return f"**{name}** ({', '.join(dict.fromkeys(kinds))})" if kinds else f"**{name}**"


def _when(route: Route) -> str:
    parts = [f"in one {route.digest} message"] if route.digest else []
    parts += [f"not in {name}" for name in route.mute]
    parts += [f"only in {name}" for name in route.active]
    parts += ["and on to the next"] if route.carry_on else []
    if route.grouping:
        parts.append(f"again after {format_duration(route.grouping.repeat)}")
    return ", ".join(parts)


# ---- what is read -------------------------------------------------------------------------------


def _events(model: Model) -> Iterator[str]:
    """List the kinds of lines that are read, for each mapping once."""
    mappings = {mapping.name: mapping for one in model.sources for mapping in one.mappings}
    if mappings:
        yield "## Appendix: event types"
        yield _text("events")
    for name, mapping in mappings.items():
        yield f"### {name}"
        yield table(("Event", "Lines with", "Moves"), event_types(mapping))
