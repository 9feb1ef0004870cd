"""`agentgauge up`: exporter, Prometheus and Alertmanager on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from agentgauge.up import DEMO_SPEC, Ports, up

_PORT = click.IntRange(1, 65535)
_USUAL = Ports()


@click.command("up")
@click.argument("spec_path", metavar="[SPEC]", required=False, type=click.Path(path_type=Path))
@click.option("--demo", is_flag=True, help="Add simulated agents, and a pager that prints alerts.")
@click.option(
    "--run-dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where configuration, data and logs go; .run beside SPEC unless named.",
)
@click.option("--exporter-port", type=_PORT, default=_USUAL.exporter, show_default=True)
@click.option("--prometheus-port", type=_PORT, default=_USUAL.prometheus, show_default=True)
@click.option("--alertmanager-port", type=_PORT, default=_USUAL.alertmanager, show_default=True)
@click.option("--pager-port", type=_PORT, default=_USUAL.pager, show_default=True)
def command(
    spec_path: Path | None,
    *,
    demo: bool,
    run_dir: Path | None,
    exporter_port: int,
    prometheus_port: int,
    alertmanager_port: int,
    pager_port: int,
) -> None:
    """Run the exporter, Prometheus and Alertmanager here, wired with what SPEC describes.

    A port that is taken gives way to the next free one. Ctrl-C ends everything.

    With --demo and no SPEC a small fleet is simulated: within three minutes an agent is in trouble
    and its page arrives in this terminal. A SPEC given with --demo sees the simulated agents where
    it names logs/agents/*.jsonl and logs/executions/*.jsonl.
    """
    ports = Ports(exporter_port, prometheus_port, alertmanager_port, pager_port)
    spec = spec_path or (DEMO_SPEC if demo else Path("agents.yaml"))
    sys.exit(up(spec, demo=demo, run_dir=run_dir, ports=ports))
