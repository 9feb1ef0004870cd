"""`agentgauge generate`: the spec's dashboards, rules, routes, tests and runbooks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentgauge.spec_argument import load_or_exit, spec_argument

if TYPE_CHECKING:
    from generator.output import Drift

_EXTRA = "the generator is an extra of its own: pip install 'agentgauge[generate]'"


@click.command("generate")
@spec_argument
@click.option(
    "--out", default=".", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Where dashboards/ and alerts/ go; the current folder unless named.",
)  # fmt: skip
@click.option("--check", is_flag=True, help="Write nothing; name what differs and exit with 1.")
@click.option(
    "--diff", is_flag=True,
    help="Write nothing; tell which alerts, routes and panels differ, and exit with 1.",
)  # fmt: skip
@click.option(
    "--unified", is_flag=True, help="Write nothing; show the lines that differ, and exit with 1.",
)  # fmt: skip
def command(spec_path: Path, out: Path, *, check: bool, diff: bool, unified: bool) -> None:
    """Write the dashboards and alerts that SPEC describes.

    dashboards/ and alerts/ belong to the generator: what it wrote earlier and no longer needs is
    removed, files of anybody else are left alone (and named by --check). The same spec gives the
    same bytes, so that CI can compare:

    \b
      agentgauge generate --check
    """  # noqa: D301 (click takes the \b of a docstring that is not raw)
    spec = load_or_exit(spec_path)
    try:
        from generator.build import build  # noqa: PLC0415 (a sidecar has no grafanalib)
        from generator.output import drift, kept, write  # noqa: PLC0415 (the same)
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error}; {_EXTRA}") from error
    artefacts = build(spec)
    if check or diff or unified:
        found = drift(artefacts, out)
        click.echo(_told(found, diff=diff, unified=unified), nl=False)
        if found:
            one = len(found) == 1
            differ = "1 file differs" if one else f"{len(found)} files differ"
            mended = "it" if one else "them"
            click.echo(f"{differ}; `agentgauge generate` mends {mended}", err=True)
        sys.exit(1 if found else 0)
    left = kept(artefacts, out)
    try:
        changed = write(artefacts, out)
    except OSError as error:
        raise click.ClickException(
            f"{error.filename}: {error.strerror}; nothing is lost"
        ) from error
    for path in changed:
        click.echo(path)
    for path in left:
        click.echo(f"{path} is not needed any more, but it holds words of yours: kept", err=True)
    click.echo(f"{len(changed)} of {len(artefacts) + 1} files changed", err=True)


def _told(found: tuple[Drift, ...], *, diff: bool, unified: bool) -> str:
    """Tell drift in meaning, in lines, or both; where neither is asked for, by file."""
    from generator.difference import meaning, told  # noqa: PLC0415 (a sidecar has no grafanalib)
    from generator.output import unified as lines  # noqa: PLC0415 (the same)

    if not diff and not unified:
        return "".join(f"{drifted.how}: {drifted.path}\n" for drifted in found)
    return (told(meaning(found)) if diff else "") + (lines(found) if unified else "")
