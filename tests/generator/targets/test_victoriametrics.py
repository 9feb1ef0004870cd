"""What a real VictoriaMetrics makes of the rules: MetricsQL is not quite PromQL."""

from __future__ import annotations

import json
import shutil
import time
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from agentgauge.processes import Process, end
from agentgauge.servers import HOST, free_port
from generator.resolve import resolve
from generator.targets.rules import alert_groups, recording_groups
from spec.load import load_spec
from tests.servers import eventually, get

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEP, SAMPLES = 15, 80
# Not now: what has just come in is hidden for a while.
END = int(time.time()) // 3600 * 3600 - 7200
SPEC = """\
version: 1
fleet: support
outputs: {prometheus: victoriametrics}
alerts:
  RetriesMany: {increase: agent_retries_total, above: 5, per: 10m, by: [agent]}
  TasksFail:
    ratio:
      part: {metric: agent_tasks_total, where: {outcome: failure}}
      of: {metric: agent_tasks_total}
    above: 20%
    over: 10m
    at_least: 5
    by: [agent]
  CallsSlow: {quantile: agent_llm_latency_seconds, q: 0.9, above: 5s, over: 10m, at_least: 5, by: [agent]}
"""  # noqa: E501 (a line of the spec)
QUIET = [None] * 60


def counted(name: str, values: list[int | None], **labels: str) -> list[str]:
    """Write a series, its last sample at the end."""
    start = END - (len(values) - 1) * STEP
    named = ",".join(f'{label}="{text}"' for label, text in labels.items())
    return [
        f"{name}{{{named}}} {value} {(start + number * STEP) * 1000}"
        for number, value in enumerate(values)
        if value is not None
    ]


def rising(by: int) -> list[int | None]:
    return [number * by for number in range(SAMPLES)]


SERIES = [
    # Of a young series every retry counts once, and none is made up.
    *counted("agent_retries_total", [*QUIET, 0, *[5] * 19], agent="five"),
    *counted("agent_retries_total", [*QUIET, 0, *[6] * 19], agent="six"),
    # Four before a restart, four after it.
    *counted("agent_retries_total", [*[10] * 60, *[14] * 5, 0, *[4] * 14], agent="restarted"),
    *counted("agent_tasks_total", rising(4), agent="good", outcome="success"),
    *counted("agent_tasks_total", rising(4), agent="bad", outcome="success"),
    *counted("agent_tasks_total", rising(2), agent="bad", outcome="failure"),
    # All have failed, but they are few.
    *counted("agent_tasks_total", [0, *[1] * 79], agent="quiet", outcome="failure"),
    *[
        line
        for agent, fast in (("slow", 0), ("quick", 1))
        for bound, share in (("5", fast), ("10", 1), ("+Inf", 1))
        for line in counted(
            "agent_llm_latency_seconds_bucket", rising(share), agent=agent, model="m", le=bound
        )
    ],
    *counted("agent_llm_latency_seconds_count", rising(1), agent="slow", model="m"),
    *counted("agent_llm_latency_seconds_count", rising(1), agent="quick", model="m"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("victoria-metrics")
    if program is None:
        pytest.fail("VictoriaMetrics is not installed: apt-get install -y victoria-metrics")
    folder = tmp_path_factory.mktemp("victoriametrics")
    url = f"http://{HOST}:{(port := free_port())}"
    command = [program, f"-storageDataPath={folder}/data", f"-httpListenAddr={HOST}:{port}"]
    process = Process("victoria-metrics", command, folder / "log")
    try:
        eventually(lambda: answers(url), "VictoriaMetrics")
        yield url
    finally:
        end([process])


def answers(url: str) -> bool:
    try:
        return get(f"{url}/health") == "OK"
    except OSError:
        return False


def write(url: str, lines: list[str]) -> None:
    body = "\n".join(lines).encode()
    urllib.request.urlopen(f"{url}/api/v1/import/prometheus", body, timeout=10).close()  # noqa: S310 - of this machine
    get(f"{url}/internal/force_flush")


def query(url: str, expr: str) -> list[tuple[dict[str, str], str]]:
    asked = urllib.parse.urlencode({"query": expr, "time": END, "nocache": 1})
    answer: Any = json.loads(get(f"{url}/api/v1/query?{asked}"))
    return [(one["metric"], one["value"][1]) for one in answer["data"]["result"]]


def test_alerts_fire_for_those_that_they_are_meant_for(server: str, tmp_path: Path) -> None:
    file = tmp_path / "agents.yaml"
    file.write_text(SPEC)
    model = resolve(load_spec(file))
    mine = {"RetriesMany", "TasksFail", "CallsSlow"}
    needed = {
        one.record
        for proven in model.alerts
        if proven.alert.name in mine
        for one in proven.recordings
    }
    write(server, SERIES)
    for rule in (rule for group in recording_groups(model) for rule in group["rules"]):
        if rule["record"] in needed:
            found = query(server, rule["expr"])
            assert found, rule["record"]
            labelled = [({**labels, **rule["labels"]}, value) for labels, value in found]
            write(
                server, [f"{rule['record']}{text(names)} {v} {END * 1000}" for names, v in labelled]
            )

    firing = {
        (rule["alert"], labels["agent"])
        for group in alert_groups(model)
        for rule in group["rules"]
        if rule["alert"] in mine
        for labels, _ in query(server, rule["expr"])
    }

    assert firing == {
        ("RetriesMany", "six"),
        ("RetriesMany", "restarted"),
        ("TasksFail", "bad"),
        ("CallsSlow", "slow"),
    }


def text(labels: dict[str, str]) -> str:
    inner = ",".join(f'{k}="{v}"' for k, v in labels.items() if k != "__name__")
    return f"{{{inner}}}"
