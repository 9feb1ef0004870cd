"""`python -m benchmarks.generate`: a large spec becomes files; says where the time goes.

A hundred SLOs for each of fifty agents, two hundred alerts, twenty dashboards: written by
`agentgauge generate` as people call it, then step by step in this process. Rule tests are
counted by themselves: they are as many as the cases that prove the alerts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import yaml

from generator.resolve import resolve
from generator.targets import BESIDE, TARGETS, rule_tests
from spec.load import load_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.model import Artefact

T = TypeVar("T")

SLOS, ALERTS, DASHBOARDS = 100, 200, 20

Document = dict[str, Any]


def alert(number: int, kind: str) -> Document:
    """Give an alert of a kind, unlike the others in its numbers."""
    shared = {"by": ["agent"], "for": "5m", "severity": "warning", "description": "{value} now."}
    window = f"{number + 5}m"
    shapes: dict[str, Document] = {
        "increase": {"increase": "agent_retries_total", "above": number + 5, "per": window},
        "ratio": {
            "ratio": {
                "part": {"metric": "agent_tasks_total", "where": {"outcome": "failure"}},
                "of": {"metric": "agent_tasks_total"},
            },
            "above": "10%", "over": window, "at_least": 20,
        },
        "quantile": {
            "quantile": "agent_llm_latency_seconds", "q": 0.95, "above": "5s", "over": window,
            "at_least": 20,
        },
        "value": {"value": "agent_tasks_in_progress", "above": number + 1},
        "absent": {"absent": "agent_last_event_timestamp_seconds", "within": window},
    }  # fmt: skip
    return {**shapes[kind], **shared}


def dashboard(number: int) -> Document:
    """Give a dashboard of twelve panels in three rows."""
    shown = islice(cycle(("timeseries", "stat", "table")), 4)
    panels = [
        {
            "title": f"Panel {place}", "show": show, "width": 6,
            "query": {"increase": "agent_tasks_total", "by": ["agent"], "per": "5m"},
            "description": "How many.",
        }
        for place, show in enumerate(shown)
    ]  # fmt: skip
    rows = [{"title": f"Row {row}", "panels": panels} for row in range(3)]
    return {"title": f"Board {number}", "variables": ["agent"], "rows": rows}


def spec(*, slos: int = SLOS, alerts: int = ALERTS, dashboards: int = DASHBOARDS) -> Document:
    """Give a large spec as plain values."""
    kinds = islice(cycle(("increase", "ratio", "quantile", "value", "absent")), alerts)
    outcomes = {"errors": {"metric": "agent_tasks_total", "where": {"outcome": "failure"}}}
    return {
        "version": 1,
        "fleet": "large",
        "slos": {
            f"slo-{number}": {
                "objective": f"{90 + number % 10}%", "over": f"{number % 60 + 14}d",
                **outcomes, "total": {"metric": "agent_tasks_total"}, "by": ["agent"],
            }
            for number in range(slos)
        },
        "alerts": {f"Alert{n}": alert(n, kind) for n, kind in enumerate(kinds)},
        "dashboards": {f"board-{n}": dashboard(n) for n in range(dashboards)},
    }  # fmt: skip


def timed(what: str, step: Callable[[], T]) -> T:
    """Run a step, and print how long it took: by the clock, and of the processor's time."""
    start, before = time.perf_counter(), _worked()
    result = step()
    took, worked = time.perf_counter() - start, _worked() - before
    click.echo(f"  {what:<24} {took * 1000:8.0f} ms, {worked * 1000:8.0f} ms of work")
    return result


def _worked() -> float:
    return sum(os.times()[:4])


def command(file: Path, out: Path) -> None:
    """Run `agentgauge generate` in a process of its own."""
    line = [sys.executable, "-m", "agentgauge", "generate", str(file), "--out", str(out)]
    subprocess.run(line, check=True, capture_output=True)


@click.command()
@click.option("--slos", default=SLOS, show_default=True)
def main(slos: int) -> None:
    """Print the time of the whole, and of each step."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "agents.yaml", Path(folder) / "out"
        file.write_text(yaml.safe_dump(spec(slos=slos), sort_keys=False), encoding="utf-8")
        click.echo("agentgauge generate, a process of its own")
        timed("everything is new", lambda: command(file, out))
        timed("nothing is", lambda: command(file, out))
        click.echo("step by step")
        loaded = timed("load", lambda: load_spec(file))
        model = timed("resolve", lambda: resolve(loaded))
        plain: list[Artefact] = []
        for target in TARGETS:
            plain += timed(target.__module__.rpartition(".")[2], partial(target, model))
        for name, beside in BESIDE.items():
            timed(name, partial(beside, model, tuple(plain)))
        rules = sum(len(one.rules) for one in model.alerts)
        tests: int = sum(len(one.text) for one in rule_tests.artefacts(model))
        whole = sum(len(one.text) for one in plain)
        click.echo(
            f"{len(model.alerts)} alerts with {rules} rules, {len(model.dashboards)} dashboards:"
            f" {len(plain)} files, {whole >> 10} KiB, of which {tests >> 10} KiB are rule tests"
        )


if __name__ == "__main__":
    main()
