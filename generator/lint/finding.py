"""What the lint finds: by which rule, how bad, and where in the spec it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from spec.problems import Mark, Problem

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its stable name, how bad a break of it is, and what it asks, in a sentence."""

    name: str
    severity: Severity
    asks: str


SPEC = Rule("spec", "error", "The spec can be read, and says nothing that is wrong by itself.")
"""What `spec.load` finds: there is nothing to lint until it is mended."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about, as exceptions name it; "" where it is about no such thing.

    `dashboard` is a title and `uid` its stable name, `panel` a title, `target` the number of the
    panel's query, from 0.
    """

    alert: str = ""
    dashboard: str = ""
    uid: str = ""
    panel: str = ""
    target: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One finding. `path` is the dotted place in the spec, `hint` what to do."""

    mark: Mark
    path: str
    message: str
    hint: str
    rule: str
    severity: Severity
    subject: Subject = field(default_factory=Subject, compare=False)

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        hint = f"; {self.hint}" if self.hint else ""
        worded = "warning: " if self.severity == "warning" else ""
        rule = "" if self.rule == SPEC.name else f" [{self.rule}]"
        return f"{self.mark}: {where}{worded}{self.message}{hint}{rule}"


def of_problem(problem: Problem) -> Finding:
    """Make a finding of what is wrong with the spec itself."""
    return Finding(
        problem.mark, problem.path, problem.message, problem.hint, SPEC.name, SPEC.severity
    )
