"""The exporter as users run it, killed and started again, and somebody who scrapes all the time."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from agentgauge.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCRAPE_EVERY = 0.05
_SCALES = {
    "agent_cost_usd_total": 100, "agent_session_cost_usd": 100,
    "agent_llm_latency_seconds_sum": 1000,
}  # fmt: skip


class Run:
    """An exporter on one spec and one state folder, over as many kills as it takes."""

    def __init__(self, spec: Path, state: Path, *, prefix: tuple[str, ...] = ()) -> None:
        """`prefix` stands before the command: to run it as somebody else, say."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = spec.with_suffix(".log")
        self._command = [
            *prefix, sys.executable, "-m", "agentgauge", "export", str(spec),
            "--state-dir", str(state), "--web.listen-address", f"127.0.0.1:{self.port}",
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stderr=log)

    def kill(self) -> None:
        """Kill it, so that it can do nothing about it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end; give its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=30)

    def wait(self) -> int:
        """Wait until it ends by itself; give its exit code."""
        assert self._process is not None
        return self._process.wait(timeout=30)

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def scrape(self) -> dict[str, float] | None:
        """Give all samples that may only grow, and gauges under `gauge:`; None if it is down."""
        try:
            with urllib.request.urlopen(f"{self.url}/metrics", timeout=5) as answer:  # noqa: S310 - of this machine
                text = answer.read().decode()
        except (OSError, urllib.error.URLError):
            return None
        samples = {}
        for family in text_string_to_metric_families(text):
            grows = family.type in {"counter", "histogram"}
            for sample in family.samples:
                labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
                name = f"{sample.name}{{{labels}}}"
                samples[name if grows else f"gauge:{name}"] = sample.value
        return samples


class Scraper:
    """Scrapes every 50 ms, and notes what goes backwards."""

    def __init__(self, run: Run) -> None:
        self.decreases: list[str] = []
        self.scrapes = 0
        self._run = run
        self._highest: dict[str, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Scrape no more."""
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ended.wait(SCRAPE_EVERY):
            samples = self._run.scrape()
            if samples is None:
                continue
            self.scrapes += 1
            for name, value in samples.items():
                if name.startswith("gauge:"):
                    continue
                if value < self._highest.get(name, 0.0):
                    self.decreases.append(f"{name}: {self._highest[name]} -> {value}")
                self._highest[name] = max(value, self._highest.get(name, 0.0))


def totals(samples: Mapping[str, float]) -> Counter[tuple[str, ...]]:
    """Sum samples by name and agent, as the logs count them: money in cents, time in ms."""
    found: Counter[tuple[str, ...]] = Counter()
    for name, value in samples.items():
        metric, _, labels = name.removeprefix("gauge:").rstrip("}").partition("{")
        agents = [pair[6:] for pair in labels.split(",") if pair.startswith("agent=")]
        scale = _SCALES.get(metric, 1)
        if agents:
            found[metric, agents[0]] += round(value * scale, 6)  # type: ignore[assignment]
    return found


def wait_for_lines(run: Run, lines: int, patience: float = 60.0) -> dict[str, float]:
    """Wait until the exporter shows so many lines, and that nothing waits; give the samples."""
    deadline = time.monotonic() + patience
    shown, samples = -1.0, None
    while time.monotonic() < deadline:
        samples = run.scrape()
        if samples is not None:
            shown = sum(v for k, v in samples.items() if k.startswith("agentgauge_lines_total"))
            behind = [v for k, v in samples.items() if k.startswith("gauge:agentgauge_catching_up")]
            if shown == lines and not any(behind):
                return samples
        time.sleep(0.05)
    told = {k: v for k, v in (samples or {}).items() if "_lines_" in k or "_rejects_" in k}
    raise AssertionError(f"{lines} lines were written, {shown:.0f} are shown: {told}")
