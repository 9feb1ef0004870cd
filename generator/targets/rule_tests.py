"""Unit tests of the rules, for promtool: a file an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import conventions
from generator.model import Artefact
from generator.promql import quote
from generator.targets.rules import groups_in_order
from generator.yaml_text import dump
from spec.quantities import format_duration

if TYPE_CHECKING:
    from generator.model import Case, Model, ProvenAlert


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Write every alert's cases; `promtool test rules` runs them from any folder."""
    return tuple(
        Artefact(
            f"{conventions.TESTS}/{conventions.rule_test_file(model.fleet, proven.alert.name)}",
            dump(_file(proven, model), conventions.header(model.spec_file)),
        )
        for proven in model.alerts
    )


def _file(proven: ProvenAlert, model: Model) -> dict[str, object]:
    fleet = model.fleet
    files = (conventions.recording_file(fleet), conventions.alert_file(fleet))
    # All cases of an alert keep one pace; each evaluation falls on a sample.
    interval = min(case.interval for case in proven.cases)
    return {
        "rule_files": [f"../rules/{file}" for file in files],
        "evaluation_interval": format_duration(interval),
        "group_eval_order": list(groups_in_order(model)),
        "tests": [_test(case, proven, fleet) for case in proven.cases],
    }


def _test(case: Case, proven: ProvenAlert, fleet: str) -> dict[str, object]:
    at = format_duration(case.at)
    expected = [
        {"exp_labels": dict(alert.labels), "exp_annotations": dict(alert.annotations)}
        for alert in case.expected
    ]
    test: dict[str, object] = {
        "name": case.name,
        "interval": format_duration(case.interval),
        "input_series": [{"series": one.series, "values": one.values} for one in case.series],
        "alert_rule_test": [
            {"eval_time": at, "alertname": proven.alert.name, "exp_alerts": expected}
        ],
    }
    if proven.recordings:
        # Only NaN differs from itself: no recording may ever hold it.
        select = (f"{r.record}{{fleet={quote(fleet)}}}" for r in proven.recordings)
        nan = "\nor\n".join(f"{series} != {series}" for series in select)
        test["promql_expr_test"] = [{"expr": nan, "eval_time": at, "exp_samples": []}]
    return test
