"""Outputs: one module each, from the model to artefacts.

`TARGETS` are always made, and then `ABOUT`, which speaks of what they have made. `BESIDE` are made
of the same where the spec asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.targets import (
    alertmanager,
    dashboard_linter,
    dashboards,
    grafana_rules,
    kubernetes,
    mixin,
    oncall_tests,
    prometheus,
    rule_tests,
    rules,
    runbooks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from generator.model import Artefact, Model
    from spec.model import Target

TARGETS: tuple[Callable[[Model], tuple[Artefact, ...]], ...] = (
    rules.artefacts,
    rule_tests.artefacts,
    runbooks.artefacts,
    alertmanager.artefacts,
    oncall_tests.artefacts,
    prometheus.artefacts,
    dashboards.artefacts,
)

ABOUT: tuple[Callable[[Model, tuple[Artefact, ...]], tuple[Artefact, ...]], ...] = (
    dashboard_linter.artefacts,
)

BESIDE: Mapping[Target, Callable[[Model, tuple[Artefact, ...]], tuple[Artefact, ...]]] = {
    "mixin": mixin.artefacts,
    "kubernetes": kubernetes.artefacts,
    "grafana": grafana_rules.artefacts,
}
