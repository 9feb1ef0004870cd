"""Anomalies: promtool agrees with the band that is worked out by hand, and notices wrong rules."""

from __future__ import annotations

import statistics
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import usual
from generator.resolve import resolve
from generator.rules import prove, sorts
from spec.model import Anomaly, Increase, Quantile, Ratio, Selection, Threshold, Value
from tests.generator.rules import fleets, promtool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generator.model import ProvenAlert
    from spec.model import Alert, Direction, Measured

NONE, HOUR = Fraction(0), Fraction(3600)
LATENCY = Selection("agent_llm_latency_seconds")
MEASURED: dict[str, Measured] = {
    "increase": Increase(fleets.TASKS, HOUR),
    "money": Increase(Selection("agent_cost_usd_total"), HOUR),
    "share": Ratio(fleets.FAILED, fleets.TASKS, HOUR, Fraction(20)),
    "price": Ratio(Selection("agent_cost_usd_total"), fleets.TASKS, HOUR, Fraction(5)),
    "p95": Quantile(LATENCY, Fraction(95, 100), HOUR, Fraction(20)),
    "median": Quantile(LATENCY, Fraction(1, 2), HOUR, NONE),
    "level": Value(Selection("agent_tasks_in_progress"), "max"),
    "part": Value(Selection("agent_context_utilization_ratio"), "max"),
    "crowd": Value(Selection("agent_tasks_in_progress"), "count"),
}


def anomaly(
    kind: str,
    direction: Direction = "above",
    bound: Fraction = Fraction(3),
    *,
    margin: Fraction = Fraction(1, 100),
    history: int = 8,
    past: int = 24,
    wait: Fraction = NONE,
) -> Alert:
    """Make an alert on a reading; `history` and `past` are in steps."""
    of = MEASURED[kind]
    step = HOUR if isinstance(of, Value) else 2 * HOUR
    least = Fraction(20) if kind in ("increase", "money") else NONE
    condition = Anomaly(of, past * step, history * step, step, margin, least)
    made = fleets.alert(f"Odd{kind.capitalize()}", condition, None, wait=wait)
    return replace(made, threshold=Threshold(direction, bound))


SPEC = fleets.spec(budgets=())


@pytest.mark.parametrize(
    ("direction", "wait", "kinds"),
    [
        ("above", "0", ("increase", "share", "p95", "median", "level", "crowd")),
        ("below", "900", ("money", "share", "price", "median", "part")),
        ("beyond", "10800", ("increase", "part")),
    ],
)
def test_what_is_unusual_by_hand_is_unusual_to_promtool(
    direction: Direction, wait: str, kinds: tuple[str, ...], tmp_path: Path
) -> None:
    alerts = [anomaly(kind, direction, wait=Fraction(wait)) for kind in kinds]
    promtool.prove(fleets.spec(*alerts, budgets=()), tmp_path)


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(sorted(MEASURED)),
    direction=st.sampled_from(["above", "below", "beyond"]),
    bound=st.fractions(Fraction(1, 2), Fraction(9), max_denominator=4),
    margin=st.sampled_from([NONE, Fraction(1, 100), Fraction(1, 20)]),
    history=st.integers(8, 40),
    more=st.integers(0, 40),
    waits=st.booleans(),
)
def test_every_anomaly_has_cases_of_every_sort(
    *,
    kind: str,
    direction: Direction,
    bound: Fraction,
    margin: Fraction,
    history: int,
    more: int,
    waits: bool,
) -> None:
    wait = HOUR if waits else NONE
    past = 2 * history + more
    made = anomaly(kind, direction, bound, margin=margin, history=history, past=past, wait=wait)
    proven = prove(made, SPEC)
    assert {case.sort for case in proven.cases} >= sorts(made.condition)
    names = [case.name for case in proven.cases]
    assert len(set(names)) == len(names)
    assert waits == any("not long enough" in name for name in names)


def test_a_gauge_has_no_restart_to_prove() -> None:
    assert "reset" not in sorts(anomaly("level").condition)
    assert "reset" in sorts(anomaly("increase").condition)


@settings(max_examples=30)
@given(
    numbers=st.lists(st.fractions(-100, 100, max_denominator=20), min_size=2, max_size=30),
    quarter=st.integers(1, 3),
)
def test_quantiles_lie_between_their_neighbours(numbers: list[Fraction], quarter: int) -> None:
    wanted = statistics.quantiles(numbers, n=4, method="inclusive")[quarter - 1]
    assert usual.quantile(Fraction(quarter, 4), sorted(numbers)) == wanted


def test_an_incident_of_an_eighth_of_the_past_does_not_hide_the_next_one() -> None:
    made = anomaly("level", past=40)
    assert made.threshold
    assert isinstance(made.condition, Anomaly)
    band = usual.band(made.condition, made.threshold)
    calm, bad = [Fraction(100)] * 16, [Fraction(500)] * 4
    assert band.unusual([*calm, *bad, *calm, Fraction(140)]) is True
    assert band.unusual([*calm, *bad, *calm, Fraction(120)]) is False


# ---- cases that can fail ------------------------------------------------------------------------


def _invert(proven: ProvenAlert) -> ProvenAlert:
    return _expr(proven, lambda expr: expr.replace(" > ", " < ", 1))


def _tenfold(proven: ProvenAlert) -> ProvenAlert:
    return _expr(proven, lambda expr: expr.replace("+ 3 *", "+ 30 *", 1))


def _young(proven: ProvenAlert) -> ProvenAlert:
    return _expr(proven, lambda expr: expr.replace(" >= 8", " >= 1", 1))


def _few(proven: ProvenAlert) -> ProvenAlert:
    """Judge and learn however little happened."""
    return _record(proven, "_of_20", lambda expr: expr.split("\nand\n", maxsplit=1)[0])


def _impatient(proven: ProvenAlert) -> ProvenAlert:
    return replace(proven, rules=(replace(proven.rules[0], wait=NONE),))


def _narrow(proven: ProvenAlert) -> ProvenAlert:
    """Take no spread but the least."""
    return _record(proven, "_spread2d", lambda expr: expr.rsplit("or\n", maxsplit=1)[1])


def _mean(proven: ProvenAlert) -> ProvenAlert:
    """Take the mean for what is usual, which an incident moves."""
    return _record(
        proven, "_usual2d", lambda expr: expr.replace("quantile_over_time(0.5, ", "avg_over_time(")
    )


def _expr(proven: ProvenAlert, change: Callable[[str], str]) -> ProvenAlert:
    rule = replace(proven.rules[0], expr=change(proven.rules[0].expr))
    return replace(proven, rules=(rule,))


def _record(proven: ProvenAlert, end: str, change: Callable[[str], str]) -> ProvenAlert:
    recordings = tuple(
        replace(one, expr=change(one.expr)) if one.record.endswith(end) else one
        for one in proven.recordings
    )
    return replace(proven, recordings=recordings)


@pytest.mark.parametrize("wrong", [_invert, _tenfold, _young, _few, _impatient, _narrow, _mean])
def test_a_wrong_band_fails_the_cases(
    wrong: Callable[[ProvenAlert], ProvenAlert], tmp_path: Path
) -> None:
    model = resolve(fleets.spec(anomaly("share", wait=HOUR / 4), budgets=()))
    changed = wrong(model.alerts[0])
    assert changed != model.alerts[0]
    promtool.write(promtool.generated(replace(model, alerts=(changed,))), tmp_path)
    assert promtool.run(tmp_path, "check", "rules").returncode == 0
    assert promtool.run(tmp_path, "test", "tests").returncode != 0
