"""`agentgauge test`: proves rules, routes, messages and mappings."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentgauge.spec_argument import load_or_exit, spec_argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agentgauge.proof.whole import Prover, Tools


@click.command("test")
@spec_argument
@click.option(
    "--out", default=".", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Where `generate` wrote alerts/; the current folder unless named.",
)  # fmt: skip
@click.option(
    "--fresh", is_flag=True, help="Prove what SPEC says now, not the files that were generated.",
)  # fmt: skip
@click.option(
    "--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write the result as JUnit's XML too.",
)  # fmt: skip
def command(spec_path: Path, out: Path, junit: Path | None, *, fresh: bool) -> None:
    """Prove that pages come when they should, and reach whom they should.

    What is proven is what Prometheus and Alertmanager load: the files in DIR/alerts where they are,
    else what SPEC gives. promtool runs every case of every alert; then it runs them against rules
    with a mistake each (a comparison turned round, a threshold ten times as high, a `for`
    dropped), and every mistake must be noticed. A real Alertmanager is asked who is told, what is
    silenced and how the messages read. Presets' own tests turn lines into metrics.

    Exits with 1 where anything fails, where a rule, alert, route or template has no case, and where
    the files are not what SPEC says.
    """
    spec = load_or_exit(spec_path)
    tools = _tools()
    try:
        from agentgauge.proof.whole import Prover  # noqa: PLC0415 (a sidecar has no grafanalib)
        from generator.build import build  # noqa: PLC0415 (the same)
        from generator.output import drift, write  # noqa: PLC0415 (the same)
        from generator.resolve import resolve  # noqa: PLC0415 (the same)
    except ModuleNotFoundError as error:
        hint = "proofs need the generator: pip install 'agentgauge[generate]'"
        raise click.ClickException(f"{error}; {hint}") from error
    artefacts = build(spec)
    on_disk = (out / "alerts" / "rules").is_dir() and not fresh
    stale = [one.path for one in drift(artefacts, out)] if on_disk else []
    with tempfile.TemporaryDirectory() as folder:
        where = out if on_disk else Path(folder)
        if not on_disk:
            write(artefacts, where)
        try:
            prover = Prover(spec, resolve(spec), where / "alerts", tools)
        except (OSError, ValueError) as error:
            raise click.ClickException(f"{error}; `agentgauge generate` mends it") from error
        click.echo(f"proving {'the files in ' + str(out / 'alerts') if on_disk else spec_path}")
        holds = _prove(prover, junit)
    for path in stale:
        click.echo(f"{path} is not what {spec_path} says; `agentgauge generate` mends it", err=True)
    sys.exit(0 if holds and not stale else 1)


def _prove(prover: Prover, junit: Path | None) -> bool:
    from agentgauge.proof.oncall import Missing  # noqa: PLC0415 (a sidecar has no grafanalib)
    from agentgauge.proof.report import told, write_junit  # noqa: PLC0415 (the same)

    try:
        with _progress(prover.work) as progress:
            proof = prover.prove(progress)
    except Missing as error:
        raise click.ClickException(str(error)) from error
    for line in told(proof, prover.rules):
        click.echo(line)
    if junit:
        try:
            write_junit(proof, junit)
        except OSError as error:
            raise click.ClickException(f"{junit}: {error.strerror}") from error
    return proof.holds


@contextmanager
def _progress(work: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=work, label="proving", file=sys.stderr) as bar:
        yield bar.update


def _tools() -> Tools:
    """Find promtool and amtool; where one is missing, say what brings it."""
    from agentgauge.proof.whole import Tools  # noqa: PLC0415 (keeps --help quick)
    from agentgauge.servers import AMTOOL, PROMTOOL  # noqa: PLC0415 (the same)

    found = {program: program.find() for program in (PROMTOOL, AMTOOL)}
    missing = [program.missing() for program, path in found.items() if path is None]
    if missing:
        raise click.ClickException("; ".join(missing))
    return Tools(*(str(path) for path in found.values()))
