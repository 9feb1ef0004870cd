"""What a format makes of a block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(slots=True)
class Decoded:
    """A block's events in order, and what became of the lines that gave none.

    `rejected` holds a reason for each line that could not be read.
    """

    events: list[Any]
    unmatched: int = 0
    blank: int = 0
    rejected: list[str] = field(default_factory=list)


class Format(Protocol):
    """Decodes blocks of whole lines; never raises for what is in them."""

    def decode(self, data: bytes) -> Decoded:
        """Decode a block."""
        ...
