"""The alerts that budgets and SLOs bring by themselves, and what the user's file says of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spec.layers import catalogue
from spec.node import Node, merge
from spec.read_goals import GOAL_KINDS
from spec.reading import camel, string

if TYPE_CHECKING:
    from collections.abc import Iterator

# What an SLO says of its alerts itself.
_SAID = ("category", "summary", "description", "runbook", "dashboard", "labels")


def with_brought(whole: Node, root: Node) -> Node:
    """Add the alerts that every budget and SLO brings, under what is said of them by name."""
    alerts = whole.get("alerts") or Node({}, whole.mark, ("alerts",))
    entries = dict(alerts.items())
    for templates, section in (("slo_alerts", "slos"), ("budget_alerts", "budgets")):
        for name, made in _brought(templates, section, root):
            entries[name] = merge(made, entries[name]) if name in entries else made
    return replace(alerts, value=entries)


def _brought(templates: str, section: str, root: Node) -> Iterator[tuple[str, Node]]:
    """Give each template's alert for each entry: `daily-cost` and `Burn` give `DailyCostBurn`."""
    made, entries = catalogue("alerts").get(templates), root.get(section)
    for name, settings in entries.items() if entries else ():
        # A name that a budget has too is a mistake, which is told where it stands.
        clashes = section == "slos" and root.get("budgets", name)
        if isinstance(settings.value, dict) and not clashes:
            for suffix, template in made.items() if made else ():
                yield camel(name) + suffix, _alert(name, settings, template)


def _alert(name: str, settings: Node, template: Node) -> Node:
    """Fill in a template: where it says `true` to a kind, there the name belongs."""
    parts = dict(template.items())
    for kind in GOAL_KINDS:
        if kind in parts:
            parts[kind] = Node(name, settings.mark, settings.path)
    if inhibits := template.get("inhibits"):
        # A template names others of its own: what it silences is of the same budget.
        others = [replace(one, value=camel(name) + string(one)) for one in inhibits.elements()]
        parts["inhibits"] = replace(inhibits, value=others)
    for key in _SAID:
        said = settings.get(key)
        if said:
            parts[key] = merge(parts[key], said) if key in parts else said
    return replace(settings, value=parts)
