"""What a format makes of a block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

MAX_RECORD = 16 * 1024 * 1024
"""Bytes of the longest record of several lines that is put together."""


class Refused(Exception):  # noqa: N818 (not an error of the program)
    """Something can't be read; the message is the reason."""


@dataclass(slots=True)
class Decoded:
    """A block's events in order, and what became of the lines that gave none.

    `rejected` holds a reason for each line that could not be read, `samples` the first such line of
    each reason. `built`: some events were built by hand, and may hold values of any type where the
    decoder would not have let them in.
    """

    events: list[Any]
    unmatched: int = 0
    blank: int = 0
    rejected: list[str] = field(default_factory=list)
    samples: dict[str, bytes | str] = field(default_factory=dict)
    built: bool = False

    def reject(self, reason: str, line: bytes | str) -> None:
        """Count a line that could not be read."""
        self.rejected.append(reason)
        self.samples.setdefault(reason, line)


class Format(Protocol):
    """Decodes blocks of whole lines; never raises for what is in them."""

    @property
    def strict(self) -> bool:
        """Whether events not `built` by hand hold only values of the types of their shape."""
        ...

    def widen(self) -> bool:
        """Give up being strict where the lines are not; tell whether the structs are new."""
        ...

    def decode(self, data: bytes) -> Decoded:
        """Decode a block."""
        ...
