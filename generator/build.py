"""Spec in, every artefact out: the generator in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.resolve import resolve
from generator.targets import ABOUT, BESIDE, TARGETS

if TYPE_CHECKING:
    from generator.model import Artefact, Model
    from spec.model import Spec


def build(spec: Spec) -> tuple[Artefact, ...]:
    """Make every artefact of a spec, in memory, sorted by path."""
    return artefacts(resolve(spec))


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Make every artefact of a model, in memory, sorted by path."""
    plain = tuple(artefact for target in TARGETS for artefact in target(model))
    beside = (BESIDE[target] for target in model.outputs.targets if target in BESIDE)
    more = (*ABOUT, *beside)
    made = (*plain, *(artefact for target in more for artefact in target(model, plain)))
    return tuple(sorted(made, key=lambda artefact: artefact.path))
