"""Files that globs find, read from their start and followed by polling."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from exporter.model import FILE, LINE, Block, Reject
from exporter.sources.discovery import Discovery
from exporter.sources.identity import Identity, identify
from exporter.sources.lines import MAX_LINE
from exporter.sources.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCAN_INTERVAL = 1.0
"""Seconds between two looks at the globs."""

SCAN_SHARE = 50
"""A look at the globs takes at most one part in so many of the time, however many files."""

QUIET = 30.0
"""Seconds without news after which a file that is gone is over: writers keep it open a while."""

MAX_OPEN = 256
"""Descriptors held. The files that changed last hold them; the others are opened on demand."""


class FileSource:
    """Files found by globs. A directory that is given is searched with the glob `below`.

    Every file is read from its start. A renamed file is read on under its first name; a file that
    is gone is read until it has been quiet for a while, and then its last line counts even if it
    has no newline. Open files are looked at in every pass, others when the globs are.

    Rejects: LINE too_long; FILE unreadable (once for a file or directory, until it can be read)
    and vanished (removed before it was read to its end).
    """

    def __init__(
        self,
        globs: tuple[str, ...],
        below: str = "**/*",
        *,
        max_line: int = MAX_LINE,
        max_open: int = MAX_OPEN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._discovery = Discovery(globs, below)
        self._max_line = max_line
        self._max_open = max_open
        self._clock = clock
        self._next_scan = clock()
        self._tails: dict[Identity, Tail] = {}
        self._open: dict[Identity, Tail] = {}
        self._unreadable: set[str] = set()
        self._rejects: Counter[tuple[str, str]] = Counter()

    def blocks(self) -> Iterator[Block]:
        """Give what is there now, one file after the other."""
        scanned = self._clock() >= self._next_scan
        if scanned:
            self._scan()
        for tail in list(self._tails.values()):
            if tail.is_open or (scanned and tail.has_news):
                yield from self._read(tail)
            if tail.gone is not None:
                yield from self._part_with(tail, tail.gone)

    def finish(self) -> Iterator[Block]:
        """Read every file to its end, its last line included, and close it."""
        self._scan()
        for tail in list(self._tails.values()):
            if tail.is_open or tail.has_news:
                yield from self._read(tail)
            yield from self._last_line(tail)
            self._close(tail)

    def lag(self) -> int:
        """Bytes that are known to be written and were not read."""
        return sum(tail.behind for tail in list(self._tails.values()))

    def streams(self) -> int:
        """Files that are followed."""
        return len(self._tails)

    def rejects(self) -> tuple[Reject, ...]:
        """What could not be read since the last call."""
        rejects = tuple(Reject(*key, count) for key, count in sorted(self._rejects.items()))
        self._rejects.clear()
        return rejects

    def _scan(self) -> None:
        began = self._clock()
        missing = set(self._tails)
        for path, status in self._discovery.find():
            identity = identify(status)
            tail = self._tails.get(identity)
            if tail is None:
                self._tails[identity] = Tail(path, status, self._max_line)
            elif identity in missing:
                tail.see(path, status)
            missing.discard(identity)
        for identity in missing:
            tail = self._tails[identity]
            tail.gone = began if tail.gone is None else tail.gone
        folders = self._discovery.unreadable
        for folder in folders - self._unreadable:
            self._reject_file(folder)
        known = folders | {tail.path for tail in self._tails.values()}
        self._unreadable &= known
        now = self._clock()
        self._next_scan = now + max(SCAN_INTERVAL, SCAN_SHARE * (now - began))

    def _read(self, tail: Tail) -> Iterator[Block]:
        try:
            for data in tail.read():
                tail.read_at = self._clock()
                yield Block(tail.stream, data)
        except FileNotFoundError:
            # Gone without a trace. What a later scan finds there is another file.
            if tail.behind:
                self._rejects[FILE, "vanished"] += 1
            yield from self._last_line(tail)
            self._forget(tail)
        except OSError:
            self._close(tail)
            self._reject_file(tail.path)
        else:
            self._unreadable.discard(tail.path)
        finally:
            if too_long := tail.too_long():
                self._rejects[LINE, "too_long"] += too_long
        self._keep_open(tail)

    def _part_with(self, tail: Tail, gone: float) -> Iterator[Block]:
        """Let go of a file that no glob finds any more, if it has been quiet for long enough."""
        if self._clock() - max(gone, tail.read_at) >= QUIET:
            yield from self._last_line(tail)
            self._forget(tail)

    def _last_line(self, tail: Tail) -> Iterator[Block]:
        if data := tail.last_line():
            yield Block(tail.stream, data)

    def _reject_file(self, path: str) -> None:
        if path not in self._unreadable:
            self._unreadable.add(path)
            self._rejects[FILE, "unreadable"] += 1

    def _keep_open(self, tail: Tail) -> None:
        """Hold the descriptor of a file just read; let go of the one least likely to be missed.

        A file that is gone can be found by nothing but its descriptor.
        """
        if tail.is_open:
            self._open[tail.identity] = tail
        if len(self._open) > self._max_open:
            self._close(min(self._open.values(), key=lambda t: (t.gone is not None, t.changed)))

    def _close(self, tail: Tail) -> None:
        tail.close()
        self._open.pop(tail.identity, None)

    def _forget(self, tail: Tail) -> None:
        self._close(tail)
        self._tails.pop(tail.identity, None)
