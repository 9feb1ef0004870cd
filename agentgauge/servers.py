"""Prometheus, Alertmanager and the exporter as servers on this machine: where, how, when ready."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentgauge.processes import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from agentgauge.processes import Process

HOST = "127.0.0.1"

_LAST_PORT = 65535

PATIENCE = 60.0
"""How long a server may take to become ready, in seconds."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program from elsewhere: the names it goes by, and how to get it.

    The environment may name another one to use instead: `AGENTGAUGE_PROMETHEUS=/opt/prometheus`.
    """

    title: str
    names: tuple[str, ...]
    install: str

    @property
    def variable(self) -> str:
        """The environment's variable that names it."""
        return f"AGENTGAUGE_{self.title.upper()}"

    def find(self) -> str | None:
        """Look it up where the environment says, else on PATH."""
        named = os.environ.get(self.variable)
        return next(filter(None, map(shutil.which, [named] if named else self.names)), None)

    def missing(self) -> str:
        """Say that it is not there, and what brings it."""
        named = os.environ.get(self.variable)
        if named:
            return f"{self.title} is not at {named}, where {self.variable} says"
        return f"{self.title} is not installed: {self.install}"


PROMETHEUS = Program("Prometheus", ("prometheus",), "apt-get install -y prometheus")
ALERTMANAGER = Program(
    "Alertmanager",
    ("prometheus-alertmanager", "alertmanager"),
    "apt-get install -y prometheus-alertmanager",
)
PROMTOOL = Program("promtool", ("promtool",), "apt-get install -y prometheus")
AMTOOL = Program("amtool", ("amtool",), "apt-get install -y prometheus-alertmanager")


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers on a port of this machine."""

    process: Process
    port: int

    @property
    def address(self) -> str:
        """Where it listens, as `host:port`."""
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://{self.address}"

    def is_ready(self) -> bool:
        """Ask it whether it is ready; one that doesn't answer is not."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def await_ready(
        self, *, given_up: Callable[[], bool] = lambda: False, patience: float = PATIENCE
    ) -> bool:
        """Wait until it is ready; False when it ends first, takes too long or is `given_up`."""
        deadline = time.monotonic() + patience
        while not self.is_ready():
            if self.process.exit_code is not None or given_up() or time.monotonic() > deadline:
                return False
            time.sleep(PAUSE)
        # Somebody else may answer on the port that this process failed to get.
        return self.process.exit_code is None


def free_port(wanted: int = 0, promised: Collection[int] = ()) -> int:
    """Find a port that nobody listens on: `wanted` or the next free one; 0 leaves it to the system.

    `promised` ports are spoken for, though nobody may listen there yet.

    Raises:
        OSError: there is none up to the last port.

    """
    for port in range(wanted, _LAST_PORT + 1) if wanted else (0,):
        if port in promised:
            continue
        with socket.socket() as probe:
            # As the servers do: a connection that has just ended doesn't hold the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                probe.listen()
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no port is free from {wanted} on")


def prometheus_command(
    program: str, *, config: Path, data: Path, port: int, resend_delay: str = "1m"
) -> tuple[str, ...]:
    """Write Prometheus' command line. Data is kept 35 days: a 30-day objective needs them.

    `resend_delay` is a Prometheus duration. An alert that fires before Prometheus has found its
    Alertmanager is lost until it is sent again.
    """
    return (
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=35d",
        f"--web.listen-address={HOST}:{port}",
        f"--web.external-url=http://{HOST}:{port}/",
        f"--rules.alert.resend-delay={resend_delay}",
    )


def alertmanager_command(program: str, *, config: Path, data: Path, port: int) -> tuple[str, ...]:
    """Write Alertmanager's command line, without a cluster."""
    return (
        program,
        f"--config.file={config}",
        f"--storage.path={data}",
        f"--web.listen-address={HOST}:{port}",
        f"--web.external-url=http://{HOST}:{port}/",
        "--cluster.listen-address=",
    )


def exporter_command(spec: Path, *, state: Path, port: int) -> tuple[str, ...]:
    """Write the command line of our own exporter."""
    return (
        sys.executable,
        "-m",
        "agentgauge",
        "export",
        str(spec),
        f"--state-dir={state}",
        f"--web.listen-address={HOST}:{port}",
    )
