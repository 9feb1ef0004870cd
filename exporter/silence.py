"""Tells in the log when a source gives its first lines, falls silent, and speaks again."""

from __future__ import annotations

import logging

SILENT = 600.0
"""Seconds without a line after which a source that had some is silent."""

_LOG = logging.getLogger(__name__)


class Silence:
    """Listens to one source. Times are seconds of a monotonic clock."""

    def __init__(self, source: str, *, silent_after: float = SILENT) -> None:
        """Begin before the source has given anything."""
        self._source, self._silent_after = source, silent_after
        self._heard_at: float | None = None
        self._silent = False

    def listen(self, now: float, *, heard: bool) -> None:
        """Take note of a look at the source, and whether it gave lines."""
        if heard:
            if self._heard_at is None:
                self._tell("a source gives its first lines")
            elif self._silent:
                self._tell("a source gives lines again", seconds=round(now - self._heard_at))
            self._heard_at, self._silent = now, False
        elif self._heard_at is not None and now - self._heard_at >= self._silent_after:
            if not self._silent:
                self._tell("a source has fallen silent", seconds=round(now - self._heard_at))
            self._silent = True

    def _tell(self, message: str, **more: int) -> None:
        _LOG.info(message, extra={"fields": {"source": self._source, **more}})
