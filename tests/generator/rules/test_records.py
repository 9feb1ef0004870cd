"""Scores: promtool agrees with how their parts are scaled and how they come together."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from generator.resolve import resolve
from spec.load import load_spec
from spec.model import Absent, Anomaly, Increase, Part, Quantile, Ratio, Record, Selection, Value
from spec.read_records import record_families
from tests.generator.rules import fleets, promtool

if TYPE_CHECKING:
    from pathlib import Path

    from spec.model import Alert, Spec

QUARTER, HOUR = Fraction(900), Fraction(3600)
SUCCESS = Ratio(fleets.DONE, fleets.TASKS, QUARTER, Fraction(5))
LATENCY = Quantile(
    Selection("agent_task_duration_seconds"), Fraction(95, 100), QUARTER, Fraction(5)
)
CALLS = Increase(Selection("agent_tool_calls_total"), HOUR)
COST = Ratio(Selection("agent_cost_usd_total"), fleets.TASKS, HOUR, Fraction(0))
LOAD = Value(Selection("agent_resource_utilization_ratio"), "max")
SCORE = Record(
    "well_being",
    "How well an agent is.",
    ("agent",),
    (
        Part("success", SUCCESS, Fraction(2, 5), Fraction(1), Fraction(1, 2)),
        Part("latency", LATENCY, Fraction(1, 5), Fraction(30), Fraction(600)),
        Part("calls", CALLS, Fraction(2), Fraction(10), Fraction(100)),
        Part("cost", COST, Fraction(1), Fraction(0), Fraction(2)),
        Part("load", LOAD, Fraction(1, 5), Fraction(1, 2), Fraction(1)),
    ),
)


def spec(*alerts: Alert, record: Record = SCORE) -> Spec:
    """Make a spec of a score and alerts."""
    made = fleets.spec(*alerts, budgets=())
    families = {**made.families, **record_families((record,))}
    return replace(made, families=families, records=(record,))


@pytest.mark.parametrize("selector", [{}, {"job": "the job"}])
def test_a_score_and_alerts_on_it_are_proven_by_promtool(
    selector: dict[str, str], tmp_path: Path
) -> None:
    of = Selection("well_being")
    level = Value(of, "min")
    odd = Anomaly(level, 24 * HOUR, 8 * HOUR, HOUR, Fraction(1, 100), Fraction(0))
    alerts = (
        fleets.alert("Unwell", level, ("below", "0.5"), wait=QUARTER),
        fleets.alert("Odd", odd, ("below", "3")),
        fleets.alert("Gone", Absent(of, HOUR), None),
    )
    promtool.prove(replace(spec(*alerts), selector=selector), tmp_path)


def test_alerts_on_a_score_read_the_recording_of_their_fleet() -> None:
    alert = fleets.alert("Unwell", Value(Selection("well_being"), "min"), ("below", "0.5"))
    model = resolve(replace(spec(alert), selector={"job": "x"}))
    assert model.alerts[0].recordings[0].expr == 'min by (agent) (well_being{fleet="support"})'
    assert [one.record for one in model.records[0].recordings][-1] == "well_being"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("0.4 * ", "0.2 * "),
        ("0.4 + 0 * ", "1 + 0 * "),
        ("clamp((100 - ", "clamp((110 - "),
        ("/ 570, 0, 1)", "/ 57, 0, 1)"),
        ("/ 90, 0, 1)", "/ 90, 0, 2)"),
    ],
)
def test_a_wrong_score_fails_its_cases(before: str, after: str, tmp_path: Path) -> None:
    files = promtool.generated(resolve(spec()))
    rules = "alerts/rules/support.recording.yaml"
    assert files[rules].count(before) == 1
    files[rules] = files[rules].replace(before, after)
    promtool.write(files, tmp_path)
    done = promtool.run(tmp_path, "test", "tests")
    assert done.returncode != 0
    assert "FAILED" in done.stdout + done.stderr


def test_a_score_is_recorded_of_what_the_sources_feed_and_can_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "agents.yaml"
    text = (
        "version: 1\nfleet: support\n"
        "sources: [{file: /var/log/agents/*.jsonl, preset: hardened-agent}]\n"
    )
    path.write_text(text)
    (record,) = load_spec(path).records
    assert [part.name for part in record.parts] == ["success", "errors", "latency"]
    path.write_text(
        f"{text}records:\n  agent_health_score:\n    parts:\n"
        "      errors: false\n"
        "      latency: {worst: 20m}\n"
        "      success: {increase: agent_tasks_total, per: 1h, best: 10, worst: 0}\n"
        "      load: {weight: 1}\n"
    )
    (record,) = load_spec(path).records
    changed = {part.name: part for part in record.parts}
    assert list(changed) == ["success", "latency", "load"]
    assert changed["success"].of == Increase(Selection("agent_tasks_total"), HOUR)
    assert changed["success"].weight == 1
    assert changed["latency"].worst == 1200
    assert changed["load"].weight == 1
    path.write_text(f"{text}records: {{agent_health_score: false}}\nalerts: {{}}\n")
    assert load_spec(path).records == ()
