"""PrometheusRules: the same groups of rules as in the plain files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator.targets.kubernetes.resource import artefact
from generator.targets.rules import alert_groups, recording_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.model import Artefact, Model
    from generator.targets.rules import Group

# The operator refuses a resource of more than half a MiB, and `kubectl apply` one of a quarter.
_GROUPS = 10


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Write the rules, at most so many groups a resource."""
    alerts = [_of_namespace(group, model) for group in alert_groups(model)]
    return (
        *_resources("recording", recording_groups(model), model),
        *_resources("alerts", alerts, model),
    )


def _resources(kind: str, groups: list[Group], model: Model) -> Iterator[Artefact]:
    for number, start in enumerate(range(0, len(groups), _GROUPS), 1):
        name = f"{model.fleet}-{kind}" + (f"-{number}" if number > 1 else "")
        yield artefact(
            model,
            f"{name}.prometheusrule.yaml",
            "monitoring.coreos.com/v1",
            "PrometheusRule",
            name,
            spec={"groups": groups[start : start + _GROUPS]},
        )


def _of_namespace(group: Group, model: Model) -> Group:
    """Give the alerts the label by which the operator tells whose AlertmanagerConfig they meet."""
    return {**group, "rules": [_labelled(rule, model) for rule in group["rules"]]}


def _labelled(rule: dict[str, Any], model: Model) -> dict[str, Any]:
    own = {"namespace": model.outputs.kubernetes.namespace}
    return {**rule, "labels": {**rule.get("labels", {}), **own}}
