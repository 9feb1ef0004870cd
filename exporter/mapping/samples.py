"""A few lines that could not be read, for people to see why; without what was said in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 3
"""Samples of a reason that are kept: the first that look different."""

LONGEST = 200

_LETTERS = re.compile(r"[^\W\d_]|[^\x00-\x7f]")
_DIGITS = re.compile(r"\d")


def masked(line: bytes | str) -> str:
    """Write a line's shape: every letter as x, every digit as 0; the rest, and where it breaks.

    Prompts, arguments and answers of agents must not get onto a page; quotes and braces may.
    """
    start = line[: LONGEST * 4]
    text = start.decode(errors="replace") if isinstance(start, bytes) else start
    text = _DIGITS.sub("0", _LETTERS.sub("x", text.strip()))
    text = "".join(c if c.isprintable() else "\N{MIDDLE DOT}" for c in text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


@dataclass(slots=True)
class Samples:
    """Masked lines, by the reason why they could not be read."""

    kept: dict[str, dict[str, None]] = field(default_factory=dict)

    def take(self, lines: Mapping[str, bytes | str]) -> None:
        """Take a line for each of some reasons."""
        for reason, line in lines.items():
            kept = self.kept.setdefault(reason, {})
            if len(kept) < MOST:
                kept[masked(line)] = None

    def text(self, reason: str) -> str:
        """Give what there is for a reason, a line each."""
        return "\n".join(self.kept.get(reason, ()))
