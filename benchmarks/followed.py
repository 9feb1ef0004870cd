"""An exporter that follows, as a process to be watched: what it costs, and what it says."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentgauge.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Followed:
    """A running exporter; `url` is its metrics' address."""

    pid: int
    url: str

    def cpu(self) -> float:
        """Give the CPU seconds so far."""
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:  # noqa: PTH123 - of the kernel
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident(self) -> float:
        """Give the resident memory, in MB."""
        with open(f"/proc/{self.pid}/statm", encoding="utf-8") as file:  # noqa: PTH123 - the same
            return int(file.read().split()[1]) * _PAGE / 1e6

    def descriptors(self) -> int:
        """Count the open descriptors."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))  # noqa: PTH208 - the same

    def metric(self, name: str) -> float:
        """Sum a metric's samples; -1 while nobody answers."""
        try:
            with urllib.request.urlopen(self.url, timeout=10) as answer:  # noqa: S310 - of this machine
                text = answer.read().decode()
        except OSError:
            return -1.0
        samples = (line.rpartition(" ") for line in text.splitlines() if line.startswith(name))
        return sum(float(value) for _, _, value in samples)

    def wait_for(self, name: str, value: float) -> float:
        """Wait until a metric has a value; give the seconds that it took."""
        began = time.monotonic()
        while self.metric(name) < value:
            time.sleep(0.05)
        return time.monotonic() - began


@contextmanager
def followed(spec: Path, state: Path) -> Iterator[Followed]:
    """Run an exporter on a spec while in the context."""
    port = free_port()
    command = [
        sys.executable, "-m", "agentgauge", "export", str(spec), f"--state-dir={state}",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    process = subprocess.Popen(command)
    try:
        one = Followed(process.pid, f"http://127.0.0.1:{port}/metrics")
        one.wait_for("agentgauge_build_info", 1)
        yield one
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        process.kill()
        process.wait()
