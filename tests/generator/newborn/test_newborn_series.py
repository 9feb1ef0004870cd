"""A series that is one scrape old: what Prometheus would extrapolate must not page anybody."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from agentgauge.servers import PROMTOOL
from tests.servers import find

ROOT = Path(__file__).parents[3]
BREAKER = 'circuit_breaker_trips_total{agent="a",breaker="b"}'
TASKS = 'agent_tasks_total{{agent="a",outcome="{}"}}'
COST = 'agent_cost_usd_total{agent="a",component="llm"}'


def firing(folder: Path, alert: str, series: dict[str, str]) -> bool:
    """Tell whether an alert of the committed rules fires 29 s after the start, scraped every 15 s.

    The rules are evaluated between two scrapes, where `increase` reaches beyond the last sample.
    """
    # Recordings come before the alerts that read them.
    rules = sorted((ROOT / "alerts/rules").glob("*.yaml"), reverse=True)
    groups = []
    for path in rules:  # the committed groups have an interval of their own: let promtool set it
        text = path.read_text().replace("    interval: 15s\n", "")
        groups += [group["name"] for group in yaml.safe_load(text)["groups"]]
        (folder / path.name).write_text(text)
    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": f'ALERTS{{alertname="{alert}",alertstate="firing"}}', "eval_time": "29s"}
        ],
    }
    document = {
        "rule_files": [path.name for path in rules],
        "evaluation_interval": "29s",
        "group_eval_order": groups,
        "tests": [test],
    }
    (folder / "test.json").write_text(json.dumps(document))
    done = subprocess.run(
        [find(PROMTOOL), "test", "rules", "test.json"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    output = done.stdout + done.stderr
    assert done.returncode == 0 or "got:" in output, output
    return done.returncode != 0


@pytest.mark.parametrize(("trips", "fires"), [(5, False), (6, True)])
def test_five_trips_of_a_new_breaker_stay_silent_and_six_fire(
    trips: int,
    fires: bool,  # noqa: FBT001 (pytest passes it by name)
    tmp_path: Path,
) -> None:
    assert firing(tmp_path, "CircuitBreakerTripping", {BREAKER: f"0 {trips}"}) is fires


@pytest.mark.parametrize(("failures", "fires"), [(5, False), (6, True)])
def test_the_first_failures_of_an_agent_weigh_as_much_as_its_successes(
    failures: int,
    fires: bool,  # noqa: FBT001 (pytest passes it by name)
    tmp_path: Path,
) -> None:
    # A fifth of all is tolerated. The successes grew over a longer time than the failures.
    series = {TASKS.format("success"): "0 20", TASKS.format("failure"): f"0 {failures}"}

    assert firing(tmp_path, "TaskErrorRateHigh", series) is fires


@pytest.mark.parametrize(("dollars", "fires"), [(12, False), (13, True)])
def test_the_first_spending_of_an_agent_is_not_doubled(
    dollars: int,
    fires: bool,  # noqa: FBT001 (pytest passes it by name)
    tmp_path: Path,
) -> None:
    assert firing(tmp_path, "DailyCostBurn", {COST: f"0 {dollars}"}) is fires
