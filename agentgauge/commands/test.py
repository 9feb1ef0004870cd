"""`agentgauge test`: proves the generated rules and routes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentgauge.spec_argument import load_or_exit, spec_argument

if TYPE_CHECKING:
    from generator.model import Model

_PROGRAMS = {"promtool": "prometheus", "amtool": "prometheus-alertmanager"}


@click.command("test")
@spec_argument
def command(spec_path: Path) -> None:
    """Prove the rules and routes that SPEC gives, with promtool and amtool.

    Every alert has cases in which it must fire and others in which it must stay silent. They are
    printed with their outcome; the exit code is 1 where one fails.
    """
    spec = load_or_exit(spec_path)
    missing = [f"apt-get install -y {p}" for n, p in _PROGRAMS.items() if not shutil.which(n)]
    if missing:
        raise click.ClickException(f"promtool and amtool are needed: {' && '.join(missing)}")
    from generator.build import build  # noqa: PLC0415 (a sidecar has no grafanalib)
    from generator.output import write  # noqa: PLC0415 (the same)
    from generator.resolve import resolve  # noqa: PLC0415 (the same)

    with tempfile.TemporaryDirectory() as folder:
        write(build(spec), Path(folder))
        alerts = Path(folder, "alerts")
        cases = _files(alerts, "tests")
        steps = [
            _run("rules", ["promtool", "check", "rules", *_files(alerts, "rules")], alerts),
            _run("routes", ["amtool", "check-config", "alertmanager.yml"], alerts),
            # A fleet that switched all alerts off has no cases, and promtool wants some.
            not cases or _run("cases", ["promtool", "test", "rules", *cases], alerts),
        ]
    _show(resolve(spec))
    sys.exit(0 if all(steps) else 1)


def _files(alerts: Path, kind: str) -> list[str]:
    return sorted(path.relative_to(alerts).as_posix() for path in alerts.glob(f"{kind}/*.yaml"))


def _run(title: str, argv: list[str], folder: Path) -> bool:
    """Run a judge; where it finds fault, show all that it says."""
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    click.echo(f"{title:8} {'ok' if done.returncode == 0 else 'FAILED'}")
    if done.returncode:
        click.echo(done.stdout + done.stderr)
    return done.returncode == 0


def _show(model: Model) -> None:
    """Print what fires and what stays silent, and how much is covered."""
    covered = 0
    for proven in model.alerts:
        click.echo(proven.alert.name)
        for case in proven.cases:
            click.echo(f"  {case.name}")
        both = {bool(case.expected) for case in proven.cases}
        covered += both == {True, False}
    click.echo(f"{covered} of {len(model.alerts)} alerts have both kinds of cases")
