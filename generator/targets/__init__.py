"""Outputs: one module each, from the model to artefacts. The list is what `generate` makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.targets import (
    alertmanager,
    dashboards,
    prometheus,
    rule_tests,
    rules,
    runbooks,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.model import Artefact, Model

TARGETS: tuple[Callable[[Model], tuple[Artefact, ...]], ...] = (
    rules.artefacts,
    rule_tests.artefacts,
    runbooks.artefacts,
    alertmanager.artefacts,
    prometheus.artefacts,
    dashboards.artefacts,
)
