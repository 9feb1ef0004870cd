"""What a proof of on-call gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Sort: TypeAlias = Literal["route", "inhibition", "mute", "message"]


@dataclass(frozen=True, slots=True)
class Result:
    """How a case went: `detail` says in some lines what was expected and what came."""

    name: str
    ok: bool
    detail: str
    sort: Sort


@dataclass(frozen=True, slots=True)
class Covered:
    """How many things of a kind some case has reached; `lacking` names the others."""

    what: str
    covered: int
    of: int
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All cases, in the file's order, and what they reached."""

    results: tuple[Result, ...]
    coverage: tuple[Covered, ...]
