"""What a proof found: for people, in the end for an exit code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that does not hold: `of` names it, `said` tells what is wrong, in some lines."""

    of: str
    said: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of `all` things of a kind are proven."""

    what: str
    proven: int
    all: int

    @property
    def full(self) -> bool:
        """Whether nothing is left unproven."""
        return self.proven == self.all

    def __str__(self) -> str:
        share = 100 if self.full else min(100 * self.proven // self.all, 99)
        return f"{self.proven} of {self.all} {self.what} ({share}%)"
