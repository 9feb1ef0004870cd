"""Resources for Kubernetes: those of the Prometheus operator, and dashboards for Grafana's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.targets.kubernetes import alerting, dashboards, monitor, rules

if TYPE_CHECKING:
    from generator.model import Artefact, Model


def artefacts(model: Model, made: tuple[Artefact, ...]) -> tuple[Artefact, ...]:
    """Write a file a resource, of the rules and of the plain files that were made."""
    return (
        *rules.artefacts(model),
        *alerting.artefacts(model, made),
        *monitor.artefacts(model),
        *dashboards.artefacts(model, made),
    )
