"""A restart, a reload and a crowd of scrapers change nothing that anybody sees."""

from __future__ import annotations

import os
import signal
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.exactness.exporter_run import Run, wait_for_lines
from tests.exactness.kill import MAPPING, differences, spec_for
from tests.exactness.logs import Log
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    (tmp_path / "logs").mkdir()
    log = Log(tmp_path / "logs", "a.log", "rename", seed=3)
    yield log
    log.close()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(spec_for(tmp_path), tmp_path / "state")
    yield run
    if run.running:
        run.kill()


def agents(samples: dict[str, float]) -> dict[str, float]:
    return {k: v for k, v in samples.items() if "agentgauge_" not in k}


def test_what_was_shown_before_a_restart_is_shown_at_once_after_it(log: Log, run: Run) -> None:
    run.start()
    log.write(500)
    before = wait_for_lines(run, log.lines)
    assert run.stop() == 0
    run.start()
    first = eventually(lambda: run.scrape() or {}, "scrape")
    assert agents(first) == agents(before)
    log.write(10)
    assert differences(wait_for_lines(run, log.lines), log.totals) == []


def reload(run: Run) -> tuple[int, str]:
    request = urllib.request.Request(f"{run.url}/-/reload", method="POST")  # noqa: S310 - of this machine
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_reload_keeps_what_did_not_change_and_begins_anew_what_did(
    tmp_path: Path, log: Log, run: Run
) -> None:
    run.start()
    log.write(400)
    before = agents(wait_for_lines(run, log.lines))
    spec = tmp_path / "agents.yaml"
    spec.write_text(
        spec.read_text() + "families:\n  agent_llm_latency_seconds:\n    type: histogram\n"
        "    help: Time.\n    labels: [agent, model]\n    unit: s\n"
        "    buckets: [2, 5, 10, 30, 60]\n"
    )
    assert reload(run) == (200, "Reloaded.\n")
    after = agents(eventually(lambda: run.scrape() or {}, "scrape"))
    changed = "agent_llm_latency_seconds"
    assert {k: v for k, v in after.items() if changed not in k} == {
        k: v for k, v in before.items() if changed not in k
    }
    assert not any(changed in name for name in after)
    log.write(400)
    log.rotate()
    log.write(100)
    samples = wait_for_lines(run, log.lines)
    wanted = {k: v for k, v in log.totals.items() if changed not in k[0]}
    assert differences(samples, type(log.totals)(wanted)) == []
    bounds = {k.partition("le=")[2].partition(",")[0] for k in samples if f"{changed}_bucket" in k}
    assert bounds == {"2.0", "5.0", "10.0", "30.0", "60.0", "+Inf"}


@pytest.mark.parametrize("how", ["POST", "SIGHUP"])
def test_a_wrong_spec_is_not_taken_over_and_the_old_one_goes_on(
    tmp_path: Path, log: Log, run: Run, how: str
) -> None:
    run.start()
    log.write(100)
    wait_for_lines(run, log.lines)
    spec = tmp_path / "agents.yaml"
    spec.write_text(spec.read_text().replace("fleet: exact", "flet: exact"))
    if how == "POST":
        status, said = reload(run)
        assert status == 500
        assert "agents.yaml:2:1" in said
    else:
        os.kill(run.pid, signal.SIGHUP)
    gauge = "gauge:agentgauge_config_last_reload_successful{}"
    eventually(lambda: (run.scrape() or {}).get(gauge) == 0, "failed reload")
    assert "agents.yaml:2:1" in run.log.read_text()
    log.write(100)
    assert differences(wait_for_lines(run, log.lines), log.totals) == []


def test_a_source_that_is_added_by_a_reload_is_followed(tmp_path: Path, log: Log, run: Run) -> None:
    run.start()
    log.write(50)
    wait_for_lines(run, log.lines)
    (tmp_path / "more").mkdir()
    other = Log(tmp_path / "more", "b.log", "rename", seed=4)
    other.write(70)
    spec = tmp_path / "agents.yaml"
    more = f"  - {{name: more, file: '{tmp_path}/more/*.log', preset: {MAPPING}}}\n"
    spec.write_text(spec.read_text() + more)
    os.kill(run.pid, signal.SIGHUP)
    samples = wait_for_lines(run, log.lines + other.lines)
    assert differences(samples, log.totals + other.totals) == []
    other.close()


def test_a_mapping_with_an_open_pair_finds_its_end_after_a_reload(tmp_path: Path, run: Run) -> None:
    (tmp_path / "logs").mkdir(exist_ok=True)
    file = tmp_path / "logs" / "x.log"
    file.write_text('{"kind":"begin","session":"1","agent":"x","at":"2026-01-01T00:00:00Z"}\n')
    run.start()
    wait_for_lines(run, 1)
    assert reload(run)[0] == 200
    with file.open("a") as log:
        log.write('{"kind":"end","session":"1","agent":"x","at":"2026-01-01T00:00:10Z"}\n')
    samples = wait_for_lines(run, 2)
    tasks = [v for k, v in samples.items() if k.startswith("agent_tasks_total")]
    assert tasks == [1]
    assert not any("no_start" in name and value for name, value in samples.items())
