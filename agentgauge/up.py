"""Exporter, Prometheus and Alertmanager on one machine: started together, watched, ended."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agentgauge.demo.pager import Receiver, notification
from agentgauge.interruption import Interruption
from agentgauge.processes import Process, end
from agentgauge.run_directory import InUseError, RunDirectory, run_directory
from agentgauge.servers import (
    ALERTMANAGER,
    HOST,
    PROMETHEUS,
    Program,
    Server,
    alertmanager_command,
    exporter_command,
    free_port,
    prometheus_command,
)
from agentgauge.spec_argument import complain
from spec.load import LINKS, load_spec
from spec.problems import SpecError
from spec.quantities import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from generator.model import Artefact
    from spec.model import Spec

DEMO_SPEC = Path(__file__).with_name("demo") / "agents.yaml"

_WATCH = 0.2
"""How often the processes are looked at, in seconds."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the servers would like to listen; each takes the next free port where it can't."""

    exporter: int = 9477
    prometheus: int = 9090
    alertmanager: int = 9093
    pager: int = 9478


def up(
    spec_path: Path,
    *,
    demo: bool,
    run_dir: Path | None = None,
    ports: Ports = Ports(),
) -> int:
    """Run everything until it is asked to end or one of its processes dies; give the exit code.

    Args:
        spec_path: The fleet.
        demo: Add simulated agents, and a pager that prints what arrives. The spec is copied beside
            the agents' logs, so that its relative paths find them.
        run_dir: Where configuration, data and logs go, to be found again by the next run. By
            default `.run` beside the spec; a demo's is deleted when it ends.
        ports: Where to listen.

    """
    wanted = run_dir or (None if demo else spec_path.resolve().parent / ".run")
    with Interruption() as interruption, ExitStack() as stack:
        try:
            folder = stack.enter_context(run_directory(wanted))
            if demo:
                spec_path = _prepare_demo(spec_path, folder, stack, ports.pager)
            spec = _with_runbooks(load_spec(spec_path), folder)
            session = _Session(folder, interruption)
            stack.callback(session.end)
            return session.run(spec, spec_path, _addresses(ports), demo=demo)
        except SpecError as error:
            complain(error)
        except (InUseError, OSError) as error:
            _say(str(error))
        return 1


# ---- what runs ----------------------------------------------------------------------------------


class _Session:
    """The processes of one run. Whatever happens, `end` knows all that were started."""

    def __init__(self, folder: RunDirectory, interruption: Interruption) -> None:
        self._folder = folder
        self._interruption = interruption
        self._processes: list[Process] = []

    def run(self, spec: Spec, spec_path: Path, ports: Ports, *, demo: bool) -> int:
        """Start, wait until all are ready, watch; give the exit code."""
        servers = self._start_servers(spec, spec_path, ports)
        for server in servers:
            ready = server.await_ready(given_up=self._interruption.asked)
            if self._interruption.asked():
                return 0
            if server.process.exit_code is not None:
                _died(server.process)
                return 1
            late = "" if ready else f" (not ready yet; it writes to {server.process.log})"
            _say(f"  {server.process.name:12} {server.url}{late}")
        if demo:
            command = (sys.executable, "-m", "agentgauge.demo", "--dir", self._folder.root / "logs")
            self._start("simulator", command)
            _say("Simulated agents write logs; their first incident begins in less than a minute.")
        _say("Ctrl-C ends everything.")
        return self._watch()

    def end(self) -> None:
        """End all that runs, the youngest first; a second Ctrl-C kills."""
        running = [p for p in reversed(self._processes) if p.exit_code is None]
        if running:
            _say("Ending " + ", ".join(p.name for p in running) + ".")
        end(reversed(self._processes), hurry=self._interruption.pressed)

    def _start_servers(self, spec: Spec, spec_path: Path, ports: Ports) -> list[Server]:
        folder = self._folder
        artefacts = _generated(spec)
        servers = []
        if artefacts:
            folder.fill(artefacts, _targets(ports))
            # Alertmanager first: it should be there when Prometheus looks for it.
            if program := _found(ALERTMANAGER):
                command = alertmanager_command(
                    program,
                    config=folder.alertmanager_config,
                    data=folder.data("alertmanager"),
                    port=ports.alertmanager,
                )
                servers.append(Server(self._start("Alertmanager", command), ports.alertmanager))
            if program := _found(PROMETHEUS):
                command = prometheus_command(
                    program,
                    config=folder.prometheus_config,
                    data=folder.data("prometheus"),
                    port=ports.prometheus,
                    resend_delay=_resend_delay(spec.timing.evaluation),
                )
                servers.append(Server(self._start("Prometheus", command), ports.prometheus))
            _say(
                "Grafana is not part of this: `docker compose up` brings it, or import "
                f"{folder.root / 'dashboards'}/*.json into yours."
            )
        command = exporter_command(
            spec_path.resolve(), state=self._folder.data("exporter"), port=ports.exporter
        )
        return [*servers, Server(self._start("exporter", command), ports.exporter)]

    def _start(self, name: str, argv: Sequence[str | Path]) -> Process:
        process = Process(name, argv, self._folder.log(name.lower()))
        self._processes.append(process)
        return process

    def _watch(self) -> int:
        while not self._interruption.wait(_WATCH):
            for process in self._processes:
                if process.exit_code is not None:
                    _died(process)
                    return 1
        return 0


def _died(process: Process) -> None:
    _say(f"{process.name} ended with exit code {process.exit_code}. It said last:")
    _say(process.tail() or "(nothing)")


def _found(program: Program) -> str | None:
    """Find a program, or name it with the command that installs it."""
    found = program.find()
    if found is None:
        _say(program.missing())
    return found


def _generated(spec: Spec) -> tuple[Artefact, ...]:
    """Generate; without the generator's packages name them, and go on with the exporter alone."""
    try:
        from generator.build import build  # noqa: PLC0415 - a plain install lacks what it needs
    except ModuleNotFoundError as error:
        _say(f"{error}: Prometheus and Alertmanager need `pip install 'agentgauge[generate]'`")
        return ()
    return build(spec)


def _targets(ports: Ports) -> Mapping[str, str]:
    from generator.targets import prometheus  # noqa: PLC0415 - as above

    return {
        prometheus.EXPORTER_TARGETS: prometheus.targets(f"{HOST}:{ports.exporter}"),
        prometheus.PROMETHEUS_TARGETS: prometheus.targets(f"{HOST}:{ports.prometheus}"),
        prometheus.ALERTMANAGER_TARGETS: prometheus.targets(f"{HOST}:{ports.alertmanager}"),
    }


def _with_runbooks(spec: Spec, folder: RunDirectory) -> Spec:
    """Link to the runbooks in the run's own folder, where the spec says nowhere they are."""
    if spec.links["runbooks"] != LINKS["runbooks"]:
        return spec
    runbooks = (folder.root / "alerts/runbooks").as_uri()
    return replace(spec, links={**spec.links, "runbooks": runbooks})


def _resend_delay(evaluation: Fraction) -> str:
    """Send alerts again with each evaluation; rules that are slow to come round, once a minute."""
    return format_duration(min(evaluation, Fraction(60)))


# ---- ports --------------------------------------------------------------------------------------


def _addresses(wanted: Ports) -> Ports:
    """Find free ports, and say where they are not the wanted ones."""
    got: dict[str, int] = {}
    for name, title in (
        ("exporter", "the exporter"),
        ("prometheus", "Prometheus"),
        ("alertmanager", "Alertmanager"),
    ):
        port = getattr(wanted, name)
        got[name] = free_port(port, got.values())
        if got[name] != port:
            _say(f"Port {port} is taken: {title} listens on {got[name]}.")
    return replace(wanted, **got)


# ---- the demo -----------------------------------------------------------------------------------


def _prepare_demo(spec_path: Path, folder: RunDirectory, stack: ExitStack, port: int) -> Path:
    """Open the pager, and copy the spec, with the pager's address, beside the agents' logs."""
    text = spec_path.read_text(encoding="utf-8")
    pager = stack.enter_context(_pager(port))
    if pager.port != port:
        _say(f"Port {port} is taken: the pager listens on {pager.port}.")
    text = text.replace(f"{HOST}:{Ports().pager}", f"{HOST}:{pager.port}")
    copy = folder.root / "agents.yaml"
    copy.write_text(text, encoding="utf-8")
    return copy


def _pager(port: int) -> Receiver:
    def page(path: str, _: Mapping[str, str], body: bytes) -> None:
        # The pages are the result, unlike what we say about ourselves: they go to stdout.
        click.echo(f"\n{notification(path, body)}\n")

    return Receiver(page, free_port(port))


def _say(text: str) -> None:
    click.echo(text, err=True)
