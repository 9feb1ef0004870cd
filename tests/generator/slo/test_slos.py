"""SLOs: their tiers in exact numbers, and rules that hold where others are known to fail."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.exact import decimal
from generator.resolve import resolve
from generator.targets import rules
from spec.model import Selection, Slo
from spec.quantities import format_duration, parse_duration
from spec.read_slos import usual_tiers
from tests.generator.rules import promtool
from tests.generator.slo import goals

if TYPE_CHECKING:
    from generator.model import AlertRule

GOLDEN = Path(__file__).with_name("golden")
FAILED = 'agent_tasks_total{agent="a",agent_type="t",trigger="t",outcome="failure"}'
DONE = 'agent_tasks_total{agent="a",agent_type="t",trigger="t",outcome="success"}'


def slo(objective: Fraction, over: Fraction) -> Slo:
    of = Selection("agent_tasks_total")
    return Slo("s", objective, over, of, of, good=False, by=(), tiers=())


def table(objective: str, over: str) -> list[tuple[str, str, str, str, str, int]]:
    """Give name, windows, factor, bound and least traffic of each usual tier."""
    asked = slo(Fraction(objective), parse_duration(over))
    return [
        (
            tier.name,
            format_duration(tier.window),
            format_duration(tier.short),
            decimal(asked.factor(tier)),
            decimal(asked.bound(tier)),
            int(tier.at_least),
        )
        for tier in usual_tiers(asked).values()
    ]


# ---- factors ------------------------------------------------------------------------------------


def test_thirty_days_have_the_usual_table_of_the_field() -> None:
    assert table("0.999", "30d") == [
        ("fast", "1h", "5m", "14.4", "0.0144", 139),
        ("medium", "6h", "30m", "6", "0.006", 334),
        ("slow", "1d", "2h", "3", "0.003", 667),
        ("slowest", "3d", "6h", "1", "0.001", 2000),
    ]


def test_four_weeks_have_the_same_windows_and_no_tier_below_the_pace_of_the_period() -> None:
    assert table("0.99", "28d") == [
        ("fast", "1h", "5m", "13.44", "0.1344", 15),
        ("medium", "6h", "30m", "5.6", "0.056", 36),
        ("slow", "1d", "2h", "2.8", "0.028", 72),
        ("slowest", "3d", "6h", "1", "0.01", 200),
    ]


def test_windows_shrink_with_the_period() -> None:
    assert table("0.99", "7d") == [
        ("fast", "14m", "70s", "14.4", "0.144", 14),
        ("medium", "84m", "7m", "6", "0.06", 34),
        ("slow", "336m", "28m", "3", "0.03", 67),
        ("slowest", "1008m", "84m", "1", "0.01", 200),
    ]


def test_what_is_too_short_to_measure_is_left_out() -> None:
    assert [row[:3] for row in table("0.99", "1d")] == [
        ("medium", "12m", "1m"),
        ("slow", "48m", "4m"),
        ("slowest", "144m", "12m"),
    ]


def test_what_not_even_an_outage_sets_off_is_left_out() -> None:
    assert [row[0] for row in table("0.8", "30d")] == ["slow", "slowest"]
    assert [row[0] for row in table("0.9", "30d")] == ["medium", "slow", "slowest"]


def test_what_no_decimal_can_say_is_a_division() -> None:
    assert decimal(Fraction(2, 100) * 720 / 7) == "(72 / 35)"
    assert decimal(1 - Fraction("0.999")) == "0.001"


@given(
    st.fractions(Fraction(1, 1000), Fraction(9999, 10000), max_denominator=10000),
    st.integers(3600, 366 * 86400),
)
def test_usual_tiers_can_fire_within_the_period_and_never_on_two_errors(
    objective: Fraction, seconds: int
) -> None:
    asked = slo(objective, Fraction(seconds))
    for tier in usual_tiers(asked).values():
        assert tier.short < tier.window <= asked.over
        assert asked.factor(tier) >= 1
        assert asked.bound(tier) < 1
        assert Fraction(2) / tier.at_least <= asked.bound(tier)


# ---- what is written ----------------------------------------------------------------------------


def test_an_slo_gives_these_rules(tmp_path: Path) -> None:
    model = resolve(goals.spec(tmp_path, goals.TASKS))
    files = {Path(artefact.path).name: artefact.text for artefact in rules.artefacts(model)}
    assert files == {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.glob("*.yaml")}


def test_faster_tiers_silence_slower_ones_of_the_same_slo(tmp_path: Path) -> None:
    model = resolve(goals.spec(tmp_path, goals.TASKS))
    assert [(i.source_tier, i.target_tier, i.equal) for i in model.inhibitions] == [
        (faster, slower, ("fleet", "slo", "agent"))
        for faster, slower in (
            ("fast", "medium"), ("fast", "slow"), ("fast", "slowest"),
            ("medium", "slow"), ("medium", "slowest"), ("slow", "slowest"),
        )
    ]  # fmt: skip


def test_slos_on_one_metric_and_windows_that_are_alike_never_clash(tmp_path: Path) -> None:
    text = (
        goals.TASKS
        + """\
  task-care:
    objective: 95%
    over: 7d
    good: {metric: agent_tasks_total, where: {outcome: success}}
    total: {metric: agent_tasks_total}
    by: [agent]
    tiers: {fast: {window: 1h, short: 5m, share: 3%}, medium: {window: 70m, short: 5m, share: 3%}}
"""
    )
    groups = [
        group
        for artefact in rules.artefacts(resolve(goals.spec(tmp_path, text)))
        for group in yaml.safe_load(artefact.text)["groups"]
    ]
    told = [
        (rule.get("record") or rule["alert"], *sorted(rule["labels"].items()))
        for group in groups
        for rule in group["rules"]
    ]
    assert len(told) == len(set(told))


def test_tiers_are_changed_and_switched_off_by_name(tmp_path: Path) -> None:
    text = (
        goals.TASKS
        + """\
    tiers:
      fast: {for: 2m, severity: emergency, at_least: 20}
      medium: false
      slow: false
      own: {share: 50%, window: 15d}
"""
    )
    (proven,) = resolve(goals.spec(tmp_path, text)).alerts
    assert [
        (rule.labels["tier"], rule.labels["severity"], int(rule.wait), _numbers(rule))
        for rule in proven.rules
    ] == [
        ("slowest", "warning", 0, ["0.01", "0.01", "200"]),
        ("fast", "emergency", 120, ["0.144", "0.144", "20"]),
        ("own", "warning", 0, ["0.01", "0.01", "200"]),
    ]
    assert proven.rules[-1].labels["short_window"] == "30h"


def _numbers(rule: AlertRule) -> list[str]:
    return [line.split()[-1] for line in rule.expr.splitlines() if "and" not in line.split()]


# ---- proven by promtool -------------------------------------------------------------------------

FORMS = """\
selector: {job: the job}
slos:
  over-days:
    objective: 99%
    errors: {metric: agent_tasks_total, where: {outcome: [failure, timeout]}}
    total: {metric: agent_tasks_total}
    by: [agent]
    tiers: {medium: false, slow: false, slowest: {short: 1h}, fast: {for: 3m}}
  by-good:
    objective: 90%
    over: 7d
    good: {metric: agent_tasks_total, where: {outcome: success}}
    total: {metric: agent_tasks_total, where: {agent_type: coder}}
    tiers: &one {fast: false, slow: false, slowest: false}
  odd-share:
    objective: 99.3%
    over: 29d
    errors: {metric: agent_tasks_total, where: {outcome: {not: success}}}
    total: {metric: agent_tasks_total}
    by: [agent]
    tiers:
      medium: {share: 2.3%, window: 97m, short: 11m, at_least: 0}
      fast: false
      slow: false
      slowest: false
  of-two-metrics:
    objective: 80%
    over: 1d
    errors: {metric: agent_retries_total}
    total: {metric: agent_steps_total}
    by: [agent]
    tiers: {slow: false, medium: false}
  of-latency:
    objective: 95%
    over: 28d
    latency: {metric: agent_llm_latency_seconds, within: 5s}
    by: [agent, model]
    tiers: *one
  of-half-a-second:
    objective: 95%
    over: 1d
    latency: {metric: agent_tool_latency_seconds, within: 0.5, where: {tool: search}}
    tiers: {medium: {short: 1m, for: 5m, share: 20%, window: 1h}, slow: false, slowest: false}
"""


@pytest.mark.parametrize(
    "name",
    ["over-days", "by-good", "odd-share", "of-two-metrics", "of-latency", "of-half-a-second"],
)
def test_every_form_of_slo_is_proven_by_promtool(name: str, tmp_path: Path) -> None:
    given = goals.spec(tmp_path, FORMS)
    alone = [
        replace(alert, keep=Fraction(300))
        for alert in given.alerts
        if getattr(alert.condition, "slo", "") == name
    ]
    slos = tuple(slo for slo in given.slos if slo.name == name)
    promtool.prove(replace(given, slos=slos, alerts=tuple(alone)), tmp_path)


def run(folder: Path, text: str, *tests: dict[str, object]) -> None:
    """Run promtool tests of one's own on the generated rules."""
    promtool.write(promtool.generated(resolve(goals.spec(folder, text))), folder)
    files = [f"../rules/support.{kind}.yaml" for kind in ("recording", "alerts")]
    whole = {"rule_files": files, "evaluation_interval": "1m", "tests": list(tests)}
    for path in (folder / "alerts" / "tests").glob("*"):
        path.unlink()
    (folder / "alerts" / "tests" / "own.yaml").write_text(yaml.safe_dump(whole))
    done = promtool.run(folder, "test", "tests")
    assert done.returncode == 0, done.stdout + done.stderr


def case(series: dict[str, str], **asked: object) -> dict[str, object]:
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    return {"interval": "1m", "input_series": inputs, **asked}


def value(expr: str, at: str, expected: float | None, **labels: str) -> dict[str, object]:
    told = ",".join(f'{k}="{v}"' for k, v in {"agent": "a", "fleet": "support", **labels}.items())
    samples = [] if expected is None else [{"labels": f"{expr}{{{told}}}", "value": expected}]
    return {"expr": expr, "eval_time": at, "exp_samples": samples}


# NaN is neither more nor less than anything.
NANS = 'count({__name__=~"slo:.+"}) - count({__name__=~"slo:.+"} > -1000)'
TASK_SLO = {"slo": "task-success"}


def test_quiet_time_leaves_the_period_as_it_was(tmp_path: Path) -> None:
    # Elsewhere a quarter of an hour without traffic makes the whole period NaN, for a month.
    busy_then_quiet = {FAILED: "0+1x80 80x200", DONE: "0+9x80 720x200"}
    gone = {FAILED: "0+1x80 stale", DONE: "0+9x80 stale"}
    asked = [
        value("slo:sli:ratio", "4h", 0.9, **TASK_SLO),
        value("slo:error_budget_remaining:ratio", "4h", -9, **TASK_SLO),
        value("slo:errors_per_total:ratio_increase5m", "4h", None),
        value("slo:burn_rate:ratio", "4h", None),
        {"expr": NANS, "eval_time": "4h", "exp_samples": [{"labels": "{}", "value": 0}]},
    ]
    for series in (busy_then_quiet, gone):
        run(tmp_path, goals.TASKS, case(series, promql_expr_test=asked))


def test_there_is_an_sli_before_the_first_error(tmp_path: Path) -> None:
    asked = [
        value("slo:sli:ratio", "65m", 1, **TASK_SLO),
        value("slo:error_budget_remaining:ratio", "65m", 1, **TASK_SLO),
        value("slo:errors_per_total:ratio_increase1h", "5m", 0, **TASK_SLO),
    ]
    run(tmp_path, goals.TASKS, case({DONE: "0+1x100"}, promql_expr_test=asked))


def test_one_failure_in_six_pages_nobody(tmp_path: Path) -> None:
    at = [f"{minutes}m" for minutes in (3, 6, 30, 62, 90)]
    told = [
        {"eval_time": when, "alertname": "TaskSuccessErrorBudgetBurn", "exp_alerts": []}
        for when in at
    ]
    six = {FAILED: "0 1x100", DONE: "0 5x100"}
    # It is there from the first scrape on, as a counter that is born with its first event.
    young = {FAILED: "_ 1x100", DONE: "0 5x100"}
    run(tmp_path, goals.TASKS, *(case(one, alert_rule_test=told) for one in (six, young)))


def test_the_period_weighs_events_and_not_time(tmp_path: Path) -> None:
    # 1000 good tasks in one hour, then 10 bad ones in another: 1% of them, not half of the time.
    series = {DONE: "0 1000x130", FAILED: "0x70 10x60"}
    asked = [
        value("slo:errors_per_total:ratio_increase30d", "125m", 10 / 1010, **TASK_SLO),
        value("agent:agent_tasks:increase30d_hourly", "125m", 1010),
    ]
    run(tmp_path, goals.TASKS, case(series, promql_expr_test=asked))


def test_hours_lie_beside_each_other_without_a_gap(tmp_path: Path) -> None:
    # A task a minute: nothing falls between two hours, and nothing is counted twice.
    asked = [value("agent:agent_tasks:increase30d_hourly", "305m", 300)]
    given = goals.TASKS + "timing: {scrape: 30s}\n"
    run(tmp_path, given, case({DONE: "0+1x310"}, promql_expr_test=asked))
