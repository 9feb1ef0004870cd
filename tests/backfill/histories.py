"""Logs, their history as files, and a Prometheus that has taken it in."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families as parse_text

from agentgauge import servers
from agentgauge.cli import main
from agentgauge.commands.export import what_to_read
from agentgauge.processes import Process, end
from exporter.assembly import Exporter
from tests.servers import ask, find

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Sample: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
"""A name and sorted labels."""

TARGET = ("job", "instance")
"""The labels that Prometheus gives."""

# Lists of those that lead just now, and the exporter's own: no history has them.
_OF_NOW = ("agentgauge_", "agent_session_")


def backfill(*arguments: str | Path, exits: int = 0) -> str:
    """Run the command; give what it prints."""
    done = CliRunner().invoke(main, ["backfill", *map(str, arguments)])
    assert done.exit_code == exits, done.output
    return done.output


def once(preset: str | None, *paths: Path) -> dict[Sample, float]:
    """Give what `export --once` shows of agents; without a preset the path is a spec."""
    settings, sources, families = what_to_read(paths, preset)
    exporter = Exporter(replace(settings, born_at_zero=0.0, serves=False), sources, families)
    exporter.pipeline.run_once()
    return {
        _sample(one.name, one.labels): one.value
        for family in parse_text(exporter.metrics()[1].decode())
        for one in family.samples
        if not one.name.startswith(_OF_NOW)
    }


def samples(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Read a history back: the times and values of each series, as it is written."""
    found: dict[str, list[tuple[int, float]]] = {}
    for path in sorted(folder.iterdir()):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[-1] == "# EOF"
        for line in lines:
            if not line.startswith("#"):
                name, number, time = line.rsplit(" ", 2)
                found.setdefault(name, []).append((int(time), float(number)))
    return found


def last_values(folder: Path) -> dict[Sample, float]:
    """Give what is true at the end: of the series that are there at the very last moment."""
    found = samples(folder)
    end = max(time for rows in found.values() for time, _ in rows)
    lines = [f"{name} {rows[-1][1]}" for name, rows in found.items() if rows[-1][0] == end]
    return {
        _sample(one.name, {k: v for k, v in one.labels.items() if k not in TARGET}): one.value
        for family in parse_text("\n".join([*lines, ""]))
        for one in family.samples
    }


def moments(text: str) -> dict[int, str]:
    """Part a file of a history into expositions, one for each time."""
    found: dict[int, list[str]] = {}
    heads: list[str] = []
    for line in text.splitlines():
        if line.startswith("# HELP"):
            heads = [line]
        elif line.startswith("# TYPE"):
            heads.append(line)
        elif not line.startswith("#"):
            lines = found.setdefault(int(line.rpartition(" ")[2]), [])
            lines += [head for head in heads if head not in lines]
            lines.append(line)
    return {time: "\n".join([*lines, "# EOF\n"]) for time, lines in found.items()}


def take_in(history: Path, data: Path) -> None:
    """Make blocks of a history, by the commands that are told."""
    promtool = find(servers.PROMTOOL)
    for path in sorted(history.iterdir()):
        command = [promtool, "tsdb", "create-blocks-from", "openmetrics", str(path), str(data)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def prometheus(data: Path) -> Iterator[servers.Server]:
    """Run Prometheus on data of any age; it scrapes nothing."""
    config = data.with_suffix(".yml")
    config.write_text("{}\n")
    port = servers.free_port()
    command = tuple(
        "--storage.tsdb.retention.time=100y" if "retention.time" in word else word
        for word in servers.prometheus_command(
            find(servers.PROMETHEUS), config=config, data=data, port=port
        )
    )
    process = Process("prometheus", command, data.with_suffix(".log"))
    server = servers.Server(process, port)
    try:
        assert server.await_ready(), process.tail()
        yield server
    finally:
        end([process])


def at(server: servers.Server, time: float, selector: str) -> dict[Sample, float]:
    """Ask for all series of a moment; those of the target itself are left out of their labels."""
    answer = ask(server, "query", query=selector, time=str(time))["result"]
    found = {}
    for one in answer:
        labels = {k: v for k, v in one["metric"].items() if k not in TARGET}
        found[_sample(labels.pop("__name__"), labels)] = float(one["value"][1])
    return found


def value(server: servers.Server, time: float, expression: str) -> float:
    """Ask for one number."""
    answer = ask(server, "query", query=expression, time=str(time))["result"]
    assert len(answer) == 1, json.dumps(answer)
    return float(answer[0]["value"][1])


def _sample(name: str, labels: dict[str, str]) -> Sample:
    return name, tuple(sorted(labels.items()))
