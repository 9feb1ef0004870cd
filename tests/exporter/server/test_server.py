"""The server answers scrapes as Prometheus expects them, whatever other clients do."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import socket
import threading
import time
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.server.application import Application
from exporter.server.connection import HEAD_SIZE, SILENCE
from exporter.server.errors import ListenError
from exporter.server.messages import Answer, say
from exporter.server.pages import Views, fleet_application
from exporter.server.web_server import MAX_CONNECTIONS, WebServer
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TEXT = b"""\
# HELP agent_steps_total Steps.
# TYPE agent_steps_total counter
agent_steps_total{agent="a"} 3.0
# HELP agent_queue_depth Waiting.
# TYPE agent_queue_depth gauge
agent_queue_depth 0.0
"""

NOTHING = Application({"/": {"GET": lambda _: say(HTTPStatus.OK, "Nothing.")}})
RUDE = (b"", b"GET /metr", b"\x16\x03\x01\0\xff\n", b"\n", b"GET / HTTP/9\n\n")


class Fleet:
    """A server and what it shows."""

    def __init__(self, telemetry_path: str = "/metrics") -> None:
        self.healthy = True
        self.ready = True
        self.page = "<p>fleet</p>"
        self.asked: list[tuple[str, list[str]]] = []
        self.defect = False
        self.problem: str | None = None
        views = Views(
            self.metrics,
            lambda: self.healthy,
            lambda: self.ready,
            lambda: self.page,
            telemetry_path,
            lambda: self.problem,
        )
        self.server = WebServer("127.0.0.1:0", fleet_application(views))
        self.port = int(self.server.server_address[1])

    def metrics(self, accept: str, names: Sequence[str]) -> tuple[str, bytes]:
        if self.defect:
            raise RuntimeError("no depth")
        self.asked.append((accept, list(names)))
        return "text/x-exposition; version=1", TEXT

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, spelled)
        response = connection.getresponse()
        answer = response.status, response.headers, response.read()
        connection.close()
        return answer


@pytest.fixture(scope="module")
def running() -> Iterator[Fleet]:
    fleet = Fleet()
    fleet.server.start()
    yield fleet
    fleet.server.stop()


@pytest.fixture
def fleet(running: Fleet) -> Fleet:
    running.healthy = running.ready = True
    return running


def test_metrics_are_given_as_they_are_rendered(fleet: Fleet) -> None:
    fleet.asked.clear()
    status, headers, body = fleet.ask("/metrics", Accept="application/openmetrics-text;q=0.5,*/*")
    assert (status, body) == (200, TEXT)
    assert headers["Content-Type"] == "text/x-exposition; version=1"
    assert headers["Content-Length"] == str(len(TEXT))
    assert headers["Vary"] == "Accept, Accept-Encoding"
    assert "Python" not in str(headers)
    assert fleet.asked == [("application/openmetrics-text;q=0.5,*/*", [])]


def test_some_families_can_be_asked_for(fleet: Fleet) -> None:
    fleet.asked.clear()
    fleet.ask("/metrics?name%5B%5D=agent_queue_depth&x=1&name[]=b")
    assert fleet.asked == [("", ["agent_queue_depth", "b"])]


@pytest.mark.parametrize(
    ("accept", "zipped"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("gzip;q=0, br", False), ("", False), ("br", False)],
)
def test_metrics_are_compressed_for_who_takes_gzip(
    fleet: Fleet, accept: str, *, zipped: bool
) -> None:
    _, headers, body = fleet.ask("/metrics", Accept_Encoding=accept)
    assert (headers.get("Content-Encoding") == "gzip") == zipped
    assert (gzip.decompress(body) if zipped else body) == TEXT


def test_health_and_readiness_follow_their_state(fleet: Fleet) -> None:
    assert [fleet.ask(path)[0] for path in ("/-/healthy", "/-/ready")] == [200, 200]
    fleet.ready = False
    assert [fleet.ask(path)[0] for path in ("/-/healthy", "/-/ready")] == [200, 503]
    fleet.healthy = False
    assert [fleet.ask(path)[0] for path in ("/-/healthy", "/-/ready")] == [503, 503]
    assert fleet.ask("/-/healthy")[2] == b"Nothing reads the sources.\n"


def test_the_status_page_may_load_nothing(fleet: Fleet) -> None:
    status, headers, body = fleet.ask("/")
    assert (status, body) == (200, b"<p>fleet</p>")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_what_is_not_there_is_said_in_a_sentence(fleet: Fleet) -> None:
    status, _, body = fleet.ask("/metric?x=1")
    assert status == 404
    assert (
        body == b"There is nothing here. There is: /, /-/healthy, /-/ready, /-/reload, /metrics\n"
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused_with_what_is_allowed(fleet: Fleet, method: str) -> None:
    status, headers, body = fleet.ask("/metrics", method, b"x" * 10_000)
    assert (status, headers["Allow"], body) == (
        405,
        "GET, HEAD",
        b"This takes GET and HEAD only.\n",
    )


def test_head_gives_the_headers_alone(fleet: Fleet) -> None:
    with socket.create_connection(("127.0.0.1", fleet.port), timeout=20) as client:
        client.send(b"HEAD /metrics HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"Content-Length: {len(TEXT)}\r\n".encode() in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_defect_is_answered_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    fleet = Fleet()
    fleet.server.start()
    fleet.defect = True
    status, _, body = fleet.ask("/metrics")
    fleet.server.stop()
    assert (status, body) == (500, b"This failed; the exporter's log says why.\n")
    assert "no depth" in caplog.text


def test_the_telemetry_path_is_honoured() -> None:
    fleet = Fleet("/m")
    fleet.server.start()
    assert (fleet.ask("/m")[2], fleet.ask("/metrics")[0]) == (TEXT, 404)
    fleet.server.stop()


@pytest.mark.parametrize("path", ["metrics", "", "/", "/-/ready"])
def test_a_telemetry_path_that_can_not_be_is_refused(path: str) -> None:
    with pytest.raises(ListenError, match=r"--web\.telemetry-path"):
        Fleet(path)


def test_silent_and_rude_clients_do_not_keep_a_scrape_out(
    fleet: Fleet, capfd: pytest.CaptureFixture[str]
) -> None:
    address = ("127.0.0.1", fleet.port)
    crowd = [socket.create_connection(address) for _ in range(2 * MAX_CONNECTIONS)]
    for i, client in enumerate(crowd):
        with contextlib.suppress(OSError):  # It may have been hung up on.
            client.send(RUDE[i % len(RUDE)])
    assert fleet.ask("/metrics")[2] == TEXT
    for client in crowd:
        client.close()
    assert fleet.ask("/metrics")[2] == TEXT
    assert capfd.readouterr() == ("", "")


def test_a_crowd_pushes_out_the_oldest(fleet: Fleet) -> None:
    address = ("127.0.0.1", fleet.port)
    with contextlib.ExitStack() as stack:
        oldest = stack.enter_context(socket.create_connection(address, timeout=SILENCE / 2))
        for _ in range(MAX_CONNECTIONS):
            stack.enter_context(socket.create_connection(address))
        assert oldest.recv(1) == b""


def test_a_connection_that_lasts_too_long_is_ended(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.server.connection.SILENCE", 0.0)
    address = ("127.0.0.1", fleet.port)
    with socket.create_connection(address, timeout=SILENCE / 2) as client:
        client.send(b"GET /metrics HTTP/1.0\r\nX: ")
        assert client.recv(1) == b""


def test_a_client_that_stops_sending_is_ended(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.server.connection.SILENCE", 0.05)
    address = ("127.0.0.1", fleet.port)
    with socket.create_connection(address, timeout=SILENCE / 2) as client:
        client.send(b"GET /metrics HTTP/1.0\r\nX: ")
        assert client.recv(1) == b""


def test_a_client_that_does_not_read_its_answer_is_ended_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("exporter.server.connection.SILENCE", 0.05)
    fleet = Fleet()
    fleet.page = "x" * 50_000_000
    fleet.server.start()
    with socket.create_connection(("127.0.0.1", fleet.port), timeout=20) as client:
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        deadline = time.monotonic() + 20
        client.recv(1)
        while fleet.server._deadlines:  # noqa: SLF001 - the moment at which it is over
            assert time.monotonic() < deadline
            time.sleep(0.005)
    fleet.server.stop()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("address", [":0", "0.0.0.0:0", "[::1]:0", "[::]:0", "localhost:0"])
def test_it_listens_where_it_is_told(address: str) -> None:
    server = WebServer(address, NOTHING)
    server.start()
    with urllib.request.urlopen(f"{server.url}/", timeout=20) as answer:  # noqa: S310 - our own
        assert answer.status == 200
    if address == ":0":
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, int(server.server_address[1])), timeout=20).close()
    server.stop()


def test_a_taken_port_is_said_in_a_sentence(fleet: Fleet) -> None:
    address = f"127.0.0.1:{fleet.port}"
    for taken in (address, f":{fleet.port}"):
        with pytest.raises(ListenError) as error:
            WebServer(taken, NOTHING)
        assert str(error.value) == (
            f"can't listen on {taken}: the port is taken; "
            "stop what uses it or choose another with --web.listen-address"
        )


def test_half_of_every_address_is_not_enough() -> None:
    with socket.socket(socket.AF_INET6) as other:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        other.bind(("::", 0))
        other.listen()
        with pytest.raises(ListenError, match="the port is taken"):
            WebServer(f":{other.getsockname()[1]}", NOTHING)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("no.such.host.invalid:0", "is no address here"),
        ("192.0.2.1:0", "does not have that address"),
        ("9477", "is no listen address; write"),
    ],
)
def test_an_address_that_is_not_here_is_said_in_a_sentence(address: str, reason: str) -> None:
    with pytest.raises(ListenError, match=reason):
        WebServer(address, NOTHING)


def test_an_unknown_page_is_an_error_for_urllib_too(fleet: Fleet) -> None:
    with pytest.raises(HTTPError, match="404"):
        urllib.request.urlopen(f"{fleet.server.url}/x", timeout=20)  # noqa: S310 - our own


# ---- connections that are kept -------------------------------------------------------------------


def test_a_scraper_keeps_its_connection(fleet: Fleet) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", fleet.port, timeout=20)
    connection.connect()
    kept = connection.sock
    for path, status in (("/metrics", 200), ("/x", 404), ("/metrics", 200)):
        connection.request("GET", path)
        with connection.getresponse() as response:
            assert (response.status, response.version) == (status, 11)
            response.read()
        assert connection.sock is kept
    connection.close()


def test_requests_that_come_at_once_are_answered_in_order(fleet: Fleet) -> None:
    with socket.create_connection(("127.0.0.1", fleet.port), timeout=20) as client:
        request = b"GET /-/%s HTTP/1.1\r\n%s\r\n"
        client.send(request % (b"healthy", b"") + request % (b"ready", b"Connection: close\r\n"))
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.index(b"Reading.") < answer.index(b"is read.")


def test_who_is_quiet_longest_makes_room() -> None:
    fleet = Fleet()
    fleet.server.start()
    with contextlib.ExitStack() as stack:
        address = ("127.0.0.1", fleet.port)
        scraper = stack.enter_context(socket.create_connection(address, timeout=SILENCE / 2))
        crowd = [
            stack.enter_context(socket.create_connection(address, timeout=SILENCE / 2))
            for _ in range(MAX_CONNECTIONS - 1)
        ]
        held = fleet.server._deadlines  # noqa: SLF001 - all are to be taken before one speaks
        eventually(lambda: len(held) == MAX_CONNECTIONS, "crowd of connections")
        scraper.send(b"GET /-/ready HTTP/1.1\r\n\r\n")
        assert scraper.recv(8) == b"HTTP/1.1"
        stack.enter_context(socket.create_connection(address))
        assert crowd[0].recv(1) == b""
        scraper.send(b"GET /-/ready HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert b"".join(iter(lambda: scraper.recv(4096), b"")).count(b"200 OK") == 2
    fleet.server.stop()


def test_stopping_finishes_what_is_under_way_and_ends_what_is_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("exporter.server.web_server.GRACE", 3600)
    entered, go_on = threading.Event(), threading.Event()

    def slow() -> Answer:
        entered.set()
        go_on.wait(20)
        return say(HTTPStatus.OK, "done")

    server = WebServer("127.0.0.1:0", Application({"/": {"GET": lambda _: slow()}}))
    server.start()
    address = ("127.0.0.1", int(server.server_address[1]))
    with (
        socket.create_connection(address, timeout=20) as idle,
        socket.create_connection(address, timeout=20) as busy,
    ):
        busy.send(b"GET / HTTP/1.1\r\n\r\n")
        assert entered.wait(20)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert idle.recv(1) == b""
        go_on.set()
        assert b"".join(iter(lambda: busy.recv(4096), b"")).endswith(b"done\n")
        stopping.join()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


# ---- heads and frames ----------------------------------------------------------------------------


def raw(fleet: Fleet, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", fleet.port), timeout=20) as client:
        with contextlib.suppress(OSError):  # It may be answered before all is sent.
            client.sendall(sent)
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"x" * HEAD_SIZE + b" HTTP/1.1\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * (HEAD_SIZE // 6) + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431"),
        (b"GET / HTTP/9.9\r\n\r\n", b"505"),
        (b"GET\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", b"400"),
        (b"BREW / HTTP/1.1\r\nConnection: close\r\n\r\n", b"405"),
        (b"\r\nGET http://host/-/healthy HTTP/1.0\r\n\r\n", b"200"),
        (b"GET /%2d/healthy HTTP/1.0\r\n\r\n", b"200"),
    ],
)
def test_odd_requests_get_an_answer_that_says_so(fleet: Fleet, sent: bytes, status: bytes) -> None:
    answer = raw(fleet, sent)
    assert answer[:12] == b"HTTP/1.1 " + status
    assert b"<" not in answer


LETTERS = st.text("GETPOS /-:.\r\nHTP1,chunked0;", max_size=100).map(str.encode)


@given(st.binary(max_size=300) | LETTERS)
@settings(max_examples=150, deadline=None)
def test_no_bytes_break_the_server(running: Fleet, sent: bytes) -> None:
    address = ("127.0.0.1", running.port)
    with socket.create_connection(address, timeout=20) as client, contextlib.suppress(OSError):
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
    assert running.ask("/-/healthy")[2] == b"Reading.\n"


# ---- reload --------------------------------------------------------------------------------------


def test_reload_tells_what_became_of_it(fleet: Fleet) -> None:
    fleet.problem = None
    assert fleet.ask("/-/reload", "POST")[::2] == (200, b"Reloaded.\n")
    fleet.problem = "agents.yaml:1:1: is empty"
    assert fleet.ask("/-/reload", "POST")[::2] == (500, b"agents.yaml:1:1: is empty\n")
    status, headers, body = fleet.ask("/-/reload")
    assert (status, headers["Allow"], body) == (405, "POST", b"This takes POST only.\n")


def test_reload_is_not_for_other_machines_nor_for_web_pages(fleet: Fleet) -> None:
    fleet.problem = None
    assert fleet.ask("/-/reload", "POST", X_Forwarded_For="192.0.2.1")[0] == 403
    assert fleet.ask("/-/reload", "POST", Origin="https://example.org")[0] == 403


def test_without_reload_there_is_none() -> None:
    application = fleet_application(Views(lambda *_: ("", b""), bool, bool, str))
    server = WebServer("127.0.0.1:0", application)
    server.start()
    with pytest.raises(HTTPError, match="404"):
        urllib.request.urlopen(f"{server.url}/-/reload", b"", timeout=20)  # noqa: S310 - our own
    server.stop()
