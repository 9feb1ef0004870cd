"""`python -m benchmarks.exporter`: lines a second of `export --once`, beside its floor and mtail.

Every contender reads the same file in a process of its own, in turns, on one core. What counts is
the ratio of the medians of the CPU seconds (user and system), which a busy machine moves least.
Start-up is measured on an empty file, shown, and taken off.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarks.log import write_log

if TYPE_CHECKING:
    from collections.abc import Callable

_PROGRAM = Path(__file__).with_name("hardened_agent.mtail")
# The least that a typed parse can cost: blocks read and decoded into the same structs, the events
# thrown away. A block with a malformed line is decoded line by line, as it must be.
_PARSE = """
import sys
import msgspec
from exporter.formats import make_format
from exporter.mapping.plan import make_plan
from exporter.sources.file import FileSource
from spec.load import load_preset
mappings = (load_preset("hardened-agent")[0],)
plan = make_plan(mappings)
decoder = msgspec.json.Decoder(make_format(mappings, "", plan.tag_field, plan.shapes).type)
for block in FileSource((sys.argv[1],)).blocks():
    try:
        decoder.decode_lines(block.data)
    except msgspec.DecodeError:
        for line in block.data.splitlines():
            try:
                decoder.decode(line)
            except msgspec.DecodeError:
                pass
"""


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to read the log: `command` makes the arguments for a file."""

    name: str
    command: Callable[[Path], list[str]]


def contenders() -> list[Contender]:
    """List who runs here; mtail only where it is installed."""
    found = [
        Contender("agentgauge export --once", lambda path: [
            sys.executable, "-m", "agentgauge", "export", "--preset", "hardened-agent", "--once",
            str(path),
        ]),
        Contender("msgspec typed parse alone", lambda path: [
            sys.executable, "-c", _PARSE, str(path),
        ]),
    ]  # fmt: skip
    mtail = shutil.which("mtail")
    if mtail:
        found.append(Contender("mtail -one_shot", lambda path: [
            mtail, "-one_shot", f"-progs={_PROGRAM}", f"-logs={path}", "-logtostderr",
            "-stderrthreshold=fatal",
        ]))  # fmt: skip
    return found


def run(contender: Contender, path: Path) -> float:
    """Run once, on one core; give the CPU seconds."""
    core = str(max(os.sched_getaffinity(0)))
    pinned = ["taskset", "-c", core] if shutil.which("taskset") else []
    environment = {**os.environ, "GOMAXPROCS": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [*pinned, *contender.command(path)],
        check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@click.command()
@click.option("--lines", default=1_000_000, show_default=True, help="Lines of the log.")
@click.option("--rounds", default=5, show_default=True, help="Times that everybody reads it.")
def main(lines: int, rounds: int) -> None:
    """Print lines a second of each contender, and the ratios of their medians."""
    with tempfile.TemporaryDirectory() as folder:
        log, empty = Path(folder, "agents.jsonl"), Path(folder, "empty.jsonl")
        write_log(log, lines)
        empty.touch()
        everybody = contenders()
        seconds: dict[str, list[float]] = {one.name: [] for one in everybody}
        idle: dict[str, list[float]] = {one.name: [] for one in everybody}
        with click.progressbar(range(rounds), label="rounds", file=sys.stderr) as bar:
            for _ in bar:
                for one in everybody:
                    idle[one.name].append(run(one, empty))
                    seconds[one.name].append(run(one, log))
        size = log.stat().st_size / 1e6
    speed = {}
    click.echo(
        f"{lines:,} lines, {size:,.0f} MB, medians of {rounds} rounds, one core each, CPU time"
    )
    for name, times in seconds.items():
        start = statistics.median(idle[name])
        net = max(statistics.median(times) - start, 1e-9)
        speed[name] = lines / net
        click.echo(
            f"{name:28} {speed[name]:>10,.0f} lines/s {size / net:>6,.0f} MB/s  start {start:.2f} s"
        )
    ours, *others = speed
    for name in others:
        click.echo(f"{ours} / {name}: {speed[ours] / speed[name]:.2f}")
    if len(others) == 1:
        click.echo("mtail is not installed here: apt-get install -y mtail", err=True)


if __name__ == "__main__":
    main()
