"""The exporter's own running time: what ages series and pairs, whatever the wall clock does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.model import Plain


class RunningTime:
    """Seconds that the exporter has run, over restarts; time that it was down does not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._before = -clock()

    def __call__(self) -> float:
        """Give the seconds so far."""
        return self._before + self._clock()

    def save(self, *, whole: bool) -> Plain:  # noqa: ARG002 (one number is always whole)
        """Give the seconds so far."""
        return self()

    def restore(self, saved: Sequence[Plain]) -> None:
        """Go on from the last time that was saved."""
        self._before = float(saved[-1]) - self._clock()
