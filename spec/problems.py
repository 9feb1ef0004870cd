"""What is wrong in a spec, and where: collected, sorted by line and reported all at once."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file. Lines and columns count from 1, as editors do; 0 is the file itself."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: `path` is the dotted place in the document, `hint` what to do.

    `meant` is the key that an unknown one was probably meant to be.
    """

    mark: Mark
    path: str
    message: str
    hint: str = ""
    meant: str = ""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.mark}: {where}{self.message}{hint}"


class SpecError(Exception):
    """The spec can't be used. `problems` holds every reason, in the order of the lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def closest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word most like `word`; None where none is like it."""
    return next(iter(difflib.get_close_matches(word, sorted(set(known)), n=1, cutoff=0.6)), None)


def nearest(word: str, known: Iterable[str]) -> str:
    """Give a hint that names the known word most like `word`, or lists the few that there are."""
    names = sorted(set(known))
    if (close := closest(word, names)) is not None:
        return f"did you mean {close!r}?"
    few = 8
    if 0 < len(names) <= few:
        return "known: " + ", ".join(names)
    return ""
