"""`agentgauge init`: a first spec."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from spec.load import preset_names

_STARTER = """\
# agentgauge: the whole watch of a fleet of agents.
#   agentgauge check      is this file right?
#   agentgauge export     run the exporter: logs in, http://localhost:9477/metrics out
#   agentgauge generate   write dashboards/ and alerts/
version: 1
fleet: {fleet}                        # names rules and dashboards; a label on every alert

sources:
  - file: {glob}
    preset: {preset}

budgets:
  daily-cost: {{metric: agent_cost_usd_total, limit: 50, per: 1d}}   # US dollars

oncall:
  receivers:
    team: {{webhook: {{url: "http://localhost:9094/"}}}}   # or slack, pagerduty, email
  default: team
"""


@click.command("init")
@click.argument(
    "logdir", metavar="[LOGDIR]", default="logs", type=click.Path(file_okay=False, path_type=Path)
)
@click.option(
    "--preset", default="hardened-agent", show_default=True, metavar="NAME",
    help="Which agents write the logs.",
)  # fmt: skip
@click.option(
    "--fleet", default="agents", show_default=True, metavar="NAME", help="What to call the fleet.",
)  # fmt: skip
@click.option(
    "--out", default="agents.yaml", show_default=True, metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path), help="Where the spec goes.",
)  # fmt: skip
def command(logdir: Path, preset: str, fleet: str, out: Path) -> None:
    """Write a first agents.yaml, for agents that log to LOGDIR.

    A file that is there already is left alone.
    """
    if preset not in preset_names():
        known = ", ".join(preset_names())
        raise click.UsageError(f"there is no preset {preset!r}; there is: {known}")
    if not re.fullmatch("[a-z][a-z0-9-]{0,29}", fleet):
        raise click.UsageError(
            f"{fleet!r} is no fleet's name: up to 30 lower-case letters, digits and dashes"
        )
    # Every JSON text is a YAML text.
    glob = json.dumps(f"{logdir}/**/*.jsonl", ensure_ascii=False)
    text = _STARTER.format(fleet=fleet, glob=glob, preset=preset)
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise click.ClickException(f"{out} is there already; name another with --out") from error
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from error
    click.echo(f"wrote {out}; next: agentgauge check {out}", err=True)
