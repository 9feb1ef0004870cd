"""What a format makes of a block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(slots=True)
class Decoded:
    """A block's events in order, and what became of the lines that gave none.

    `rejected` holds a reason for each line that could not be read. `built`: some events were built
    by hand, and may hold values of any type where the decoder would not have let them in.
    """

    events: list[Any]
    unmatched: int = 0
    blank: int = 0
    rejected: list[str] = field(default_factory=list)
    built: bool = False


class Format(Protocol):
    """Decodes blocks of whole lines; never raises for what is in them."""

    strict: bool
    """Whether events that are not `built` by hand hold only values of the types of their shape."""

    def widen(self) -> bool:
        """Give up being strict where the lines are not; tell whether the structs are new."""
        ...

    def decode(self, data: bytes) -> Decoded:
        """Decode a block."""
        ...
