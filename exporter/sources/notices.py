"""What a source meets besides lines, counted until somebody asks."""

from __future__ import annotations

import logging
from collections import Counter

from exporter.model import FILE, LINE, Noticed, Reject

_LOG = logging.getLogger(__name__)


class Notices:
    """Counts rejects, rotations and truncations; knows which files can't be read."""

    def __init__(self) -> None:
        self.rotations = 0
        self.truncations = 0
        self.unreadable: set[str] = set()
        self._rejects: Counter[tuple[str, str]] = Counter()

    def too_long(self, count: int) -> None:
        """Count lines or documents that were skipped for their length."""
        self._rejects[LINE, "too_long"] += count

    def vanished(self, path: str) -> None:
        """Count a file that went away with bytes in it that were not read."""
        _LOG.warning("%s is gone and was not read to its end", path)
        self._rejects[FILE, "vanished"] += 1

    def damaged(self, path: str) -> None:
        """Count a compressed file that breaks off, or is none from somewhere on."""
        _LOG.warning("%s is damaged; what could be decompressed counts", path)
        self._rejects[FILE, "damaged"] += 1

    def not_readable(self, path: str) -> None:
        """Count a file or directory that can't be read, once until it can be."""
        if path not in self.unreadable:
            self.unreadable.add(path)
            _LOG.warning("%s can't be read; it is tried again", path)
            self._rejects[FILE, "unreadable"] += 1

    def readable(self, path: str) -> None:
        """Say that a file can be read."""
        if path in self.unreadable:
            self.unreadable.discard(path)
            _LOG.info("%s can be read again", path)

    def take(self) -> Noticed:
        """Give everything since the last call."""
        rejects = tuple(Reject(*key, count) for key, count in sorted(self._rejects.items()))
        noticed = Noticed(rejects, self.rotations, self.truncations)
        self._rejects.clear()
        self.rotations = self.truncations = 0
        return noticed
