"""`python -m benchmarks.exporter`: lines a second of `export --once`, beside its floor and mtail.

Every contender reads the same file in a process of its own, in turns, on one core. What counts is
the ratio of the medians of the CPU seconds (user and system), which a busy machine moves least.
Start-up is measured on an empty file, shown, and taken off.
"""

from __future__ import annotations

import os
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


# What many exporters would begin with: each line into dicts, and nothing done with them.
_ORJSON = """
import sys
import orjson
for line in open(sys.argv[1], "rb"):
    try:
        orjson.loads(line)
    except ValueError:
        pass
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: CPU seconds, and its largest resident memory in MB."""

    seconds: float
    resident: float


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
        Contender("orjson.loads alone", lambda path: [
            sys.executable, "-c", _ORJSON, str(path),
        ]),
    ]  # fmt: skip
    mtail = shutil.which("mtail")
    if mtail:
        found.append(Contender("mtail -one_shot", lambda path: [
            mtail, "-one_shot", f"-progs={_PROGRAM}", f"-logs={path}", "-logtostderr",
            "-stderrthreshold=fatal",
        ]))  # fmt: skip
    return found


def run(contender: Contender, path: Path) -> Cost:
    """Run once, on one core."""
    core = str(max(os.sched_getaffinity(0)))
    pinned = ["taskset", "-c", core] if shutil.which("taskset") else []
    process = subprocess.Popen(
        [*pinned, *contender.command(path)],
        env={**os.environ, "GOMAXPROCS": "1"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise click.ClickException(f"{contender.name} failed: it exited with {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)


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
        costs: dict[str, list[Cost]] = {one.name: [] for one in everybody}
        idle: dict[str, list[float]] = {one.name: [] for one in everybody}
        with click.progressbar(range(rounds), label="rounds", file=sys.stderr) as bar:
            for _ in bar:
                for one in everybody:
                    idle[one.name].append(run(one, empty).seconds)
                    costs[one.name].append(run(one, log))
        size = log.stat().st_size / 1e6
    speed = {}
    click.echo(
        f"{lines:,} lines, {size:,.0f} MB, medians of {rounds} rounds, one core each, CPU time"
    )
    for name, took in costs.items():
        start = statistics.median(idle[name])
        net = max(statistics.median(cost.seconds for cost in took) - start, 1e-9)
        resident = max(cost.resident for cost in took)
        speed[name] = lines / net
        click.echo(
            f"{name:28} {speed[name]:>10,.0f} lines/s {size / net:>6,.0f} MB/s  start {start:.2f} s"
            f"  {resident:.0f} MB resident"
        )
    ours, *others = speed
    for name in others:
        click.echo(f"{ours} / {name}: {speed[ours] / speed[name]:.2f}")
    if len(others) == 1:
        click.echo("mtail is not installed here: apt-get install -y mtail", err=True)


if __name__ == "__main__":
    main()
