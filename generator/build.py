"""Spec in, every artefact out: the generator in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.resolve import resolve
from generator.targets import TARGETS

if TYPE_CHECKING:
    from generator.model import Artefact
    from spec.model import Spec


def build(spec: Spec) -> tuple[Artefact, ...]:
    """Make every artefact of a spec, in memory, sorted by path."""
    model = resolve(spec)
    artefacts = [artefact for target in TARGETS for artefact in target(model)]
    return tuple(sorted(artefacts, key=lambda artefact: artefact.path))
