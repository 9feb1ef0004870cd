"""`agentgauge explain`: what a mapping makes of a log, line by line or summed up."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from agentgauge.spec_argument import complain
from spec.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agentgauge.explaining.logs import Logs
    from agentgauge.explaining.telling import Choice

_FEW = 5


def _range(
    ctx: click.Context,  # noqa: ARG001 (click's signature)
    param: click.Parameter,  # noqa: ARG001 (the same)
    value: str | None,
) -> tuple[int, float] | None:
    """Read line numbers: `7`, `120-140` or `120-`.

    Raises:
        click.BadParameter: they are none.
    """
    if value is None:
        return None
    found = re.fullmatch(r"(\d+)(-(\d*))?", value)
    if not found:
        raise click.BadParameter(f"{value!r} is no line numbers: write 7, 120-140 or 120-")
    first = int(found[1])
    return first, float(found[3]) if found[3] else float("inf") if found[2] else first


@click.command("explain")
@click.argument(
    "paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--preset", metavar="NAME", help="Read them by this preset, or by this mapping.")
@click.option(
    "--spec", metavar="SPEC", type=click.Path(path_type=Path),
    help="Read them as the sources of this spec do.",
)  # fmt: skip
@click.option(
    "--lines", callback=_range, metavar="A-B", help="Tell of these lines, one by one.",
)  # fmt: skip
@click.option(
    "--only", type=click.Choice(["applied", "repeat", "unmatched", "rejected"]),
    help="Tell of lines that became this, or of which something was rejected, one by one.",
)  # fmt: skip
@click.option("--summary", is_flag=True, help="Sum up, however short the log is.")
@click.option(
    "--format", "style", default="text", show_default=True, type=click.Choice(["text", "json"]),
    help="For people, or an object for each line or summary.",
)  # fmt: skip
def command(
    paths: tuple[Path, ...],
    preset: str | None,
    spec: Path | None,
    lines: tuple[int, float] | None,
    only: str | None,
    *,
    summary: bool,
    style: Literal["text", "json"],
) -> None:
    """Say what becomes of the lines of a log, and why.

    For each line: whether it is applied, a repeat, unmatched or rejected; the rules that took it;
    what they added to which metric; of a line that no rule took, which rule comes nearest and what
    it lacks. Up to 50 lines are told one by one, more are summed up.

    Without --preset or --spec it tells from the first lines whose log it is. A directory is
    searched. Never prints what a log says: only names of fields, values that rules compare,
    and labels.

    Exits with 1 where a file can't be read, or nobody knows whose log it is.
    """
    if preset and spec:
        raise click.UsageError("--preset and --spec exclude each other")
    if summary and (lines or only):
        raise click.UsageError("--summary tells of all lines: leave out --lines and --only")
    for path in paths:
        if not path.exists():
            raise click.ClickException(f"{path}: there is no such file or directory")
    from agentgauge.explaining.telling import Choice, tell  # noqa: PLC0415 (keeps --help quick)

    choice = Choice(lines, only, summary, style)
    try:
        logs = _logs(paths, preset, spec)
        with _progress(logs, choice) as told:
            for one in logs:
                for text in tell(one, choice, told):
                    click.echo(text)
    except SpecError as error:
        complain(error)
        sys.exit(1)
    except BrokenPipeError:
        raise  # who reads has seen enough; click ends quietly
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error


def _logs(paths: tuple[Path, ...], preset: str | None, spec: Path | None) -> list[Logs]:
    """Find out who reads the paths; say which nobody does.

    Raises:
        click.ClickException: nobody reads any of them.
        SpecError: the preset or the spec is wrong.
        OSError: a file can't be read.
    """
    from agentgauge.explaining.logs import (  # noqa: PLC0415 (keeps --help quick)
        of_preset,
        of_spec,
        recognised,
    )

    left: list[str] = []
    if preset is not None:
        logs = of_preset(preset, paths)
        nobody = "there is no file that the preset's glob means"
    elif spec is not None:
        logs, left = of_spec(spec, paths)
        nobody = f"no source of {spec} reads it"
    else:
        logs, left = recognised(paths)
        nobody = "no preset knows it; name a preset, or a mapping of yours, with --preset"
    for path in left[:_FEW]:
        click.echo(f"{path}: {nobody}", err=True)
    if len(left) > _FEW:
        click.echo(f"and {len(left) - _FEW:,} more", err=True)
    if not any(one.files for one in logs):
        raise click.ClickException("nothing to explain" + ("" if left else f": {nobody}"))
    return logs


@contextmanager
def _progress(logs: list[Logs], choice: Choice) -> Iterator[Callable[[int], None] | None]:
    """Show the bytes read as a bar on a terminal, unless records are printed there meanwhile."""
    from exporter.pipeline import progress_bar  # noqa: PLC0415 (keeps --help quick)

    total = sum(Path(file).stat().st_size for one in logs for file in one.files)
    if choice.one_by_one and sys.stdout.isatty():
        yield None
        return
    done = 0
    with progress_bar(sys.stderr) as progress:

        def told(size: int) -> None:
            nonlocal done
            done += size
            if progress:
                progress(done, total)

        yield told if progress else None
