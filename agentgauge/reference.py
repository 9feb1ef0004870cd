"""What the repository says about the code, made from the code: two pages, and the JSON Schema.

`python -m agentgauge.reference` writes them, in the working directory; with `--check` it only names
those that are not as the code says. The pages' own words stand in the pages: what lies between two
marks is replaced.
"""

from __future__ import annotations

import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentgauge.cli import VERBS, main
from spec.load import load_preset, preset_names, vocabulary
from spec.schema import schema_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from spec.mapping import Mapping as Preset
    from spec.model import Family

WIDTH = 90
"""Columns of the help texts: a terminal's width would make them differ from machine to machine."""

BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"
_AREA = re.compile(r"# ---- (.+?) -+")
_FAMILY = re.compile(r"([a-z_]+):")
_LAST_EVENT = "agent_last_event_timestamp_seconds"
_OWN = "agentgauge_"


class MarksError(Exception):
    """A page lacks the marks between which something is written."""


def stale(root: Path) -> dict[Path, str]:
    """Give the files that are not as the code says, each with the text that it should have.

    Raises:
        MarksError: a page lacks its marks.
        OSError: a file can't be read.

    """
    wanted = {}
    for name, generated in PAGES.items():
        path = root / name
        wanted[path] = filled(path.read_text(encoding="utf-8"), generated())
    wanted[root / SCHEMA] = schema_text()
    return {path: text for path, text in wanted.items() if path.read_text(encoding="utf-8") != text}


def filled(page: str, generated: str) -> str:
    """Put a text between a page's marks.

    Raises:
        MarksError: the marks are not there, or not in this order.

    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise MarksError(f"there must be {BEGIN} and, after it, {END}")
    return f"{before}{BEGIN}\n\n{generated}\n{END}{after}"


# ---- metrics ------------------------------------------------------------------------------------


def metrics() -> str:
    """Give a table of the vocabulary's families for each area, then the values of their labels."""
    families = vocabulary()
    moved = _moved_by({name: load_preset(name)[0] for name in preset_names()})
    parts = []
    for area, names in _areas().items():
        parts += [f"## {area}\n", "| family | type | labels | what it tells | moved by |"]
        parts.append("|---|---|---|---|---|")
        parts += [_row(families[name], moved.get(name, ())) for name in names]
        parts.append("")
    parts += ["## Label values\n", "Some labels take only these values.\n"]
    parts += [*_values(families.values()), ""]
    parts += ["## Buckets\n", "| histogram | unit | upper bounds, below `+Inf` |", "|---|---|---|"]
    parts += [
        f"| `{family.name}` | {family.unit or ''} | {', '.join(f'{b:g}' for b in family.buckets)} |"
        for family in families.values()
        if family.buckets
    ]
    return "\n".join([*parts, ""])


def _areas() -> dict[str, list[str]]:
    """Give the families of each area: the vocabulary's own headings, in its order."""
    text = (files("spec") / "vocabulary.yaml").read_text(encoding="utf-8")
    areas: dict[str, list[str]] = {}
    for line in text.splitlines():
        if heading := _AREA.fullmatch(line):
            areas[heading[1].capitalize()] = []
        elif family := _FAMILY.match(line):
            areas[next(reversed(areas))].append(family[1])
    return areas


def _row(family: Family, presets: Iterable[str]) -> str:
    labels = ", ".join(f"`{label}`" for label in family.labels)
    own = family.name.startswith(_OWN) or family.name == _LAST_EVENT
    who = "the exporter itself" if own else ", ".join(presets)
    return f"| `{family.name}` | {family.type} | {labels} | {family.help} | {who} |"


def _moved_by(presets: Mapping[str, Preset]) -> dict[str, list[str]]:
    """Name the presets that move each family."""
    moved: dict[str, list[str]] = {}
    for name, preset in presets.items():
        touched = {update.family.name for event in preset.events for update in event.updates}
        touched |= {
            event.pair.in_progress.name
            for event in preset.events
            if event.pair and event.pair.in_progress
        }
        for family in touched:
            moved.setdefault(family, []).append(name)
    return moved


def _values(families: Iterable[Family]) -> Iterator[str]:
    """Write each fixed set of values once, with the families that share it."""
    shared: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for family in families:
        for label, values in family.values.items():
            shared.setdefault((label, values), []).append(family.name)
    yield "| label | values | of |"
    yield "|---|---|---|"
    for (label, values), names in shared.items():
        listed = ", ".join(f"`{value}`" for value in values)
        yield f"| `{label}` | {listed} | {', '.join(f'`{name}`' for name in names)} |"


# ---- the command line ---------------------------------------------------------------------------


def command_line() -> str:
    """Give the help text of the program and of every verb."""
    settings = {**main.context_settings, "terminal_width": WIDTH}
    top = click.Context(main, info_name="agentgauge", **settings)
    parts = [_help("agentgauge", main, top)]
    for verb in VERBS:
        command = main.get_command(top, verb)
        if command is not None:
            inner = click.Context(command, top, info_name=verb, terminal_width=WIDTH)
            parts.append(_help(f"agentgauge {verb}", command, inner))
    return "\n".join(parts)


def _help(title: str, command: click.Command, context: click.Context) -> str:
    return f"## `{title}`\n\n```text\n{command.get_help(context).rstrip()}\n```\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/metrics.md": metrics,
    "docs/cli.md": command_line,
}
"""The pages with a generated part, and who generates it."""

SCHEMA = "spec/schema.json"
"""The JSON Schema that editors may read from the repository."""


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; name what is stale and exit with 1.")
def reference(*, check: bool) -> None:
    """Make docs/metrics.md, docs/cli.md and spec/schema.json anew from the code."""
    try:
        found = stale(Path())
        for path, text in found.items():
            click.echo(f"{'stale' if check else 'written'}: {path}")
            if not check:
                path.write_text(text, encoding="utf-8")
    except (MarksError, OSError) as error:
        raise click.ClickException(str(error)) from error
    sys.exit(1 if check and found else 0)


if __name__ == "__main__":
    reference()
