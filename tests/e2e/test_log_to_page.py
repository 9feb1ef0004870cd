"""From a line in a log to a page: real Prometheus, real Alertmanager, real receivers."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.servers import (
    alertmanager,
    eventually,
    exporter,
    prometheus,
    query,
    webhook_recorder,
    write_targets,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Recorder

# The rules are those that everybody gets; only the windows are short.
SPEC = """
version: 1
fleet: e2e
sources:
  - {{file: "agents.jsonl", preset: hardened-agent}}
budgets:
  daily-cost:
    metric: agent_cost_usd_total
    limit: 100
    per: 1d
    tiers: [{{share: 25%, window: 1m, severity: critical}}]
alerts:
  CircuitBreakerTripping: {{per: 20s}}
  TaskSuccessRateVeryLow: {{over: 20s, for: 0s}}
  # Of another category: what is critical for an agent silences its warnings of the same one.
  ModelCallsSlow: {{over: 20s, for: 0s, category: system}}
timing: {{scrape: 1s, evaluation: 1s, born_at_zero: 2s}}
links: {{grafana: "http://grafana.test", runbooks: "http://runbooks.test"}}
oncall:
  receivers:
    pager: {{webhook: {{url: "{url}/pager"}}}}
    team: {{webhook: {{url: "{url}/team"}}}}
  routes:
    - {{severity: [critical, emergency], to: pager}}
    - {{severity: warning, to: team}}
  default: team
  grouping: {{wait: 1s, interval: 2s, repeat: 1h}}
"""

# alert -> the receiver that its severity leads to, and a word of its description
EXPECTED = {
    "CircuitBreakerTripping": ("pager", "critical", "Breaker search of worker-1 tripped 6 times"),
    "TaskSuccessRateVeryLow": ("pager", "critical", "of the tasks of worker-1 succeeded"),
    "ModelCallsSlow": ("team", "warning", "worker-1"),
    "DailyCostBurn": ("pager", "critical", "daily-cost"),
}


@dataclass(frozen=True, slots=True)
class Notification:
    """An alert inside a webhook: who got it, and what was said."""

    receiver: str
    status: str
    alert: dict[str, Any]


class Log:
    """A log that an agent appends to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, kind: str, **fields: object) -> None:
        event = {
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "agent_id": "worker-1",
            "agent_type": "worker",
            "event_type": kind,
            **fields,
        }
        with self.path.open("a") as file:
            file.write(json.dumps(event) + "\n")

    def task(self, number: int, outcome: str, latency: int, cost: float) -> None:
        session = f"session-{number}"
        self.add("agent_start", session_id=session, trigger="test")
        self.add(
            "llm_call",
            session_id=session,
            model="model-1",
            latency_ms=latency,
            prompt_tokens=100,
            completion_tokens=10,
            cost_usd=cost,
        )
        self.add("agent_complete", session_id=session, outcome=outcome)


class Agent:
    """Works five tasks a second, healthy or not, until it is stopped."""

    def __init__(self, log: Log) -> None:
        self.log, self.healthy, self._stop = log, True, threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        number = 0
        while not self._stop.wait(0.2):
            number += 1
            if self.healthy:
                self.log.task(number, "success", 800, 0.0001)
            else:
                self.log.task(number, "failure", 7000, 0.5)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture(scope="module")
def notifications(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[list[Notification], list[Notification]]]:
    """An incident from its first line to the last `resolved`: what had come by then, twice."""
    folder = tmp_path_factory.mktemp("e2e")
    with webhook_recorder() as recorder:
        spec = folder / "agents.yaml"
        spec.write_text(SPEC.format(url=recorder.url.rstrip("/")))
        subprocess.run(
            [sys.executable, "-m", "agentgauge", "generate", str(spec), "--out", str(folder)],
            check=True,
        )
        log = Log(folder / "agents.jsonl")
        with (
            exporter(spec, folder) as exported,
            alertmanager(folder / "alerts/alertmanager.yml", folder) as manager,
        ):
            targets = folder / "alerts/targets"
            write_targets(targets, exporter=exported, alertmanager=manager)
            with (
                prometheus(folder / "alerts/prometheus.yml", folder) as watching,
                Agent(log) as agent,
            ):
                eventually(
                    lambda: query(watching, 'agent_tasks_total{outcome="success"} > 20'),
                    "healthy task in Prometheus",
                )
                before = _taken(recorder)
                assert before == [], "healthy traffic must page nobody"
                agent.healthy = False
                for _ in range(6):
                    log.add("circuit_breaker_trip", session_id="s", breaker="search")
                fired = _wait(recorder, "firing")
                agent.healthy = True
                yield fired, _wait(recorder, "resolved")


def _taken(recorder: Recorder) -> list[Notification]:
    return [
        Notification(request.path.strip("/"), alert["status"], alert)
        for request in list(recorder.requests)
        for alert in request.json()["alerts"]
    ]


def _wait(recorder: Recorder, status: str) -> list[Notification]:
    def complete() -> bool:
        names = {n.alert["labels"]["alertname"] for n in _taken(recorder) if n.status == status}
        return names >= set(EXPECTED)

    eventually(complete, f"notification `{status}` for each of {', '.join(EXPECTED)}", 90)
    return _taken(recorder)


def _of(name: str, status: str, found: list[Notification]) -> Notification:
    return next(n for n in found if n.alert["labels"]["alertname"] == name and n.status == status)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_alert_reaches_its_receiver_with_all_that_on_call_needs(
    name: str, notifications: tuple[list[Notification], list[Notification]]
) -> None:
    receiver, severity, words = EXPECTED[name]
    page = _of(name, "firing", notifications[0])

    assert page.receiver == receiver
    assert page.alert["labels"]["severity"] == severity
    assert page.alert["labels"]["fleet"] == "e2e"
    annotations = page.alert["annotations"]
    assert annotations["summary"]
    assert words in annotations["description"]
    assert annotations["runbook_url"] == f"http://runbooks.test/{name}.md"
    assert annotations["dashboard_url"].startswith("http://grafana.test/d/e2e-")


@pytest.mark.parametrize("name", EXPECTED)
def test_the_alert_resolves_when_the_log_recovers(
    name: str, notifications: tuple[list[Notification], list[Notification]]
) -> None:
    end = _of(name, "resolved", notifications[1])

    assert end.receiver == EXPECTED[name][0]
    assert end.alert["endsAt"] > end.alert["startsAt"]
