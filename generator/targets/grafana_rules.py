"""Alert rules that Grafana itself evaluates, as a file that it is provisioned with.

Recording rules stay in Prometheus: these alerts read what it records. An alert's query gives only
series for which it fires, so the condition asks no more than whether there is a number.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

from generator.conventions import dashboard_uid, header
from generator.model import Artefact
from generator.targets.rules import alert_groups
from generator.yaml_text import dump
from spec.quantities import format_duration

if TYPE_CHECKING:
    from generator.model import Model

# Grafana evaluates groups every so many seconds, or a multiple of it.
_PACE = 10
# Grafana's `$value` is a text; the number of the query A is this.
_VALUE = re.compile(r"\$value\b")
_EXPRESSION = {"type": "__expr__", "uid": "__expr__"}


def artefacts(model: Model, made: tuple[Artefact, ...]) -> tuple[Artefact, ...]:  # noqa: ARG001 (as others are called)
    """Write the alerts of a fleet, in groups as Prometheus has them."""
    groups = [
        {
            "orgId": 1,
            "name": group["name"],
            "folder": _literal(model.outputs.folder or model.fleet),
            "interval": _interval(model.timing.evaluation),
            "rules": [_rule(rule, model) for rule in group["rules"]],
        }
        for group in alert_groups(model)
    ]
    document = {"apiVersion": 1, "groups": groups}
    return (
        Artefact(f"grafana/alerting/{model.fleet}.yaml", dump(document, header(model.spec_file))),
    )


def _rule(rule: dict[str, Any], model: Model) -> dict[str, Any]:
    labels = {"fleet": model.fleet, **rule.get("labels", {})}
    # Titles differ within a folder, but the rules of all tiers have one name.
    title = f"{rule['alert']} {labels['tier']}" if "tier" in labels else rule["alert"]
    waits = {"for": rule.get("for"), "keepFiringFor": rule.get("keep_firing_for")}
    return {
        "uid": dashboard_uid(model.fleet, title.replace(" ", "-")),
        "title": _literal(title),
        "condition": "C",
        "data": [_query(rule["expr"], model.outputs.datasource), _condition()],
        "noDataState": "OK",
        "execErrState": "Error",
        **{name: time for name, time in waits.items() if time},
        "annotations": {
            name: _VALUE.sub("$values.A.Value", text) for name, text in rule["annotations"].items()
        },
        "labels": {name: _literal(text) for name, text in labels.items()},
        "isPaused": False,
    }


def _query(expr: str, datasource: str) -> dict[str, Any]:
    return {
        "refId": "A",
        "relativeTimeRange": {"from": 600, "to": 0},
        "datasourceUid": datasource,
        "model": {
            "refId": "A",
            "datasource": {"type": "prometheus", "uid": datasource},
            "expr": expr,
            "instant": True,
            "range": False,
            "intervalMs": 1000,
            "maxDataPoints": 43200,
        },
    }


def _condition() -> dict[str, Any]:
    return {
        "refId": "C",
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": "__expr__",
        "model": {
            "refId": "C",
            "datasource": dict(_EXPRESSION),
            "type": "math",
            # 0 is a number too: a success rate of 0 must fire.
            "expression": "is_number($A) || is_inf($A)",
            "intervalMs": 1000,
            "maxDataPoints": 43200,
        },
    }


def _interval(evaluation: Fraction) -> str:
    return format_duration(Fraction(ceil(evaluation / _PACE) * _PACE))


def _literal(text: str) -> str:
    """Keep Grafana from taking a `$` for the name of an environment variable."""
    return text.replace("$", "$$")
