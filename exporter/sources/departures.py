"""Contents whose file is gone, or holds another content: what continues them, or that they end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from exporter.sources.compressed import Damaged
from exporter.sources.siblings import SETTLED
from exporter.sources.tail import open_same, reader

if TYPE_CHECKING:
    from collections.abc import Collection

    from exporter.sources.notices import Notices
    from exporter.sources.positions import Copy, Positions
    from exporter.sources.tail import Tail

_PATIENCE = 4 * SETTLED
"""Seconds that a content that is over waits for a file that may turn out to be a copy of it."""


class Departures:
    """Lets contents go on in copies, or leave.

    `continued` are those that have found another file, `leaving` those that are over, whose
    unfinished last line is still to be given. Whoever takes them from there empties the lists.
    """

    def __init__(self, positions: Positions, notices: Notices) -> None:
        self.continued: list[Tail] = []
        self.leaving: list[Tail] = []
        self._positions = positions
        self._notices = notices
        self._pending: dict[Tail, float | None] = {}

    def restored(self) -> None:
        """Decide anew about contents that were over when the state was saved, and not given."""
        self._pending = {tail: None for tail in self._positions.past.values() if tail.behind}

    def part_with(self, tail: Tail, now: float) -> None:
        """Let go of a content that no file holds, or let it go on in a copy."""
        if not self.take_over(tail):
            self._positions.retire(tail, now)
            self._pending[tail] = now

    def take_over(self, tail: Tail) -> bool:
        """Let a content go on in a copy of it, if there is one."""
        for copy in self._copies_of(tail):
            if _continues(copy, tail):
                self._positions.drop_copy(copy)
                self._positions.settle(tail, copy.path, copy.identity, copy.packing)
                # What was last seen may be of the file that took its place.
                tail.size, tail.changed = copy.size, copy.changed
                tail.lost = False
                self.continued.append(tail)
                return True
        return False

    def release(self, undecided: Collection[str], now: float, *, last: bool) -> None:
        """Let contents leave, but not those of logs beside which a file is not decided about.

        That may be a copy, in time. `last`: no other look follows.
        """
        for tail, met in list(self._pending.items()):
            since = self._pending[tail] = now if met is None else met
            over = tail.key in self._positions.past
            if over and not last and tail.stream in undecided and now - since < _PATIENCE:
                continue
            del self._pending[tail]
            if over:
                self._leave(tail)

    def _leave(self, tail: Tail) -> None:
        # What was never read can't be told from what is new beside it, and is read as that.
        log = self._positions.log(tail.stream)
        newer = (t for t in log.tails if t is not log.base and t.key > tail.key)
        tail.lost |= not tail.prints.last.at and any(newer)
        self.leaving.append(tail)
        for copy in self._copies_of(tail):
            if copy.packing:
                self._notices.damaged(copy.path)

    def _copies_of(self, tail: Tail) -> list[Copy]:
        return [copy for copy in self._positions.log(tail.stream).copies if copy.of == tail.key]


def _continues(copy: Copy, tail: Tail) -> bool:
    """Tell whether a copy holds all that was read of a content."""
    try:
        descriptor = open_same(copy.path, copy.identity)
    except OSError:
        return False
    try:
        return tail.prints.fit(reader(descriptor, copy.packing))
    except (Damaged, OSError):
        return False
    finally:
        os.close(descriptor)
