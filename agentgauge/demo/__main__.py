"""`python -m agentgauge.demo`: simulated agents that write logs into a folder."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from agentgauge.demo.simulator import Incidents, simulate
from agentgauge.demo.writer import play


@click.command()
@click.option(
    "--dir",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the logs go: agents/*.jsonl, executions/*.jsonl and so on.",
)
@click.option("--seconds", type=float, help="Stop after so much of the fleet's time.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    help="How much faster than the clock; inf writes at once (and needs --seconds).",
)
@click.option("--incident-now", is_flag=True, help="Begin with an incident.")
@click.option(
    "--history", type=click.FloatRange(min=0), default=0.0, help="First write so many past seconds."
)
@click.option("--seed", type=int, default=1, help="The same seed gives the same fleet.")
def main(
    folder: Path,
    *,
    seconds: float | None,
    speed: float,
    incident_now: bool,
    history: float,
    seed: int,
) -> None:
    """Simulate a fleet of agents that has an incident every few minutes."""
    if speed == float("inf") and seconds is None:
        raise click.UsageError("--speed inf never ends; say how much with --seconds")
    live = datetime.now(UTC)
    usual = Incidents()
    first = 1.0 if incident_now else usual.anchor
    lines = simulate(seed, live - timedelta(seconds=history), Incidents(anchor=history + first))
    try:
        play(lines, folder, live=live, seconds=seconds, speed=speed)
    except KeyboardInterrupt:
        sys.exit(0)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error


if __name__ == "__main__":
    main()
