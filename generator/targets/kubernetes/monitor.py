"""How the operator's Prometheus finds the exporter: a PodMonitor, or a ServiceMonitor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.targets.kubernetes.resource import artefact
from spec.quantities import format_duration

if TYPE_CHECKING:
    from generator.model import Artefact, Model


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Write the monitor; series get the labels that the rules select by."""
    asked = model.outputs.kubernetes
    endpoint: dict[str, object] = {
        "port": asked.port,
        "interval": format_duration(model.timing.scrape),
    }
    if model.selector:
        # `$` would stand for a part of what was matched; `$$` is the sign itself.
        endpoint["relabelings"] = [
            {"action": "replace", "targetLabel": name, "replacement": value.replace("$", "$$")}
            for name, value in model.selector.items()
        ]
    pods = asked.monitor == "pods"
    kind, endpoints = (
        ("PodMonitor", "podMetricsEndpoints") if pods else ("ServiceMonitor", "endpoints")
    )
    spec = {"selector": {"matchLabels": dict(asked.labelled)}, endpoints: [endpoint]}
    file = f"{model.fleet}.{kind.lower()}.yaml"
    return (artefact(model, file, "monitoring.coreos.com/v1", kind, model.fleet, spec=spec),)
