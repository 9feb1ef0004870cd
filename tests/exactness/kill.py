"""Kills the exporter again and again while logs are written, rotated and scraped.

    python -m tests.exactness.kill --kills 200

The totals at the end must be those of the lines, and no counter may ever have gone back. What was
read is removed as it goes, so that reading everything again could not give the right totals.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tests.exactness.exporter_run import Run, Scraper, totals, wait_for_lines
from tests.exactness.logs import ROTATIONS, Log

if TYPE_CHECKING:
    from collections.abc import Callable

MAPPING = Path(__file__).with_name("mapping.yaml")
EVERY = 10
"""Kills after which the exporter is let catch up, and what it has read is removed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out: kills, lines written, scrapes, and everything that is wrong."""

    kills: int
    lines: int
    scrapes: int
    wrong: list[str]


def spec_for(folder: Path, more: str = "") -> Path:
    """Write a spec that follows the logs of a folder."""
    spec = folder / "agents.yaml"
    spec.write_text(
        "version: 1\nfleet: exact\ntiming: {born_at_zero: 0s}\n"
        f"sources:\n  - {{name: logs, file: '{folder}/logs/*.log', preset: {MAPPING}}}\n{more}"
    )
    return spec


def kill_again_and_again(
    folder: Path, kills: int, seed: int, told: Callable[[], None] = lambda: None
) -> Outcome:
    """Do it, below an empty folder."""
    chosen = random.Random(seed)
    (folder / "logs").mkdir()
    logs = [Log(folder / "logs", f"{w}.log", w, seed * 10 + i) for i, w in enumerate(ROTATIONS)]
    run = Run(spec_for(folder), folder / "state")
    run.start()
    scraper = Scraper(run)
    try:
        for kill in range(1, kills + 1):
            deadline = time.monotonic() + chosen.uniform(0.05, 2.0)
            while time.monotonic() < deadline:
                _disturb(logs, chosen)
                time.sleep(chosen.uniform(0.001, 0.02))
            run.kill()
            for _ in range(chosen.randrange(4)):
                _disturb(logs, chosen)
            run.start()
            told()
            if kill % EVERY == 0:
                for log in logs:
                    log.write(1)
                wait_for_lines(run, sum(log.lines for log in logs))
                for log in logs:
                    if log.way == "recreate":
                        log.rotate()
                    log.remove_old()
        for log in logs:
            log.close()
        lines = sum(log.lines for log in logs)
        samples = wait_for_lines(run, lines)
    finally:
        scraper.end()
        run.kill()
    wanted = sum((log.totals for log in logs), Counter())
    return Outcome(kills, lines, scraper.scrapes, scraper.decreases + differences(samples, wanted))


def differences(samples: dict[str, float], wanted: Counter[tuple[str, ...]]) -> list[str]:
    """Compare what is shown with what was written."""
    have = totals(samples)
    return [
        f"{' '.join(key)}: {have[key]} instead of {count}"
        for key, count in sorted(wanted.items())
        if key[0] != "parts" and abs(have[key] - count) > 1e-6
    ]


def _disturb(logs: list[Log], chosen: random.Random) -> None:
    """Write something somewhere, and rotate now and then.

    What is removed before it was read is lost to everybody: the log that is removed and made
    anew has its turn when everything is known to be read.
    """
    log = chosen.choice(logs)
    log.write(chosen.randrange(1, 40), partial=chosen.random() < 0.3)
    if chosen.random() < 0.05 and log.way != "recreate":
        log.rotate()


@click.command()
@click.option("--kills", default=200, show_default=True, help="Times that it is killed.")
@click.option("--seed", type=int, help="What happens when; by chance unless given.")
def main(kills: int, seed: int | None) -> None:
    """Kill the exporter again and again; exit with 1 if anything was wrong."""
    seed = random.randrange(10**6) if seed is None else seed
    with (
        tempfile.TemporaryDirectory(prefix="agentgauge-kill-") as folder,
        click.progressbar(length=kills, label="kills", file=sys.stderr) as bar,
    ):
        outcome = kill_again_and_again(Path(folder), kills, seed, lambda: bar.update(1))
    click.echo(
        f"seed {seed}: {outcome.kills} kills, {outcome.lines} lines, "
        f"{outcome.scrapes} scrapes, {len(outcome.wrong)} wrong"
    )
    for line in outcome.wrong[:50]:
        click.echo(line)
    sys.exit(bool(outcome.wrong))


if __name__ == "__main__":
    main()
