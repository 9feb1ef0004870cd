"""Unit tests of the rules, for promtool: a file an alert, and one a score."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING

from generator import conventions
from generator.cases import title
from generator.model import Artefact
from generator.promql import quote
from generator.targets.rules import groups_in_order
from generator.yaml_text import dump
from spec.quantities import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

    from generator.model import Case, Model, ProvenAlert, ProvenRecord, Reckoning


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Write all cases; `promtool test rules` runs them from any folder."""
    order = list(groups_in_order(model))
    tests = {
        **{one.record.name: _reckoned(one, order, model) for one in model.records},
        # An expression whose author wrote no cases has none; `check` and `test` tell so.
        **{one.alert.name: _fired(one, order, model) for one in model.alerts if one.cases},
    }
    return tuple(
        Artefact(
            f"{conventions.TESTS}/{conventions.rule_test_file(model.fleet, name)}",
            dump(document, conventions.header(model.spec_file)),
        )
        for name, document in tests.items()
    )


def _fired(proven: ProvenAlert, order: list[str], model: Model) -> dict[str, object]:
    # All cases of an alert keep one pace; each evaluation falls on a sample.
    interval = min(case.every or case.interval for case in proven.cases)
    tests = [_test(case, proven, model.fleet) for case in proven.cases]
    return _file(tests, interval, order, model)


def _reckoned(proven: ProvenRecord, order: list[str], model: Model) -> dict[str, object]:
    # The parts of a score look back over times of their own: all of them are met.
    every = (case.every * 1000 for case in proven.cases)
    interval = Fraction(gcd(*(round(one) for one in every)), 1000)
    return _file([_expression(case) for case in proven.cases], interval, order, model)


def _file(
    tests: list[dict[str, object]], interval: Fraction, order: list[str], model: Model
) -> dict[str, object]:
    fleet = model.fleet
    files = (conventions.recording_file(fleet), conventions.alert_file(fleet))
    return {
        "rule_files": [f"../rules/{file}" for file in files],
        "evaluation_interval": format_duration(interval),
        "group_eval_order": order,
        "tests": tests,
    }


def _expression(case: Reckoning) -> dict[str, object]:
    samples = [
        {"labels": f"{{{_matchers(labels)}}}", "value": round(float(value), 3)}
        for labels, value in case.expected
    ]
    return {
        "name": case.name,
        "interval": format_duration(case.interval),
        "input_series": [{"series": one.series, "values": one.values} for one in case.series],
        # Rounded, so that the noise of floating point does not show.
        "promql_expr_test": [
            {
                "expr": f"round({case.expr}, 0.001)",
                "eval_time": format_duration(case.at),
                "exp_samples": samples,
            }
        ],
    }


def _matchers(labels: Map[str, str]) -> str:
    return ",".join(f"{label}={quote(value)}" for label, value in labels.items())


def _test(case: Case, proven: ProvenAlert, fleet: str) -> dict[str, object]:
    at = format_duration(case.at)
    expected = [
        {"exp_labels": dict(alert.labels), "exp_annotations": dict(alert.annotations)}
        for alert in case.expected
    ]
    test: dict[str, object] = {
        "name": title(case),
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
