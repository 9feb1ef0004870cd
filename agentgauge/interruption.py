"""Ctrl-C, SIGTERM and a closed terminal, noted down instead of thrown into whatever is going on."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Counts the signals that ask us to end. A context manager, for the main thread.

    An exception in the middle of a start would leave a process that nobody knows of.
    """

    def __init__(self) -> None:
        self._count = 0
        self._first = threading.Event()

    def asked(self) -> bool:
        """Tell whether we are to end."""
        return self._count > 0

    def pressed(self) -> bool:
        """Tell whether we were asked again: now at once."""
        return self._count > 1

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until we are to end; tells whether we are."""
        return self._first.wait(seconds)

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - signal's own
        self._count += 1
        self._first.set()
