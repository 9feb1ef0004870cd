"""Small fleets for tests of on-call: a few alerts as their rules would fire them."""

from __future__ import annotations

from fractions import Fraction

from generator.model import AlertRule, Case, Expected, Model, ProvenAlert
from generator.oncall import outrankings
from spec.model import (
    Absent,
    Alert,
    Category,
    Grouping,
    OnCall,
    Runbook,
    Selection,
    Severity,
    Threshold,
    Timing,
    Value,
)

ONE = Fraction(1)
GROUPING = Grouping(("fleet", "agent"), Fraction(30), Fraction(300), Fraction(14400))


def alert(
    name: str,
    severity: Severity = "warning",
    category: Category = "agent",
    by: tuple[str, ...] = ("agent",),
    *,
    absent: str = "",
) -> Alert:
    """Make an alert on a gauge, or on the absence of a metric."""
    return Alert(
        name=name,
        condition=Absent(Selection(absent), ONE)
        if absent
        else Value(Selection("agent_health_score"), "min"),
        threshold=None if absent else Threshold("below", ONE),
        by=by,
        wait=ONE,
        keep=ONE,
        severity=severity,
        category=category,
        summary=f"{name} & more.",
        description="",
        runbook=Runbook("", "", "", ""),
        dashboard="",
    )


def proven(of: Alert) -> ProvenAlert:
    """Give an alert with one rule, and one case in which it fires."""
    own = {"severity": of.severity, "category": of.category, "fleet": "support"}
    labels = {**{label: f"{label}-1" for label in of.by}, **own}
    annotations = {
        "summary": of.summary,
        "description": f"{of.name} of agent_1 is <bad>.",
        "runbook_url": f"https://runbooks.test/{of.name}.md",
        "dashboard_url": "https://grafana.test/d/fleet?var-agent=a&from=now-1h",
    }
    return ProvenAlert(
        alert=of,
        recordings=(),
        rules=(AlertRule(of.name, "", of.wait, of.keep, own, annotations),),
        cases=(Case("fires", ONE, (), ONE, (Expected(labels, annotations),), "fires"),),
    )


def model(alerts: tuple[Alert, ...], oncall: OnCall) -> Model:
    """Make a model of these alerts."""
    all_proven = tuple(proven(one) for one in alerts)
    return Model(
        fleet="support",
        spec_file="agents.yaml",
        alerts=all_proven,
        inhibitions=(),
        dashboards=(),
        families={},
        oncall=oncall,
        timing=Timing(Fraction(15), Fraction(15), Fraction(15)),
        selector={},
        links={},
        outrankings=outrankings(all_proven),
    )
