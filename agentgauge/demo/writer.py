"""Plays the demo's lines into files, each when it is due."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from agentgauge.demo.simulator import Line


def play(
    lines: Iterable[Line],
    folder: Path,
    *,
    live: datetime,
    seconds: float | None = None,
    speed: float = 1.0,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Append lines to files below `folder`; give how many.

    Args:
        lines: In the order of time.
        folder: Where the streams' files are or will be.
        live: Lines due before are history, written at once.
        seconds: How much to play after `live`, in the fleet's own time; None goes on for ever.
        speed: How much faster than the clock the fleet's time goes.
        sleep: How to wait, in seconds.

    Raises:
        OSError: a file can't be written.

    """
    begun = datetime.now(UTC)
    written = 0
    with ExitStack() as open_files:
        files: dict[str, BinaryIO] = {}
        for line in lines:
            played = (line.due - live).total_seconds()
            if seconds is not None and played > seconds:
                break
            wait = played / speed - (datetime.now(UTC) - begun).total_seconds()
            if wait > 0:
                sleep(wait)
            if line.stream not in files:
                path = folder / line.stream
                path.parent.mkdir(parents=True, exist_ok=True)
                # Unbuffered: a line is there as a whole, or not at all.
                files[line.stream] = open_files.enter_context(path.open("ab", buffering=0))
            files[line.stream].write(line.text.encode() + b"\n")
            written += 1
    return written
