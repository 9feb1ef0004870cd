"""A push that was acknowledged counts once, whatever is killed when, however often it is sent."""

from __future__ import annotations

import json
import random
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from agentgauge.servers import free_port
from tests.exactness.exporter_run import Run, Scraper, wait_for_lines
from tests.exactness.kill import MAPPING

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 6


class Sender(threading.Thread):
    """Pushes until told to end: each body until it is acknowledged, some of them once more."""

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.url, self.sent, self.ended = url, 0, threading.Event()
        self._chosen = random.Random(seed)

    def run(self) -> None:
        number = 0
        while not self.ended.is_set():
            number += 1
            lines = self._chosen.randrange(1, 30)
            event = json.dumps({"kind": "step", "agent": "pushed"})
            body = "".join(f"{event}\n" for _ in range(lines)).encode()
            while not self._post(f"push-{number}", body):
                self.ended.wait(0.02)
            self.sent += lines
            if self._chosen.random() < 0.2:
                self._post(f"push-{number}", body)  # the answer got lost, as far as it knows

    def _post(self, key: str, body: bytes) -> bool:
        headers = {"Idempotency-Key": key, "Content-Type": "application/x-ndjson"}
        request = urllib.request.Request(f"{self.url}/v1/lines", body, headers)  # noqa: S310 - of this machine
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - the same
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


@pytest.mark.parametrize("seed", [1, 2])
def test_acknowledged_pushes_count_exactly_once_over_kills(tmp_path: Path, seed: int) -> None:
    port = free_port()
    spec = tmp_path / "agents.yaml"
    spec.write_text(
        "version: 1\nfleet: exact\ntiming: {born_at_zero: 0s}\nsources:\n"
        f"  - {{name: pushed, push: {{listen: '127.0.0.1:{port}'}}, preset: {MAPPING}}}\n"
    )
    run = Run(spec, tmp_path / "state")
    run.start()
    scraper, sender = Scraper(run), Sender(f"http://127.0.0.1:{port}", seed)
    sender.start()
    chosen, pause = random.Random(seed), threading.Event()
    try:
        for _ in range(KILLS):
            pause.wait(chosen.uniform(0.7, 2.0))
            run.kill()
            run.start()
        pause.wait(1.0)
        while not sender._post("last", b'{"kind":"step","agent":"pushed"}\n'):  # noqa: SLF001 - the same way
            pause.wait(0.05)
        sender.ended.set()
        sender.join()
        samples = wait_for_lines(run, sender.sent + 1)
    finally:
        scraper.end()
        run.kill()
    assert samples["agent_steps_total{agent=pushed}"] == sender.sent + 1
    assert scraper.decreases == []
    assert sender.sent > 100
