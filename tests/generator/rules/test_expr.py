"""Alerts in PromQL: their cases are the user's, and are played as they stand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from generator.resolve import resolve
from spec.model import Firing, Promql, Threshold, WrittenCase
from tests.generator.rules import fleets, promtool

if TYPE_CHECKING:
    from pathlib import Path

    from spec.model import Alert

MINUTE = Fraction(60)


def alert(expr: str, *cases: WrittenCase, above: str | None = None) -> Alert:
    """Make an alert of an expression, by agent."""
    made = fleets.alert(
        "Busy", Promql(expr, None, cases), None, wait=2 * MINUTE, description="{agent}: {value}."
    )
    return replace(made, threshold=Threshold("above", Fraction(above)) if above else None)


def case(name: str, values: str, *fires: Firing) -> WrittenCase:
    """Make a case of one agent's tasks."""
    series = (('agent_tasks_in_progress{agent="a",$matchers}', values),)
    return WrittenCase(name, MINUTE, series, 4 * MINUTE, fires, "fires" if fires else "silent")


FIVE = Firing({"agent": "a"}, Fraction(5))
SUM = "sum by (agent) (agent_tasks_in_progress{$matchers})"
CASES = (case("busy", "5x9", FIVE), case("at ease", "3x9"))


@pytest.mark.parametrize("selector", [{}, {"job": "the job"}])
def test_an_expression_is_proven_by_its_own_cases(selector: dict[str, str], tmp_path: Path) -> None:
    given = fleets.spec(alert(SUM, *CASES, above="3"), budgets=())
    promtool.prove(replace(given, selector=selector), tmp_path)


def test_the_comparison_may_stand_in_the_expression() -> None:
    (proven,) = resolve(fleets.spec(alert(f"{SUM} > 3", *CASES), budgets=())).alerts
    assert proven.rules[0].expr == "sum by (agent) (agent_tasks_in_progress{}) > 3"
    (proven,) = resolve(fleets.spec(alert(SUM, *CASES, above="3"), budgets=())).alerts
    assert proven.rules[0].expr == "(\nsum by (agent) (agent_tasks_in_progress{})\n) > 3"


def test_the_matchers_stand_where_the_expression_says_so() -> None:
    given = fleets.spec(alert('up{a="b",$matchers} < 1', *CASES), budgets=())
    for selector, wanted in (
        ({}, 'up{a="b"} < 1'),
        ({"job": "x", "zone": "y"}, 'up{a="b",job="x",zone="y"} < 1'),
    ):
        (proven,) = resolve(replace(given, selector=selector)).alerts
        assert proven.rules[0].expr == wanted


@pytest.mark.parametrize(
    "wrong",
    [
        case("busy, but not enough", "2x9", FIVE),
        case("busy after all", "5x9"),
        case("busier", "6x9", FIVE),
        case("too short", "_ _ _ 5x9", FIVE),
        case("another agent", "5x9", Firing({"agent": "b"}, Fraction(5))),
    ],
    ids=lambda one: one.name,
)
def test_a_case_that_does_not_hold_fails(wrong: WrittenCase, tmp_path: Path) -> None:
    promtool.write(
        promtool.generated(resolve(fleets.spec(alert(f"{SUM} > 3", wrong), budgets=()))), tmp_path
    )
    assert promtool.run(tmp_path, "check", "rules").returncode == 0
    assert promtool.run(tmp_path, "test", "tests").returncode != 0
