"""What is told again and again: keys of which the first counts, and runs of equal values."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from exporter.mapping.memory import Key, Memory
from spec.mapping import LIMIT

if TYPE_CHECKING:
    from datetime import datetime

    from exporter.model import Plain

Run: TypeAlias = tuple[Key, int]
"""A value, and how often it came in a row."""


class Seen(Memory[None]):
    """Keys that were seen: the first of each counts (`dedupe`). A repeat does not touch its key."""

    def first(self, key: Key, time: datetime | None = None) -> bool:
        """Tell whether a key is new, and remember it."""
        if self.keep_for is not None:
            self.pass_time(key, time)
        if key in self._entries:
            return False
        self.touch(key, None, time)
        return True


class Streaks(Memory[Run]):
    """How long the run of equal values is, by key (`streak`)."""

    def __init__(self, at: int, limit: int = LIMIT, keep_for: float | None = None) -> None:
        """Make it; a run counts when it reaches the length `at`."""
        super().__init__(limit, keep_for)
        self.at = at

    def reached(self, key: Key, value: Key, time: datetime | None = None) -> bool:
        """Take the next value; tell whether the run has just reached its length."""
        if self.keep_for is not None:
            self.pass_time(key, time)
        run = self._entries.get(key)
        length = run[1] + 1 if run is not None and run[0] == value else 1
        self.touch(key, (value, length), time)
        return length == self.at

    def value(self, plain: Plain) -> Run:
        """Take a run from a checkpoint."""
        value, length = plain
        return tuple(value) if isinstance(value, list) else value, length
