"""`agentgauge export`: the exporter."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from agentgauge import __version__
from agentgauge.spec_argument import complain, paths_argument, preset_option
from exporter.server import DEFAULT_ADDRESS, DEFAULT_TELEMETRY_PATH
from spec.load import load_preset, load_spec
from spec.model import SERIES_LIMIT, Source
from spec.names import with_names
from spec.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.assembly import Settings
    from spec.model import Family


@click.command("export")
@paths_argument
@preset_option
@click.option(
    "--once", is_flag=True,
    help="Read everything to its end, print the metrics on standard output and exit. "
    "Nothing is kept.",
)  # fmt: skip
@click.option(
    "--state-dir", "state", metavar="DIR", type=click.Path(path_type=Path),
    help="Where positions, counts and memory are kept over restarts. "
    "[default: $STATE_DIRECTORY, else agentgauge/FLEET in $XDG_STATE_HOME or ~/.local/state]",
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
    "--web.config.file", "web_config", metavar="FILE", type=click.Path(path_type=Path),
    help="TLS and basic authentication, in the format of Prometheus' exporter-toolkit.",
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
    state: Path | None,
    address: str,
    telemetry_path: str,
    web_config: Path | None,
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
    used in agentgauge_rejects_total under the rule and the reason. A restart goes on where the
    exporter stopped, however it stopped: nothing is lost and nothing counts twice. SIGHUP, or POST
    to /-/reload, reads the spec again.
    """  # noqa: D301 (click takes the \b of a docstring that is not raw)
    from agentgauge.logs import configure  # noqa: PLC0415 (keeps --help quick)
    from agentgauge.serving import Serving, serve  # noqa: PLC0415 (the same)
    from agentgauge.state_directory import (  # noqa: PLC0415 (the same)
        name_of_paths,
        state_directory,
    )

    configure(level, log_format)
    if once and state is not None:
        raise click.UsageError("--once keeps nothing: leave out --state-dir")

    def declared() -> tuple[Settings, tuple[Source, ...], Mapping[str, Family]]:
        return what_to_read(paths, preset)

    try:
        settings, sources, families = declared()
    except SpecError as error:
        complain(error)
        sys.exit(1)
    if not sources:
        click.echo("the spec has no sources: add where the logs are, under sources:", err=True)
        sys.exit(1)
    if once:
        _once(settings, sources, families)
    # Without a spec there is no fleet: other paths are another state.
    name = name_of_paths(settings.fleet, paths) if preset else settings.fleet
    folder = state_directory(state, name)
    serve(declared, Serving(folder, address, telemetry_path, web_config))


def what_to_read(
    paths: tuple[Path, ...], preset: str | None
) -> tuple[Settings, tuple[Source, ...], Mapping[str, Family]]:
    """Give settings, sources and families, from a spec or from a preset.

    Raises:
        SpecError: they are wrong.
    """
    from exporter.assembly import Settings  # noqa: PLC0415 (keeps --help quick)

    if preset is None:
        if len(paths) > 1:
            raise click.UsageError("takes one SPEC; name a --preset to read several paths")
        spec = load_spec(paths[0] if paths else Path("agents.yaml"))
        timing = spec.timing
        settings = Settings(
            spec.fleet, __version__, float(timing.born_at_zero), float(timing.gauges_expire),
            spec.series_limit, serves=True, sessions=spec.sessions, prices=spec.prices,
            views=spec.names.views if spec.names else (),
        )  # fmt: skip
        return settings, with_names(spec.sources, spec.names), spec.families
    if not paths:
        raise click.UsageError("--preset needs a PATH to read, or - for standard input")
    mapping, families = load_preset(preset)
    stdin = [path for path in paths if str(path) == "-"]
    if stdin and len(paths) > 1:
        raise click.UsageError("- is read alone, without other paths")
    for path in paths:
        if path not in stdin and not path.exists() and not _is_glob(path):
            raise click.UsageError(f"{path}: there is no such file or directory")
    files = () if stdin else tuple(str(path.absolute()) for path in paths)
    settings = Settings(mapping.name, __version__, 15.0, 86_400.0, SERIES_LIMIT, serves=True)
    return settings, (Source(mapping.name, files, (mapping,), {}),), families


def _once(
    settings: Settings, sources: tuple[Source, ...], families: Mapping[str, Family]
) -> NoReturn:
    """Read everything, print the exposition, exit."""
    from exporter.assembly import Exporter  # noqa: PLC0415 (keeps --help quick)
    from exporter.pipeline import PipelineError, progress_bar  # noqa: PLC0415 (the same)

    exporter = Exporter(replace(settings, born_at_zero=0.0, serves=False), sources, families)
    try:
        with progress_bar(sys.stderr) as progress:
            exporter.pipeline.run_once(progress)
    except PipelineError as error:
        raise click.ClickException(str(error)) from error
    rest = memoryview(exporter.metrics()[1])
    try:
        while rest:  # past Python's buffer, which would fail once more when the program ends
            rest = rest[os.write(sys.stdout.fileno(), rest) :]
    except BrokenPipeError:
        raise  # who reads has seen enough; click ends quietly
    except OSError as error:
        message = f"standard output can't be written: {error.strerror}"
        raise click.ClickException(message) from error
    sys.exit(0)


def _is_glob(path: Path) -> bool:
    return any(sign in str(path) for sign in "*?[")
