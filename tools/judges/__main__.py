"""`make judges`: builds the judges, asks them about a folder, and prints a line for each."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from tools.judges.programs import PINNED, NotBuilt, build
from tools.judges.verdicts import verdicts


def main(folder: str = ".") -> int:
    """Judge what was generated into `folder`; 1 where a judge finds something or isn't built."""
    if shutil.which("go") is None:
        click.echo("the judges are built with Go, and it is not on PATH", err=True)
        return 1
    found = False
    try:
        for pin in PINNED:
            build(pin)
        for verdict in verdicts(Path(folder)):
            click.echo(verdict.told())
            found = found or bool(verdict.findings)
    except NotBuilt as error:
        click.echo(error, err=True)
        return 1
    return int(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
