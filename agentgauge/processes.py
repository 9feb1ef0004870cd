"""Programs that run beside this one, each in a process group that is ended as a whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

GRACE = 10.0
"""How long a program may take to end by itself, in seconds."""

PAUSE = 0.05
"""How long to wait between two looks at a program, in seconds."""


class Process:
    """A program started with its output in `log`, the leader of a process group of its own.

    A group of its own: the terminal's Ctrl-C reaches only us, and we end it in good order; and what
    the program starts itself ends with it.
    """

    def __init__(self, name: str, argv: Sequence[str | Path], log: Path) -> None:
        """Start `argv`.

        Raises:
            OSError: the program can't be run, or the log can't be written.

        """
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._popen = subprocess.Popen(
                [*_dies_with_us(), *map(str, argv)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id, which is the group's id too."""
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended (negative: by which signal); None while it runs."""
        return self._popen.poll()

    def tail(self, lines: int = 20) -> str:
        """Give the last lines that it wrote."""
        with suppress(OSError):
            text = self.log.read_text(encoding="utf-8", errors="replace")
            return "\n".join(text.splitlines()[-lines:])
        return ""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group; one that is gone needs none."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def end(
    processes: Iterable[Process],
    *,
    hurry: Callable[[], bool] = lambda: False,
    grace: float = GRACE,
) -> None:
    """End all: ask, wait up to `grace` seconds or until there is a `hurry`, then kill.

    Every group is killed in the end, also where its leader has ended: it may have left others.
    """
    remaining = list(processes)
    for process in remaining:
        process.signal(signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(p.exit_code is None for p in remaining):
        if hurry() or time.monotonic() > deadline:
            break
        time.sleep(PAUSE)
    for process in remaining:
        process.signal(signal.SIGKILL)
    while any(p.exit_code is None for p in remaining):
        time.sleep(PAUSE)


def _dies_with_us() -> tuple[str, ...]:
    """Have the kernel end the program when we are killed and can't; where setpriv is installed."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()
