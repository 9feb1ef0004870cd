"""Processes are ended as whole groups, ports are free ones, signals are counted."""

from __future__ import annotations

import os
import signal
import socket
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from agentgauge.interruption import Interruption
from agentgauge.processes import Process, end
from agentgauge.run_directory import run_directory
from agentgauge.servers import HOST, Server, free_port
from generator.model import Artefact
from tests import servers

if TYPE_CHECKING:
    from pathlib import Path


def shell(folder: Path, script: str) -> Process:
    return Process("script", ("/bin/sh", "-c", script), folder / "script.log")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_ends_when_asked_is_not_killed(tmp_path: Path) -> None:
    script = "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done"
    process = shell(tmp_path, script)
    servers.eventually(lambda: "up" in process.tail(), "its first word")
    end([process], grace=3600)
    assert process.exit_code == 7
    assert process.tail().endswith("\nbye")


def test_what_does_not_end_is_killed_when_there_is_a_hurry(tmp_path: Path) -> None:
    process = shell(tmp_path, "trap '' TERM; echo up; while :; do sleep 0.05; done")
    servers.eventually(lambda: "up" in process.tail(), "its first word")
    end([process], grace=3600, hurry=lambda: True)
    assert process.exit_code == -signal.SIGKILL


def test_what_does_not_end_is_killed_after_its_grace(tmp_path: Path) -> None:
    process = shell(tmp_path, "trap '' TERM; echo up; while :; do sleep 0.05; done")
    servers.eventually(lambda: "up" in process.tail(), "its first word")
    end([process], grace=0.1)
    assert process.exit_code == -signal.SIGKILL


def test_what_a_process_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    process = shell(tmp_path, "trap '' TERM; sleep 600 & echo $!")
    servers.eventually(lambda: process.exit_code is not None, "end of the leader")
    left = int(process.tail())
    try:
        assert alive(left)
        end([process])
        servers.eventually(lambda: not alive(left), "end of what it left", 10)
    finally:
        if alive(left):
            os.kill(left, signal.SIGKILL)


def test_the_tail_is_the_end_of_what_was_written(tmp_path: Path) -> None:
    process = shell(tmp_path, "seq 100; printf '\\377' >&2")
    servers.eventually(lambda: process.exit_code is not None, "end")
    assert process.tail(3) == "99\n100\n\N{REPLACEMENT CHARACTER}"


def test_a_program_that_is_not_there_ends_at_once(tmp_path: Path) -> None:
    try:
        process = Process("nothing", (str(tmp_path / "nothing"),), tmp_path / "log")
    except FileNotFoundError:
        return  # without setpriv
    servers.eventually(lambda: process.exit_code is not None, "end")
    assert "nothing" in process.tail()


def test_a_server_is_not_ready_where_a_stranger_answers(tmp_path: Path) -> None:
    process = shell(tmp_path, "exit 1")
    servers.eventually(lambda: process.exit_code is not None, "end")
    (tmp_path / "-").mkdir()
    (tmp_path / "-/ready").write_text("I am somebody else")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer((HOST, 0), handler) as stranger:
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        server = Server(process, stranger.server_address[1])
        assert server.is_ready()
        assert not server.await_ready()
        stranger.shutdown()


def test_a_taken_port_and_a_promised_one_are_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = free_port(port)
        assert found > port
        assert free_port(port, {found}) > found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_noted_and_handlers_given_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with Interruption() as interruption:
        assert not interruption.asked()
        signal.raise_signal(number)
        assert interruption.asked()
        assert interruption.wait(3600)
        assert not interruption.pressed()
        signal.raise_signal(number)
        assert interruption.pressed()
    assert signal.getsignal(number) is before


def test_files_of_an_earlier_run_are_gone_and_data_stays(tmp_path: Path) -> None:
    with run_directory(tmp_path) as folder:
        folder.fill([Artefact("alerts/rules/old.yaml", "old")], {"targets/a.yml": "[]"})
        folder.data("prometheus").mkdir(parents=True)
    with run_directory(tmp_path) as folder:
        folder.fill([Artefact("alerts/rules/new.yaml", "new")], {"targets/b.yml": "[]"})
    files = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert files == {"lock", "alerts/rules/new.yaml", "alerts/targets/b.yml"}
    assert folder.data("prometheus").is_dir()
