"""`agentgauge init`: a first spec."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spec.load import load_preset, preset_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentgauge.recognition.cover import Presets
    from agentgauge.recognition.finding import Finding
    from spec.mapping import Mapping as Preset


@click.command("init")
@click.argument("folders", metavar="[DIR...]", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--preset", metavar="NAME",
    help="Which agents write the logs, where there are none yet or you know better.",
)  # fmt: skip
@click.option(
    "--fleet", default="agents", show_default=True, metavar="NAME", help="What to call the fleet.",
)  # fmt: skip
@click.option(
    "--out", default="agents.yaml", show_default=True, metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path), help="Where the spec goes.",
)  # fmt: skip
def command(folders: tuple[Path, ...], preset: str | None, fleet: str, out: Path) -> None:
    """Write a first agents.yaml for the agents' logs that are on this machine.

    Looks below each DIR; without one, where agents write by themselves: ~/.claude/projects,
    ~/.codex/sessions and the like, and ./logs; where there is nothing, in the working directory.
    Whose log a file is shows in its first lines. Says on standard error what it found. With
    --preset it looks at nothing: the logs may be yet to come, in DIR, or in ./logs.

    A spec that is there already is left alone.
    """
    if preset is not None and preset not in preset_names():
        known = ", ".join(preset_names())
        raise click.UsageError(f"there is no preset {preset!r}; there is: {known}")
    if not re.fullmatch("[a-z][a-z0-9-]{0,29}", fleet):
        raise click.UsageError(
            f"{fleet!r} is no fleet's name: up to 30 lower-case letters, digits and dashes"
        )
    if out.exists():
        raise click.ClickException(f"{out} is there already; name another with --out")
    if preset is not None:
        _write(out, fleet, _told(preset, folders or (Path("logs"),)))
    else:
        _write(out, fleet, _found(folders))


def _told(preset: str, folders: Sequence[Path]) -> list[tuple[Presets, Sequence[str]]]:
    import glob  # noqa: PLC0415 (keeps --help quick)

    below = load_preset(preset)[0].files
    return [((preset,), [f"{glob.escape(str(folder))}/{below}"]) for folder in folders]


def _found(folders: Sequence[Path]) -> list[tuple[Presets, Sequence[str]]]:
    """Look for logs, and say what there is.

    Raises:
        click.ClickException: there are none.
    """
    from agentgauge.recognition.known import known_presets  # noqa: PLC0415 (keeps --help quick)
    from agentgauge.recognition.report import nothing, report  # noqa: PLC0415 (the same)
    from agentgauge.recognition.roots import places_below, usual_places  # noqa: PLC0415 (the same)

    presets = [preset for preset, _ in known_presets().values()]
    for folder in folders:
        if not folder.exists():
            hint = "; say whose logs will be there with --preset"
            raise click.ClickException(f"{folder}: there is no such directory{hint}")
    here = Path()
    looks = [[path for one in folders for path in (one, *places_below(one, presets))]]
    if not folders:
        looks = [usual_places(presets, os.environ, here), [here, *places_below(here, presets)]]
    for wanted in looks:
        finding = _look(wanted, presets)
        if finding.sources:
            break
    for line in report(finding):
        click.echo(line, err=True)
    if not finding.sources:
        raise click.ClickException(nothing(folders or [*looks[0], here], presets))
    return [(source.presets, source.globs) for source in finding.sources]


def _look(wanted: Iterable[Path], presets: Iterable[Preset]) -> Finding:
    from agentgauge.recognition.finding import find  # noqa: PLC0415 (keeps --help quick)
    from agentgauge.recognition.roots import without_nested  # noqa: PLC0415 (the same)
    from exporter.pipeline import progress_bar  # noqa: PLC0415 (the same)
    from exporter.recognition.recognise import Recogniser  # noqa: PLC0415 (the same)

    roots = without_nested(path for path in wanted if path.exists())
    with progress_bar(sys.stderr, "looking") as told:
        return find(roots, Recogniser(presets), told)


def _write(out: Path, fleet: str, sources: Iterable[tuple[Presets, Sequence[str]]]) -> None:
    from agentgauge.recognition.starter import starter  # noqa: PLC0415 (keeps --help quick)

    if out.parent.resolve() != Path.cwd():  # where the globs of the spec would begin
        sources = [(one, [os.path.abspath(glob) for glob in globs]) for one, globs in sources]  # noqa: PTH100 - a text
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(starter(fleet, sources))
    except FileExistsError as error:
        raise click.ClickException(f"{out} is there already; name another with --out") from error
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from error
    click.echo(f"wrote {out}; next: agentgauge check {out}", err=True)
    click.echo(f"then: agentgauge export --once {out}", err=True)
