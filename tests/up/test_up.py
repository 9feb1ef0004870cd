"""`agentgauge up`: everything starts, everything ends, and a page arrives."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentgauge.demo.pager import notification
from agentgauge.servers import ALERTMANAGER, HOST, PROMETHEUS, free_port
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentgauge.servers import Program

MARK = "AGENTGAUGE_TEST_RUN"
"""A variable in the environment that tells the processes of one test from all others."""

SPEC = """\
version: 1
fleet: test
sources:
  - {file: logs/*.jsonl, preset: hardened-agent}
timing: {scrape: 1s, evaluation: 1s}
"""


@dataclass(frozen=True)
class Up:
    """A running `agentgauge up`."""

    popen: subprocess.Popen[bytes]
    folder: Path
    ports: dict[str, int]
    mark: str

    def said(self) -> str:
        """Give its messages so far."""
        return (self.folder / "stderr").read_text()

    def printed(self) -> str:
        """Give what it printed on stdout so far."""
        return (self.folder / "stdout").read_text()

    def says(self, text: str, patience: float = 60.0) -> None:
        """Wait until it has said something."""
        servers.eventually(
            lambda: text in self.said() or self.popen.poll() is not None, repr(text), patience
        )
        assert text in self.said(), self.said()

    def running(self) -> dict[int, str]:
        """Find all processes that it started, also those that it has lost; pid to command."""
        found = {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                ours = f"{MARK}={self.mark}".encode() in (place / "environ").read_bytes()
                command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # it has ended meanwhile, or is not ours
            if ours and command:
                found[int(place.name)] = command
        return found

    def pid(self, text: str) -> int:
        """Give the one process whose command names `text`."""
        (pid,) = (pid for pid, command in self.running().items() if text in command)
        return pid

    def ends(self) -> int:
        """Wait until it ends, check that it left nobody behind; give its exit code."""
        code = self.popen.wait(timeout=60)
        servers.eventually(lambda: not self.running(), "end of all processes", 10)
        return code


@contextmanager
def started(
    folder: Path, *arguments: str, path: str | None = None, exporter: int = 0
) -> Iterator[Up]:
    """Run `agentgauge up` on ports of its own; whatever a failed test leaves is ended."""
    mark = uuid.uuid4().hex
    ports = {"exporter": exporter or free_port()}
    for name in ("prometheus", "alertmanager", "pager"):
        ports[name] = free_port()
    options = [f"--{name}-port={port}" for name, port in ports.items()]
    environment = os.environ | {MARK: mark} | ({"PATH": path} if path is not None else {})
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        popen = subprocess.Popen(
            [sys.executable, "-m", "agentgauge", "up", *arguments, *options],
            stdout=out,
            stderr=err,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    one = Up(popen, folder, ports, mark)
    try:
        yield one
    finally:
        popen.kill()
        popen.wait()
        for pid in one.running():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def spec(tmp_path: Path) -> str:
    """Write a small spec; the programs that it needs are there."""
    for program in (PROMETHEUS, ALERTMANAGER):
        servers.find(program)
    (tmp_path / "agents.yaml").write_text(SPEC)
    return str(tmp_path / "agents.yaml")


def program(folder: Path, name: str, text: str) -> None:
    """Write a program into a folder that goes first on PATH."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def only(folder: Path, *programs: Program) -> str:
    """Make a PATH that has these programs, and not the one that ends processes with their parent.

    So it shows whether we end them ourselves.
    """
    folder.mkdir(exist_ok=True)
    for one in programs:
        found = Path(servers.find(one))
        (folder / found.name).symlink_to(found)
    return str(folder)


READY = "Ctrl-C ends everything."


# ---- it runs ------------------------------------------------------------------------------------


def test_prometheus_scrapes_the_exporter_and_finds_alertmanager(tmp_path: Path, spec: str) -> None:
    with started(tmp_path, spec) as one:
        one.says(READY)

        def answers(path: str, text: str) -> bool:
            return text in servers.get(f"http://{HOST}:{one.ports['prometheus']}/api/v1/{path}")

        exporter = f"{HOST}:{one.ports['exporter']}"
        wanted = f'query?query=up{{instance="{exporter}"}}=='.replace('"', "%22")
        servers.eventually(lambda: answers(wanted + "1", '"1"]'), "scrape of the exporter")
        told = f"http://{HOST}:{one.ports['alertmanager']}/api/v2/alerts"
        servers.eventually(lambda: answers("alertmanagers", told), "Alertmanager")
        for name in ("exporter", "prometheus", "alertmanager"):
            assert f"http://{HOST}:{one.ports[name]}\n" in one.said()
        assert "docker compose up" in one.said()
        assert one.printed() == ""


def test_a_taken_port_gives_way_to_the_next_free_one(tmp_path: Path, spec: str) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with started(tmp_path, spec, exporter=port) as one:
            one.says(READY)
            assert f"Port {port} is taken: the exporter listens on " in one.said()


def test_two_runs_do_not_share_a_folder(tmp_path: Path, spec: str) -> None:
    second = tmp_path / "second"
    second.mkdir()
    with started(tmp_path, spec) as one:
        one.says(READY)
        with started(second, spec) as other:
            assert other.ends() == 1
            assert "another `agentgauge up` is running in" in other.said()


def test_a_wrong_spec_is_explained_and_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "agents.yaml").write_text(SPEC.replace("timing", "timming"))
    with started(tmp_path, str(tmp_path / "agents.yaml")) as one:
        assert one.ends() == 1
        assert "agents.yaml:5:1: timming: " in one.said()


# ---- it ends ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(tmp_path: Path, spec: str, number: signal.Signals) -> None:
    path = only(tmp_path / "bin", PROMETHEUS, ALERTMANAGER)
    with started(tmp_path, spec, path=path) as one:
        one.says(READY)
        assert len(one.running()) == 4
        one.popen.send_signal(number)
        assert one.ends() == 0


def test_a_signal_while_it_starts_ends_everything(tmp_path: Path, spec: str) -> None:
    path = only(tmp_path / "bin", PROMETHEUS, ALERTMANAGER)
    with started(tmp_path, spec, path=path) as one:
        servers.eventually(lambda: len(one.running()) > 1, "first process")
        one.popen.send_signal(signal.SIGTERM)
        assert one.ends() == 0


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("exporter", "agentgauge export"),
        ("Prometheus", "--storage.tsdb.path"),
        ("Alertmanager", "--cluster.listen-address"),
    ],
)
def test_the_death_of_one_is_told_and_ends_everything(
    tmp_path: Path, spec: str, name: str, command: str
) -> None:
    path = only(tmp_path / "bin", PROMETHEUS, ALERTMANAGER)
    with started(tmp_path, spec, path=path) as one:
        one.says(READY)
        os.kill(one.pid(command), signal.SIGKILL)
        assert one.ends() == 1
        assert f"{name} ended with exit code -9. It said last:\n" in one.said()


def test_a_start_that_fails_half_way_ends_what_was_started(tmp_path: Path, spec: str) -> None:
    program(tmp_path / "bin", "prometheus", "echo there is no space left >&2; exit 3")
    with started(tmp_path, spec, path=only(tmp_path / "bin", ALERTMANAGER)) as one:
        assert one.ends() == 1
        assert "Prometheus ended with exit code 3. It said last:\nthere is no space" in one.said()


def test_a_second_ctrl_c_kills_what_does_not_end(tmp_path: Path, spec: str) -> None:
    # It answers nothing, ends at no request, and has a child of its own.
    program(tmp_path / "bin", "prometheus", "trap '' TERM; sleep 600 & while :; do wait; done")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    with started(tmp_path, spec, path=path) as one:
        one.says("Alertmanager http")
        servers.eventually(lambda: "sleep 600" in str(one.running()), "child of the child")
        one.popen.send_signal(signal.SIGINT)
        one.says("Ending ")
        one.popen.send_signal(signal.SIGINT)
        assert one.ends() == 0
        assert READY not in one.said()


def test_everything_ends_when_it_is_killed_itself(tmp_path: Path, spec: str) -> None:
    if shutil.which("setpriv") is None:
        pytest.fail("setpriv is not installed: apt-get install -y util-linux")
    with started(tmp_path, spec) as one:
        one.says(READY)
        one.popen.kill()
        assert one.ends() == -signal.SIGKILL


# ---- something is missing -----------------------------------------------------------------------


def test_what_is_not_installed_is_named_and_the_rest_runs(tmp_path: Path) -> None:
    (tmp_path / "agents.yaml").write_text(SPEC)
    with started(tmp_path, str(tmp_path / "agents.yaml"), path=str(tmp_path)) as one:
        one.says(READY)
        assert "Prometheus is not installed: apt-get install -y prometheus\n" in one.said()
        assert (
            "Alertmanager is not installed: apt-get install -y prometheus-alertmanager\n"
            in one.said()
        )
        metrics = servers.get(f"http://{HOST}:{one.ports['exporter']}/metrics")
        assert "agentgauge_build_info" in metrics
        one.popen.send_signal(signal.SIGTERM)
        assert one.ends() == 0


# ---- the demo -----------------------------------------------------------------------------------


def test_the_demo_pages_its_newcomer(tmp_path: Path) -> None:
    for needed in (PROMETHEUS, ALERTMANAGER):
        servers.find(needed)
    with started(tmp_path, "--demo") as one:
        one.says(READY)
        page = "pager: FIRING critical CircuitBreakerTripping\n"
        servers.eventually(lambda: page in one.printed() or one.popen.poll() is not None, page, 180)
        told = one.printed().partition(page)[2].partition("\n\n")[0]
        assert "  where    agent=researcher, breaker=web_search, fleet=demo\n" in told
        assert "/CircuitBreakerTripping.md" in told
        one.popen.send_signal(signal.SIGINT)
        assert one.ends() == 0


def test_the_pager_prints_what_where_and_the_runbook() -> None:
    body = b"""{"alerts": [{"status": "firing",
      "labels": {"alertname": "Slow", "severity": "warning", "category": "agent", "agent": "a"},
      "annotations": {"summary": "It is slow.", "description": "9s is too long.",
                      "runbook_url": "https://example.org/Slow.md"}},
      {"status": "resolved", "labels": {"alertname": "Bare"}}]}"""
    assert notification("/team", body) == (
        "team: FIRING warning Slow\n"
        "  It is slow.\n"
        "  9s is too long.\n"
        "  where    agent=a\n"
        "  runbook  https://example.org/Slow.md\n"
        "\n"
        "team: RESOLVED Bare"
    )


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"alerts": [1]}', b'{"alerts": 1}', b"\xff"])
def test_the_pager_says_so_where_it_is_no_notification(body: bytes) -> None:
    assert notification("/team", body).startswith("/team: not a notification of Alertmanager")
