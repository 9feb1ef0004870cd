"""`agentgauge export`: the exporter."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from agentgauge import __version__
from agentgauge.spec_argument import complain, load_or_exit
from exporter.server import DEFAULT_ADDRESS, DEFAULT_TELEMETRY_PATH
from spec.load import load_preset
from spec.model import Source
from spec.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.assembly import Exporter
    from spec.model import Family

_LOG = logging.getLogger("agentgauge")


@click.command("export")
@click.argument("paths", metavar="[SPEC | PATH...]", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--preset", metavar="NAME",
    help="Read the PATHs by this preset (or by the mapping in this file), without a spec. "
    "A directory is searched with the preset's own glob; - is standard input.",
)  # fmt: skip
@click.option(
    "--once", is_flag=True,
    help="Read everything to its end, print the metrics on standard output and exit.",
)  # fmt: skip
@click.option(
    "--web.listen-address", "address", default=DEFAULT_ADDRESS, show_default=True,
    metavar="[HOST]:PORT", help="Where /metrics is served.",
)  # fmt: skip
@click.option(
    "--web.telemetry-path", "telemetry_path", default=DEFAULT_TELEMETRY_PATH, show_default=True,
    metavar="PATH", help="The path of the metrics.",
)  # fmt: skip
@click.option(
    "--log.level", "level", default="info", show_default=True,
    type=click.Choice(["debug", "info", "warn", "error"]), help="How much is logged on stderr.",
)  # fmt: skip
@click.option(
    "--log.format", "log_format", default="logfmt", show_default=True,
    type=click.Choice(["logfmt", "json"]), help="How it is logged.",
)  # fmt: skip
def command(
    paths: tuple[Path, ...],
    preset: str | None,
    *,
    once: bool,
    address: str,
    telemetry_path: str,
    level: str,
    log_format: str,
) -> None:
    """Turn the agents' logs into Prometheus metrics.

    With a SPEC (agents.yaml unless named) its sources are followed and served on /metrics. With
    --preset, the PATHs are:

    \b
      agentgauge export --preset aider --once analytics.jsonl
      tail -F app.log | agentgauge export --preset hardened-agent -

    Every line is counted in agentgauge_lines_total under what became of it, and what could not be
    used in agentgauge_rejects_total under the rule and the reason.
    """  # noqa: D301 (click takes the \b of a docstring that is not raw)
    from agentgauge.logs import configure  # noqa: PLC0415 (keeps --help quick)
    from exporter.assembly import Exporter  # noqa: PLC0415 (the same)

    configure(level, log_format)
    fleet, sources, families, born_at_zero = _declared(paths, preset)
    if not sources:
        click.echo("the spec has no sources: add where the logs are, under sources:", err=True)
        sys.exit(1)
    wait = 0.0 if once else born_at_zero
    exporter = Exporter(fleet, sources, families, __version__, born_at_zero=wait)
    if once:
        _once(exporter)
    _serve(exporter, address, telemetry_path)


def _declared(
    paths: tuple[Path, ...], preset: str | None
) -> tuple[str, tuple[Source, ...], Mapping[str, Family], float]:
    """Give fleet, sources, families and seconds at zero, from a spec or from a preset."""
    if preset is None:
        if len(paths) > 1:
            raise click.UsageError("takes one SPEC; name a --preset to read several paths")
        spec = load_or_exit(paths[0] if paths else Path("agents.yaml"))
        return spec.fleet, spec.sources, spec.families, float(spec.timing.born_at_zero)
    if not paths:
        raise click.UsageError("--preset needs a PATH to read, or - for standard input")
    try:
        mapping, families = load_preset(preset)
    except SpecError as error:
        complain(error)
        sys.exit(1)
    stdin = [path for path in paths if str(path) == "-"]
    if stdin and len(paths) > 1:
        raise click.UsageError("- is read alone, without other paths")
    for path in paths:
        if path not in stdin and not path.exists() and not _is_glob(path):
            raise click.UsageError(f"{path}: there is no such file or directory")
    files = () if stdin else tuple(str(path.absolute()) for path in paths)
    return mapping.name, (Source(mapping.name, files, (mapping,), {}),), families, 15.0


def _is_glob(path: Path) -> bool:
    return any(sign in str(path) for sign in "*?[")


def _once(exporter: Exporter) -> NoReturn:
    """Read everything, print the exposition, exit."""
    from prometheus_client import generate_latest  # noqa: PLC0415 (keeps --help quick)

    from exporter.pipeline import PipelineError, progress_bar  # noqa: PLC0415 (the same)

    try:
        with progress_bar(sys.stderr) as progress:
            exporter.pipeline.run_once(progress)
    except PipelineError as error:
        raise click.ClickException(str(error)) from error
    rest = memoryview(generate_latest(exporter.registry))
    try:
        while rest:  # past Python's buffer, which would fail once more when the program ends
            rest = rest[os.write(sys.stdout.fileno(), rest) :]
    except BrokenPipeError:
        raise  # who reads has seen enough; click ends quietly
    except OSError as error:
        message = f"standard output can't be written: {error.strerror}"
        raise click.ClickException(message) from error
    sys.exit(0)


def _serve(exporter: Exporter, address: str, telemetry_path: str) -> NoReturn:
    """Follow and serve until a signal comes or reading breaks off."""
    from exporter.server import (  # noqa: PLC0415 (keeps --help quick)
        Application,
        ListenError,
        MetricsServer,
        Views,
    )
    from exporter.status import render_status  # noqa: PLC0415 (the same)

    pipeline = exporter.pipeline
    views = Views(
        registry=exporter.registry,
        healthy=lambda: pipeline.reading,
        ready=lambda: pipeline.ready,
        status_page=lambda: render_status(exporter.status(), telemetry_path),
        telemetry_path=telemetry_path,
    )
    try:
        server = MetricsServer(address, Application(views))
    except ListenError as error:
        raise click.ClickException(str(error)) from error
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    reading = pipeline.start(stop)
    server.start()
    _LOG.info("serving", extra={"fields": {"address": server.url, "version": __version__}})
    while not stop.wait(1.0):
        pass  # short waits: a signal is handled between them
    server.stop()
    reading.join(timeout=5)
    if pipeline.failure is not None:
        _LOG.error(str(pipeline.failure))
        sys.exit(1)
    sys.exit(0)
