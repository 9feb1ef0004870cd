"""The SPEC that most verbs take, or the paths and their preset; and what is said of a wrong one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spec.load import load_spec
from spec.problems import SpecError

if TYPE_CHECKING:
    from spec.model import Spec

spec_argument = click.argument(
    "spec_path", metavar="[SPEC]", default="agents.yaml", type=click.Path(path_type=Path)
)

paths_argument = click.argument(
    "paths", metavar="[SPEC | PATH...]", nargs=-1, type=click.Path(path_type=Path)
)

preset_option = click.option(
    "--preset", metavar="NAME",
    help="Read the PATHs by this preset (or by the mapping in this file), without a spec. "
    "A directory is searched with the preset's own glob; - is standard input.",
)  # fmt: skip


def load_or_exit(path: Path) -> Spec:
    """Load a spec; where it can't be used, print every problem and exit with 1."""
    try:
        return load_spec(path)
    except SpecError as error:
        complain(error)
        sys.exit(1)


def complain(error: SpecError) -> None:
    """Print every problem on stderr, and how many there are."""
    for problem in error.problems:
        click.echo(str(problem), err=True)
    count = len(error.problems)
    if count > 1:
        click.echo(f"{count} problems", err=True)
