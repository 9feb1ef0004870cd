"""Small fleets with alerts of every kind, built by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from spec.load import vocabulary
from spec.model import (
    Absent,
    Alert,
    Budget,
    Burn,
    Dashboard,
    Family,
    Grouping,
    Increase,
    Matcher,
    OnCall,
    Quantile,
    Ratio,
    Receiver,
    Runbook,
    Selection,
    Spec,
    Threshold,
    Tier,
    Timing,
    Value,
)

if TYPE_CHECKING:
    from spec.model import Condition

MINUTE, HOUR, DAY = Fraction(60), Fraction(3600), Fraction(86400)
RUNBOOK = Runbook("What it *means*.", "Whom it hurts.", "1. Look.", "- Do something.")
TASKS = Selection("agent_tasks_total")
DONE = Selection("agent_tasks_total", (Matcher("outcome", ("success",)),))
FAILED = Selection("agent_tasks_total", (Matcher("outcome", ("failure", "timeout")),))

BUDGETS = (
    Budget(
        "daily-cost",
        Selection("agent_cost_usd_total"),
        limit=Fraction(50),
        per=DAY,
        by=("agent",),
        tiers=(
            Tier("fast", Fraction(1, 4), HOUR, "critical"),
            Tier("slow", Fraction(1, 2), 4 * HOUR, "warning"),
        ),
    ),
)


def alert(
    name: str,
    condition: Condition,
    threshold: tuple[str, str] | None,
    by: tuple[str, ...] = ("agent",),
    *,
    wait: Fraction = Fraction(0),
    keep: Fraction = Fraction(0),
    description: str = "",
) -> Alert:
    """Make an alert; a threshold is a direction and a bound."""
    bound = threshold and Threshold(
        "above" if threshold[0] == "above" else "below", Fraction(threshold[1])
    )
    shown = " ".join(f"{{{label}}}" for label in by)
    return Alert(
        name=name,
        condition=condition,
        threshold=bound or None,
        by=by,
        wait=wait,
        keep=keep,
        severity="critical",
        category="agent",
        summary="Something is wrong.",
        description=description or f"{shown}: {{value}} in {{window}}, not {{threshold}}.",
        runbook=RUNBOOK,
        dashboard="fleet",
    )


KINDS = {
    "increase": alert(
        "BreakerTripping",
        Increase(Selection("circuit_breaker_trips_total"), HOUR),
        ("above", "5"),
        ("agent", "breaker"),
    ),
    "increase-below": alert(
        "NoLines", Increase(Selection("agentgauge_lines_total"), HOUR), ("below", "3"), ("source",),
        wait=5 * MINUTE,
    ),
    "increase-money": alert(
        "MoneyGone", Increase(Selection("agent_cost_usd_total"), DAY), ("above", "50"), ()
    ),
    "ratio": alert(
        "ErrorsHigh", Ratio(FAILED, TASKS, 5 * MINUTE, Fraction(10)), ("above", "0.2"),
        keep=5 * MINUTE,
    ),
    "ratio-below": alert(
        "SuccessLow", Ratio(DONE, TASKS, 15 * MINUTE, Fraction(10)), ("below", "0.8"),
        wait=5 * MINUTE,
    ),
    "ratio-of-two": alert(
        "TasksDear",
        Ratio(Selection("agent_cost_usd_total"), TASKS, HOUR, Fraction(5)),
        ("above", "0.75"),
    ),
    "quantile": alert(
        "CallsSlow",
        Quantile(
            Selection("agent_llm_latency_seconds"), Fraction(99, 100), 10 * MINUTE, Fraction(20)
        ),
        ("above", "5"),
        ("agent", "model"),
        wait=MINUTE,
    ),
    "quantile-below": alert(
        "CallsFast",
        Quantile(Selection("agent_llm_latency_seconds"), Fraction(1, 2), HOUR, Fraction(0)),
        ("below", "0.5"),
    ),
    "value": alert(
        "BreakerOpen",
        Value(Selection("circuit_breaker_state"), "max"),
        ("above", "1"),
        wait=15 * MINUTE,
    ),
    "value-below": alert(
        "NoFiles", Value(Selection("agentgauge_files"), "sum"), ("below", "1"), ("source",)
    ),
    "absent": alert(
        "ExporterDown", Absent(Selection("agentgauge_build_info"), DAY), None, ("job", "instance"),
        wait=2 * MINUTE,
    ),
    "absent-whole": alert("AllGone", Absent(Selection("agentgauge_build_info"), DAY), None, ()),
    "burn": alert(
        "DailyCostBurn", Burn("daily-cost"), None,
        description="{agent} spent {value} of {budget} in {window} ({tier}: {threshold}).",
    ),
}  # fmt: skip
"""An alert of every kind, and of every kind of case."""


def spec(*alerts: Alert, budgets: tuple[Budget, ...] = BUDGETS) -> Spec:
    """Make a spec of these alerts."""
    seconds = Family("agent_coordination_seconds_total", "counter", "Time.", ("agent",), unit="s")
    return Spec(
        file="agents.yaml",
        fleet="support",
        sources=(),
        families={**vocabulary(), seconds.name: seconds},
        budgets=budgets,
        alerts=alerts,
        dashboards=(
            Dashboard("fleet", "Fleet", "All.", "now-6h", "5s", ("agent", "model"), {}, ()),
        ),
        oncall=OnCall(
            (Receiver("nobody", ()),),
            (),
            "nobody",
            Grouping((), Fraction(30), Fraction(300), Fraction(14400)),
        ),
        selector={},
        links={"grafana": "http://localhost:3000/", "runbooks": "https://example.org/runbooks"},
        timing=Timing(Fraction(15), Fraction(15), Fraction(15)),
    )


def pressed(given: Alert, window: Fraction, wait: Fraction, keep: Fraction) -> Alert:
    """Give an alert another window, wait and afterglow, as tests and impatient people do."""
    condition = given.condition
    match condition:
        case Increase():
            condition = replace(condition, per=window)
        case Ratio() | Quantile():
            condition = replace(condition, over=window)
        case Absent():
            condition = replace(condition, within=window)
    return replace(given, condition=condition, wait=wait, keep=keep)
