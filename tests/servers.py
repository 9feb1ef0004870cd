"""Real servers for tests: Prometheus, Alertmanager and receivers on free ports of this machine."""

from __future__ import annotations

import json
import socketserver
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from agentgauge import servers
from agentgauge.demo.pager import Receiver
from agentgauge.processes import Process, end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from agentgauge.servers import Program, Server

T = TypeVar("T")


def find(program: Program) -> str:
    """Look a program up; the test fails where it is missing."""
    found = program.find()
    if found is None:
        pytest.fail(program.missing())
    return found


def eventually(check: Callable[[], T], what: str, patience: float = 60.0) -> T:
    """Ask again and again until `check` gives something true; fail when it never does."""
    deadline = time.monotonic() + patience
    while not (answer := check()):
        if time.monotonic() > deadline:
            pytest.fail(f"in {patience:g} s there was no {what}; the last answer was {answer!r}")
        time.sleep(0.05)
    return answer


def get(url: str) -> str:
    """Fetch a page of one of our servers."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - of this machine
        return str(answer.read().decode())


@contextmanager
def prometheus(config: Path, folder: Path, resend_delay: str = "2s") -> Iterator[Server]:
    """Run Prometheus with a configuration; its data and log go below `folder`."""
    port = servers.free_port()
    command = servers.prometheus_command(
        find(servers.PROMETHEUS),
        config=config,
        data=folder / "prometheus",
        port=port,
        resend_delay=resend_delay,
    )
    with _running(Process("prometheus", command, folder / "prometheus.log"), port) as server:
        yield server


@contextmanager
def alertmanager(config: Path, folder: Path) -> Iterator[Server]:
    """Run Alertmanager with a configuration; its data and log go below `folder`."""
    port = servers.free_port()
    command = servers.alertmanager_command(
        find(servers.ALERTMANAGER), config=config, data=folder / "alertmanager", port=port
    )
    with _running(Process("alertmanager", command, folder / "alertmanager.log"), port) as server:
        yield server


@contextmanager
def _running(process: Process, port: int) -> Iterator[Server]:
    server = servers.Server(process, port)
    try:
        if not server.await_ready():
            pytest.fail(f"{process.name} did not become ready:\n{process.tail()}")
        yield server
    except BaseException as error:
        error.add_note(f"{process.name} said last:\n{process.tail()}")
        raise
    finally:
        end([process])


@dataclass(frozen=True, slots=True)
class Request:
    """A POST that arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - JSON may be anything
        """Read its body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Recorder:
    """What arrived at a webhook receiver so far, in order."""

    url: str
    requests: list[Request] = field(default_factory=list)

    def at(self, path: str) -> list[Request]:
        """Give those that were sent to a path."""
        return [r for r in self.requests if r.path == path]

    def first(self, path: str) -> Request:
        """Wait for the first that is sent to a path."""
        return eventually(lambda: self.at(path), f"request to {path}")[0]


@contextmanager
def webhook_recorder() -> Iterator[Recorder]:
    """Receive webhooks, and everything that looks like one: Slack's, PagerDuty's."""
    requests: list[Request] = []
    receiver = Receiver(lambda *request: requests.append(Request(*request)))
    with receiver:
        yield Recorder(receiver.url, requests)


@contextmanager
def mail_recorder() -> Iterator[tuple[int, list[bytes]]]:
    """Receive e-mail by the least of SMTP; gives the port and the messages so far."""
    messages: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            for line in self.rfile:
                verb = line.strip().upper()
                if verb.startswith(b"DATA"):
                    self.wfile.write(b"354 go on\r\n")
                    lines = iter(self.rfile.readline, b".\r\n")
                    # A sender that is stopped in the midst of a message ends it with nothing.
                    messages.append(b"".join(takewhile(bool, lines)))
                self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")

    with socketserver.ThreadingTCPServer((servers.HOST, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield int(server.server_address[1]), messages
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def exporter(spec: Path, folder: Path) -> Iterator[Server]:
    """Run our own exporter on a spec; its log goes below `folder`."""
    port = servers.free_port()
    command = servers.exporter_command(spec, state=folder / "state", port=port)
    with _running(Process("exporter", command, folder / "exporter.log"), port) as server:
        yield server


def write_targets(folder: Path, **addresses: Server | None) -> None:
    """Tell Prometheus by files below `folder` where the servers of its configuration are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("exporter", "prometheus", "alertmanager"):
        server = addresses.get(name)
        targets = [server.address] if server else []
        (folder / f"{name}.yml").write_text(json.dumps([{"targets": targets}]))


def query(server: Server, expression: str) -> list[dict[str, Any]]:
    """Ask a Prometheus; an error fails the test with what it says."""
    return ask(server, "query", query=expression)["result"]  # type: ignore[no-any-return] # JSON


def ask(server: Server, endpoint: str, **parameters: str) -> Any:  # noqa: ANN401 - JSON may be anything
    """Call an endpoint of Prometheus' API; an error fails the test with what it says."""
    url = f"{server.url}/api/v1/{endpoint}?{urllib.parse.urlencode(parameters)}"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - of this machine
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        pytest.fail(f"{endpoint} {parameters}: {error.read().decode()}")
