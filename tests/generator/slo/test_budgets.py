"""Budgets: shares, paces and forecasts of days and months, and gauges with a trend."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from generator.resolve import resolve
from generator.rules import prove
from spec.model import BudgetForecast, Forecast, Matcher, Selection, Spent
from spec.quantities import format_duration
from tests.generator.rules import fleets, promtool
from tests.generator.slo import goals

if TYPE_CHECKING:
    from pathlib import Path

    from spec.model import Alert

COSTS = """\
budgets:
  daily-cost: {metric: agent_cost_usd_total, limit: 50, per: 1d, by: [agent]}
  monthly-tokens: {metric: agent_token_usage_total, where: {type: output}, limit: 1000001, per: 30d}
"""
SUFFIXES = ("Burn", "Exceeded", "Spent80", "Spent50", "Pace", "Forecast")
MINUTE, HOUR = Fraction(60), Fraction(3600)


def test_a_budget_brings_these_alerts(tmp_path: Path) -> None:
    given = goals.spec(tmp_path, COSTS)
    assert [alert.name for alert in given.alerts] == [
        f"{budget}{suffix}" for budget in ("DailyCost", "MonthlyTokens") for suffix in SUFFIXES
    ]
    silenced = [(i.source, i.target) for i in resolve(given).inhibitions if i.source != i.target]
    assert [pair for pair in silenced if pair[0].startswith("Daily")] == [
        ("DailyCostExceeded", "DailyCostSpent80"),
        ("DailyCostExceeded", "DailyCostSpent50"),
        ("DailyCostExceeded", "DailyCostPace"),
        ("DailyCostSpent80", "DailyCostSpent50"),
    ]


@pytest.mark.parametrize(
    ("budget", "wait"), [("daily-cost", "0"), ("daily-cost", "5"), ("monthly-tokens", "7")]
)
def test_all_of_a_budget_is_proven_by_promtool(budget: str, wait: str, tmp_path: Path) -> None:
    given = goals.spec(tmp_path, COSTS)
    kept = tuple(
        replace(one, wait=int(wait) * MINUTE, keep=int(wait) * 3 * MINUTE)
        for one in given.alerts
        if getattr(one.condition, "budget", "") == budget
    )
    budgets = tuple(one for one in given.budgets if one.name == budget)
    promtool.prove(replace(given, budgets=budgets, alerts=kept), tmp_path)


def test_tiers_of_a_budget_are_changed_and_switched_off_by_name(tmp_path: Path) -> None:
    text = """\
budgets:
  daily-cost:
    metric: agent_cost_usd_total
    limit: 50
    per: 1d
    tiers:
      fast: {share: 30%}
      slow: false
      runaway: {share: 10%, window: 15m, severity: emergency}
"""
    (budget,) = goals.spec(tmp_path, text).budgets
    assert [
        (tier.name, tier.share, format_duration(tier.window), tier.severity)
        for tier in budget.tiers
    ] == [
        ("fast", Fraction(30, 100), "1h", "critical"),
        ("runaway", Fraction(10, 100), "15m", "emergency"),
    ]


def test_a_share_a_pace_and_a_forecast_of_ones_own(tmp_path: Path) -> None:
    text = (
        COSTS
        + """\
alerts:
  Half: {spent: monthly-tokens, above: 50%}
  Faster: {pace: daily-cost, above: 300%, over: 1h, severity: critical}
  Ends: {forecast: daily-cost, within: 3h, from: 1h, for: 5m}
"""
    )
    given = goals.spec(tmp_path, text, "Half", "Faster", "Ends")
    assert {alert.name: alert.condition for alert in given.alerts} == {
        "Half": Spent("monthly-tokens", 720 * HOUR),
        "Faster": Spent("daily-cost", HOUR),
        "Ends": BudgetForecast("daily-cost", since=HOUR, within=3 * HOUR),
    }
    (faster,) = (alert for alert in given.alerts if alert.name == "Faster")
    (rule,) = prove(faster, given).rules
    assert rule.expr == 'agent:agent_cost_usd:increase1h{fleet="support"} > 6.25'
    promtool.prove(given, tmp_path)


def test_what_is_recorded_of_a_goal_stays_without_its_alerts(tmp_path: Path) -> None:
    off = "".join(f"  DailyCost{suffix}: false\n" for suffix in SUFFIXES)
    given = goals.spec(tmp_path, f"{COSTS}alerts:\n{off}", "nothing")
    names = {recording.record for recording in resolve(given).recordings}
    assert {"budget:spent:ratio", "budget:pace:ratio", "budget:limit:sum"} <= names


def test_the_dashboard_has_what_the_spec_has(tmp_path: Path) -> None:
    def rows(text: str) -> list[str]:
        boards = goals.spec(tmp_path, text).dashboards
        return [row.title for board in boards if board.name == "slos" for row in board.rows]

    assert rows("") == []
    assert rows(COSTS) == ["Budgets"]
    assert rows(goals.TASKS) == ["SLOs"]
    assert rows(COSTS + goals.TASKS) == ["SLOs", "Budgets"]


# ---- gauges -------------------------------------------------------------------------------------


def growing(bound: tuple[str, str], since: Fraction = HOUR, within: Fraction = 2 * HOUR) -> Alert:
    of = Selection("agent_resource_utilization_ratio", (Matcher("resource", ("cpu",)),))
    return fleets.alert("LoadRises", Forecast(of, "max", since, within), bound)


@pytest.mark.parametrize(
    "alert",
    [
        growing(("above", "0.9")),
        growing(("below", "0.25"), within=24 * HOUR),
        replace(growing(("above", "1000"), since=6 * HOUR), wait=10 * MINUTE, keep=HOUR),
        replace(growing(("below", "-3"), since=7 * MINUTE), wait=MINUTE),
        replace(growing(("above", "0")), wait=2 * HOUR),
    ],
    ids=["ratio", "below", "waits", "short", "long wait"],
)
def test_a_forecast_of_a_gauge_is_proven_by_promtool(alert: Alert, tmp_path: Path) -> None:
    promtool.prove(fleets.spec(alert), tmp_path)


def test_a_forecast_looks_along_the_line(tmp_path: Path) -> None:
    text = """\
alerts:
  LoadRises:
    forecast: {metric: agent_resource_utilization_ratio, where: {resource: cpu}}
    above: 90%
    by: [agent]
"""
    given = goals.spec(tmp_path, text, "LoadRises")
    (alert,) = given.alerts
    (rule,) = prove(alert, given).rules
    gauge = 'agent:agent_resource_utilization_ratio_resource_cpu:max{fleet="support"}'
    assert rule.expr == (
        f"predict_linear({gauge}[1h], 14400) > 0.9\n"
        f"and\ncount_over_time({gauge}[15m] offset 45m) > 0\nand\n{gauge}"
    )
