"""The schema of the spec's section `outputs`."""

from __future__ import annotations

from typing import get_args

from spec.model import Names, RuleServer, Target
from spec.schema_parts import Schema, named, obj, one_of, pattern, some_text

_WORD = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_LABEL = r"([a-z0-9.-]+/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_NO_LABEL = "is no label of Kubernetes"


def outputs_schema() -> Schema:
    """Give the schema: what is written, and for which servers."""
    return obj({
        "prometheus": {
            **one_of(*get_args(RuleServer)),
            "description": "What evaluates the rules: the lowest version, or a server like it.",
        },
        "alertmanager": pattern(
            r"0\.(2[5-9]|[3-9]\d)", 'is not an Alertmanager version from "0.25" on',
            "The oldest Alertmanager that is to take the configuration.",
        ),
        "targets": {
            "type": "array", "items": one_of(*get_args(Target)), "minItems": 1,
            "uniqueItems": True, "description": "What is written beside the plain files.",
        },
        "names": {
            **one_of(*get_args(Names)),
            "description": "Under which names metrics are shown besides agentgauge's own.",
        },
        "kubernetes": _kubernetes(),
        "grafana": obj({
            "datasource": some_text("The uid of Grafana's Prometheus data source."),
            "folder": some_text("The folder of the alert rules that Grafana evaluates."),
        }),
    })  # fmt: skip


def _kubernetes() -> Schema:
    word = pattern(_WORD, "must be lower-case letters, digits and dashes, as Kubernetes has names")
    labels = named(pattern(f"({_LABEL})?", _NO_LABEL), _LABEL, _NO_LABEL)
    return obj({
        "namespace": word, "secret": word, "port": word, "labels": labels,
        "monitor": one_of("pods", "services"), "labelled": {**labels, "minProperties": 1},
    })  # fmt: skip
