"""Files that globs find, and what lies beside them, followed by polling; exact over restarts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from exporter.model import Block
from exporter.sources.compressed import Damaged
from exporter.sources.departures import Departures
from exporter.sources.discovery import Discovery
from exporter.sources.lines import LineCutter
from exporter.sources.notices import Notices
from exporter.sources.positions import Positions
from exporter.sources.siblings import SETTLED
from exporter.sources.survey import Survey
from exporter.sources.tail import Replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Literal

    from exporter.model import Cutter, Noticed, Plain
    from exporter.sources.tail import Tail

SCAN_INTERVAL = 0.5
"""Seconds between two looks at the globs, and at files that are not open."""

SCAN_SHARE = 50
"""A look at the globs takes at most one part in so many of the time, however many files."""

QUIET = 30.0
"""Seconds without news after which a file that is gone is over: writers keep it open a while."""

MAX_OPEN = 256
"""Descriptors held. The others are opened when there is news."""

BUSY = 10.0
"""Seconds since its last news for which an open file is not closed in favour of another one."""

_ROUNDS = 3
"""Looks in a pass, at most: another one follows where a file turns out to hold another content."""


class FileSource:
    """Files found by globs, and their siblings: their names, then `.` or `-`, then anything.

    A directory that is given is searched with the glob `below`. What a file holds is known again
    by its beginning and by what stands before the place read, under whatever name; so what was
    renamed, copied and truncated, or compressed is read on where it was left, and what is new is
    read from its start. With `start="end"`, what is there at the very first look counts as read.
    A last line without a newline counts when the content is over and has been quiet for a while.

    Rejects: LINE too_long; FILE unreadable (once for a file or directory, until it can be read),
    vanished (gone before it was read to its end), and damaged (compressed, and breaks off).
    """

    def __init__(
        self,
        globs: tuple[str, ...],
        below: str = "**/*",
        *,
        start: Literal["beginning", "end"] = "beginning",
        new_cutter: Callable[[], Cutter] = LineCutter,
        max_open: int = MAX_OPEN,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`clock` is monotonic, `wall` that of the files' times; both in seconds."""
        self._max_open = max_open
        self._clock = clock
        self._wall = wall
        self._next_scan = clock()
        self._notices = Notices()
        self._positions = Positions(new_cutter)
        self._departures = Departures(self._positions, self._notices)
        self._survey = Survey(
            Discovery(globs, below),
            self._positions,
            self._departures,
            self._notices,
            from_end=start == "end",
            wall=wall,
        )
        self._doubtful = False
        self._open: dict[int, Tail] = {}  # the ones that had news last come last

    def blocks(self) -> Iterator[Block]:
        """Give what is there now, one file after the other."""
        for _ in range(_ROUNDS):
            looked = self._doubtful or self._clock() >= self._next_scan
            news = [] if looked else self._open_with_news()
            # Of a file that begins, older lines may have been rotated away since the last look.
            if looked or not all(tail.begun for tail in news):
                looked = True
                self._look()
                yield from self._leave()
            for tail in self._survey.due if looked else news:
                yield from self._read(tail)
            if looked:
                yield from self._part_with_quiet()
            if not self._doubtful:
                break

    def finish(self) -> Iterator[Block]:
        """Read every file to its end, its last line included, and close it."""
        for left in reversed(range(_ROUNDS)):  # What is a copy is known after the others are read.
            self._survey.look(self._clock(), final=True, last=not left)
            yield from self._leave()
            for tail in self._survey.due:
                yield from self._read(tail, settled=True)
        for tail in list(self._positions.living.values()):
            yield from self._last_line(tail)
        self.close()

    def lag(self) -> int:
        """Bytes that are known to be written and were not read."""
        return sum(tail.behind for tail in list(self._positions.living.values()))

    def lag_seconds(self) -> float:
        """How long the oldest bytes that are known and not read have been waiting."""
        now, wall = self._clock(), self._wall()
        return max(
            (
                max(0.0, wall - tail.changed / 1e9, now - (tail.unread_since or now))
                for tail in list(self._positions.living.values())
                if tail.behind
            ),
            default=0.0,
        )

    def streams(self) -> int:
        """Contents that are followed."""
        return len(self._positions.living)

    def noticed(self) -> Noticed:
        """Tell what was met since the last call."""
        return self._notices.take()

    def save(self, *, whole: bool) -> Plain:
        """Give where every content is, and how far it is read; or only of those that changed."""
        return self._positions.save(whole=whole)

    def restore(self, saved: Sequence[Plain]) -> None:
        """Take up what was saved. Files are opened as there is news of them."""
        self._positions.restore(saved)
        self._departures.restored()

    def committed(self) -> None:
        """Nothing is removed: the files are not ours."""

    def close(self) -> None:
        """Give every descriptor back."""
        for tail in list(self._open.values()):
            self._close(tail)

    def _look(self) -> None:
        self._doubtful = False
        began = self._clock()
        self._survey.look(began)
        now = self._clock()
        self._next_scan = now + max(SCAN_INTERVAL, SCAN_SHARE * (now - began))

    def _open_with_news(self) -> list[Tail]:
        now = self._clock()
        return [tail for tail in self._open.values() if tail.peek(now)]

    def _read(self, tail: Tail, *, settled: bool = False) -> Iterator[Block]:
        now = self._clock()
        path = tail.path
        settled = settled or (bool(tail.packing) and now - tail.touched >= SETTLED)
        try:
            for data in tail.read(now, settled=settled):
                self._count(tail)
                yield Block(tail.stream, data)
            self._notices.readable(path)
        except Replaced:
            tail.replaced = self._doubtful = True  # A look tells where the content is now.
        except FileNotFoundError:
            self._close(tail)  # The same.
        except Damaged:
            self._notices.damaged(path)
        except OSError:
            self._close(tail)
            self._notices.not_readable(path)
            return
        self._count(tail)
        self._keep_open(tail)

    def _count(self, tail: Tail) -> None:
        """Have a content saved as it is now, and count what it did not give."""
        self._positions.changed(tail)
        if too_long := tail.too_long():
            self._notices.too_long(too_long)

    def _leave(self) -> Iterator[Block]:
        """Give the last lines of contents that are over."""
        while self._departures.leaving:
            tail = self._departures.leaving[0]
            yield from self._last_line(tail)
            if tail.behind and not tail.lost:
                tail.lost = True
                self._notices.vanished(tail.path)
            tail.fold()
            self._open.pop(tail.key, None)
            self._positions.changed(tail)
            del self._departures.leaving[0]

    def _part_with_quiet(self) -> Iterator[Block]:
        """Give the last lines of contents that have been quiet since they were rotated away."""
        now = self._clock()
        for tail in list(self._positions.living.values()):
            gone = tail.gone is not None and tail.is_open
            if not (gone or tail.holds) or tail.replaced:
                continue
            quiet = now - max(tail.touched, tail.gone or tail.touched) >= QUIET
            at_base = self._positions.log(tail.stream).base is tail and not gone
            if at_base or not quiet:
                continue
            yield from self._last_line(tail)
            if gone:
                self._close(tail)
                self._departures.part_with(tail, now)

    def _last_line(self, tail: Tail) -> Iterator[Block]:
        if data := tail.last_line():
            self._positions.changed(tail)
            yield Block(tail.stream, data)

    def _keep_open(self, tail: Tail) -> None:
        """Hold the descriptor of a file just read, if there is room, or one that is idle.

        A content that no name points to can be found by nothing but its descriptor.
        """
        if not tail.is_open:
            return
        if tail.packing:
            tail.close()
            if tail.done:
                tail.fold()
            return
        self._open.pop(tail.key, None)
        self._open[tail.key] = tail
        while len(self._open) > self._max_open:
            idle = next((it for it in self._open.values() if it.gone is None), None)
            busy = idle is None or self._clock() - idle.touched < BUSY
            self._close(tail if idle is None or (busy and tail.gone is None) else idle)

    def _close(self, tail: Tail) -> None:
        tail.close()
        self._open.pop(tail.key, None)
