"""`agentgauge check`: tells whether the spec is right."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from agentgauge.spec_argument import spec_argument
from generator.yaml_text import dump
from spec.load import load_spec
from spec.problems import SpecError

if TYPE_CHECKING:
    from pathlib import Path


@click.command("check")
@spec_argument
@click.option(
    "--resolved", is_flag=True,
    help="Print SPEC as it is after presets and catalogue were merged into it, as YAML.",
)  # fmt: skip
def command(spec_path: Path, *, resolved: bool) -> None:
    """Check SPEC and print every problem in it.

    Each problem is one line, in the order of the file:

    \b
      agents.yaml:41:10: alerts.SlowTools.for: "5minutes" is not a duration; try 5m

    Exits with 0 where there is none, else with 1.
    """  # noqa: D301 (click takes the \b of a docstring that is not raw)
    try:
        spec = load_spec(spec_path)
    except SpecError as error:
        for problem in error.problems:
            click.echo(str(problem))
        count = len(error.problems)
        click.echo(f"{count} problem{'s' if count > 1 else ''} found", err=True)
        sys.exit(1)
    if resolved:
        header = f"{spec_path}, with what presets and catalogue add to it."
        click.echo(dump(spec.resolved, header), nl=False)
    parts = (
        (len(spec.sources), "source"), (len(spec.alerts), "alert"),
        (len(spec.dashboards), "dashboard"), (len(spec.oncall.receivers), "receiver"),
    )  # fmt: skip
    counted = ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in parts)
    click.echo(f"{spec_path} is right: {counted}", err=True)
