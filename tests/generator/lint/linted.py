"""A spec, linted as `agentgauge check` does it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from generator.lint.exceptions import read_exceptions
from generator.lint.run import EXCEPTABLE, lint
from generator.lint.whole import gather
from generator.resolve import resolve
from generator.targets import dashboards
from spec.load import load_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.lint.finding import Finding
    from generator.model import Artefact, Model
    from spec.model import Spec

PLANTED = Path(__file__).parent / "planted"


@dataclass(frozen=True)
class Made:
    """A spec, and what was made of it."""

    path: Path
    spec: Spec
    model: Model
    boards: tuple[Artefact, ...]

    def changed(self, how: Callable[[Model], Model]) -> Made:
        """Change what was resolved, and make the dashboards of it."""
        model = how(self.model)
        return replace(self, model=model, boards=dashboards.artefacts(model))

    def lint(self) -> tuple[Finding, ...]:
        excepted = read_exceptions(self.path.parent, EXCEPTABLE)
        return lint(gather(self.spec, self.model, self.boards, str(self.path)), excepted)


def make(path: Path) -> Made:
    spec = load_spec(path)
    model = resolve(spec)
    return Made(path, spec, model, dashboards.artefacts(model))
