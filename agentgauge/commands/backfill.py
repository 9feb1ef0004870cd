"""`agentgauge backfill`: the history of old logs, for Prometheus."""

from __future__ import annotations

import math
import re
import shlex
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentgauge.commands.export import what_to_read
from agentgauge.spec_argument import complain, paths_argument, preset_option
from exporter.server import DEFAULT_ADDRESS
from spec.load import load_spec
from spec.problems import SpecError
from spec.quantities import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exporter.backfill.history import Fleet, Span, Written
    from exporter.pipeline import Progress

JOB = "agentgauge"
INSTANCE = f"localhost{DEFAULT_ADDRESS}"

_HOUR = 3600
_KEPT = 15
"""Days that Prometheus keeps, unless told."""
_LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")


def _moment(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """Read ISO 8601 as seconds since 1970; no zone means UTC."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        message = f'"{value}" is no time; try 2026-11-01 or 2026-11-01T08:00Z'
        raise click.BadParameter(message) from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _step(_ctx: click.Context, _param: click.Parameter, value: str) -> int:
    """Read a Prometheus duration of a second to an hour."""
    try:
        seconds = parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if seconds.denominator != 1 or not 1 <= seconds <= _HOUR:
        raise click.BadParameter(f'"{value}" must be whole seconds, an hour at most; try 1m')
    return int(seconds)


def _labels(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Read labels, NAME=VALUE each."""
    labels = {}
    for value in values:
        name, sign, text = value.partition("=")
        if not sign or not _LABEL.fullmatch(name):
            raise click.BadParameter(f'"{value}" is no label; try instance={INSTANCE}')
        labels[name] = text
    return labels


@click.command("backfill")
@paths_argument
@preset_option
@click.option(
    "--to", required=True, metavar="DIR", type=click.Path(file_okay=False, path_type=Path),
    help="Where the files go: a folder that is not there yet, or is empty.",
)  # fmt: skip
@click.option(
    "--from", "since", metavar="TIME", callback=_moment, default="1970-01-01",
    help="No samples before this time (ISO 8601). Counters begin with what older lines came to.",
)  # fmt: skip
@click.option(
    "--until", metavar="TIME", callback=_moment,
    help="Leave out what happened later: where the exporter runs already, when it began. "
    "[default: now]",
)  # fmt: skip
@click.option(
    "--step", metavar="DURATION", callback=_step, default="1m", show_default=True,
    help="How finely changes are told apart.",
)  # fmt: skip
@click.option(
    "--label", "labels", metavar="NAME=VALUE", multiple=True, callback=_labels,
    help="A label of all series, as Prometheus would have given it; without a VALUE, none. May be "
    f"repeated. [default: job={JOB} and instance={INSTANCE}, or what the spec's selector says]",
)  # fmt: skip
def command(  # noqa: PLR0917 (an argument an option)
    paths: tuple[Path, ...],
    preset: str | None,
    to: Path,
    since: float,
    until: float | None,
    step: int,
    labels: dict[str, str],
) -> None:
    """Write the history of old logs, so that dashboards show last month on the first day.

    What comes out is OpenMetrics with times, for promtool. It holds what Prometheus would have
    scraped, had the exporter run all along. The commands to run next are printed.

    \b
      agentgauge backfill --preset claude-code ~/.claude/projects --to history
      agentgauge backfill agents.yaml --to history --from 2026-11-01

    With a SPEC (agents.yaml unless named) the logs of its sources are read, and its labels hold.
    Rotated and compressed files are read too. Nothing is changed but DIR.
    """  # noqa: D301 (click takes the \b of a docstring that is not raw)
    from agentgauge.logs import configure  # noqa: PLC0415 (keeps --help quick)
    from exporter.backfill.history import Span  # noqa: PLC0415 (the same)

    configure("warn", "logfmt")
    now = time.time()
    # What is written just now is not of the future.
    end = math.ceil(now) + 1 if until is None else int(min(until, now))
    if since >= end:
        raise click.UsageError("--from must be before --until, and before now")
    try:
        full = to.exists() and any(to.iterdir())
    except OSError as error:
        raise click.UsageError(f"{to} can't be looked into: {error.strerror}") from error
    if full:
        message = f"{to} is not empty: name another folder, or remove it if you need it no more"
        raise click.UsageError(message)
    try:
        fleet, skipped = _fleet(paths, preset, labels)
    except SpecError as error:
        complain(error)
        sys.exit(1)
    if not fleet.sources:
        raise click.ClickException("no source has files, so there is nothing old to read")
    written = _write(fleet, Span(since, end, step), to)
    for line in _told(written, end, skipped):
        click.echo(line)
    if not written.samples:
        click.echo(f"there is nothing to write between these times; {to} was not made", err=True)
        sys.exit(1)
    for line in _next(written, fleet, to, preset):
        click.echo(line)


def _fleet(
    paths: tuple[Path, ...], preset: str | None, labels: Mapping[str, str]
) -> tuple[Fleet, tuple[str, ...]]:
    """Give what is to be read, and the names of the sources that have no old logs.

    Raises:
        SpecError: the spec, or the preset, is wrong.
    """
    from exporter.backfill.history import Fleet  # noqa: PLC0415 (keeps --help quick)

    settings, declared, families = what_to_read(paths, preset)
    selector: Mapping[str, str] = {}
    if preset is None:
        selector = load_spec(paths[0] if paths else Path("agents.yaml")).selector
    taken = {name for family in families.values() for name in family.labels}
    taken |= {name for source in declared for name in source.labels}
    for name in labels:
        if name in taken:
            raise click.UsageError(f"--label {name}: series have a label of this name already")
    of_files = [one for one in declared if one.files or preset is not None]
    given = {"job": JOB, "instance": INSTANCE, **selector, **labels}
    target = {name: value for name, value in given.items() if value}
    sources = tuple(
        replace(one, start="beginning", labels={**one.labels, **target}) for one in of_files
    )
    skipped = tuple(one.name for one in declared if one not in of_files)
    return Fleet(settings, sources, families), skipped


def _write(fleet: Fleet, span: Span, to: Path) -> Written:
    """Write the files beside their folder, and give it its name when all of them are there."""
    from exporter.backfill.history import write_history  # noqa: PLC0415 (keeps --help quick)

    place = to.absolute()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=place.parent, prefix=f".{place.name}-", ignore_cleanup_errors=True
        ) as made:
            unfinished = Path(made) / "files"
            unfinished.mkdir()
            written = write_history(fleet, span, unfinished, _bar)
            if written.samples:
                unfinished.rename(place)
    except OSError as error:
        message = f"{to} can't be written: {error.strerror or error}; nothing was kept"
        raise click.ClickException(message) from error
    return written


@contextmanager
def _bar(label: str) -> Iterator[Progress]:
    """Show a bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr, show_pos=False) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield show


def _told(written: Written, end: int, skipped: tuple[str, ...]) -> Iterator[str]:
    """Say what came of every line, and why what is not there is not there."""
    taken, lines = written.taken, written.lines
    if written.first is not None and written.last is not None:
        yield (
            f"{_count(len(written.files), 'file')}, {_count(written.samples, 'sample')}, "
            f"{written.series} series, {_at(written.first)} to {_at(written.last)}"
        )
    counts = ", ".join(f"{count} {outcome}" for outcome, count in lines.items() if count)
    yield f"{_count(taken.records, 'line')} read{': ' if counts else ''}{counts}"
    if taken.late:
        yield f"{_count(taken.late, 'line')} left out: later than {_at(end)} (--until)"
    if taken.dated:
        yield (
            f"{_count(taken.dated, 'line')} in {_count(taken.undated, 'file')} without any time: "
            "counted when the file was last written"
        )
    if taken.beside:
        yield f"{_count(taken.beside, 'line')} without a time: counted with the line before"
    if taken.unread:
        yield f"{_count(taken.unread, 'byte')} of files could not be read to their end"
    for reject in written.rejects:
        if reject.count:
            yield f"{_count(reject.count, 'time')} not used: {reject.rule}: {reject.reason}"
    for name in skipped:
        yield f"source {name}: has no files, so there is nothing old to read"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _next(written: Written, fleet: Fleet, to: Path, preset: str | None) -> Iterator[str]:
    """Say which commands bring the files into Prometheus."""
    folder = shlex.quote(str(to))
    first, last = written.first or 0, written.last or 0
    yield ""
    yield "Next, as the user that Prometheus runs as, with DATA for its --storage.tsdb.path:"
    yield f"  for file in {folder}/*.om; do"
    yield '    promtool tsdb create-blocks-from openmetrics "$file" DATA'
    yield "  done"
    days = int(time.time() - first) // 86_400 + 1
    if days > _KEPT:
        yield f"Prometheus keeps {_KEPT} days; it needs --storage.tsdb.retention.time={days}d"
    if preset is None:
        rules = f"alerts/rules/{fleet.settings.fleet}.recording.yaml"
        yield "When it has found the blocks, within some minutes, the recorded series:"
        yield f"  promtool tsdb create-blocks-from rules --start={first} --end={last} \\"
        yield f"    --url=http://localhost:9090 --output-dir=DATA {shlex.quote(rules)}"


def _at(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
