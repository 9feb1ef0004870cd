"""The server answers scrapes as Prometheus expects them, whatever other clients do."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import socket
import subprocess
import time
import urllib.request
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    enable_created_metrics,
)
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from exporter.server import (
    MAX_CONNECTIONS,
    SILENCE,
    Application,
    ListenError,
    MetricsServer,
    Views,
    parse_address,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = b"""\
# HELP agent_steps_total Steps.
# TYPE agent_steps_total counter
agent_steps_total{agent="a"} 3.0
# HELP agent_queue_depth Waiting.
# TYPE agent_queue_depth gauge
agent_queue_depth 0.0
"""

RUDE = (b"", b"GET /metr", b"\x16\x03\x01\0\xff\n", b"\n", b"GET / HTTP/9\n\n")


class Fleet:
    """A server and what it shows."""

    def __init__(self, telemetry_path: str = "/metrics") -> None:
        self.healthy = True
        self.ready = True
        self.page = "<p>fleet</p>"
        registry = CollectorRegistry()
        steps = Counter("agent_steps", "Steps.", ["agent"], registry=registry)
        steps.labels("a").inc(3)
        self.depth = Gauge("agent_queue_depth", "Waiting.", registry=registry)
        views = Views(
            registry, lambda: self.healthy, lambda: self.ready, lambda: self.page, telemetry_path
        )
        self.server = MetricsServer("127.0.0.1:0", Application(views))

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=20)
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, spelled)
        response = connection.getresponse()
        answer = response.status, response.headers, response.read()
        connection.close()
        return answer


@pytest.fixture(autouse=True)
def _no_created_series() -> Iterator[None]:
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the client has no types here
    yield
    enable_created_metrics()  # type: ignore[no-untyped-call]  # the same


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


def test_metrics_are_given_as_prometheus_text_by_default(fleet: Fleet) -> None:
    status, headers, body = fleet.ask("/metrics")
    assert (status, body) == (200, TEXT)
    assert headers["Content-Type"].startswith("text/plain; version=")
    assert headers["Content-Length"] == str(len(TEXT))
    assert "Python" not in str(headers)


def test_metrics_are_given_as_openmetrics_to_who_asks(fleet: Fleet) -> None:
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"
    _, headers, body = fleet.ask("/metrics", Accept=accept)
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert body.endswith(b"# EOF\n")
    families = text_string_to_metric_families(body.decode())  # type: ignore[no-untyped-call]  # so
    assert [family.name for family in families] == ["agent_steps", "agent_queue_depth"]


@pytest.mark.parametrize(
    "accept", ["", "*/*", ",;=", "text/plain;version=abc", "application/openmetrics-text;version=."]
)
def test_an_accept_header_that_means_nothing_gets_text(fleet: Fleet, accept: str) -> None:
    assert fleet.ask("/metrics", Accept=accept)[2] == TEXT


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


def test_some_families_can_be_asked_for(fleet: Fleet) -> None:
    _, _, body = fleet.ask("/metrics?name%5B%5D=agent_queue_depth")
    assert body == TEXT[TEXT.index(b"# HELP agent_queue") :]


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
    assert body == b"There is nothing here. There is: /, /-/healthy, /-/ready, /metrics\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused_with_what_is_allowed(fleet: Fleet, method: str) -> None:
    status, headers, body = fleet.ask("/metrics", method, b"x" * 10_000)
    assert (status, headers["Allow"], body) == (405, "GET, HEAD", b"This can only be read.\n")


def test_head_gives_the_headers_alone(fleet: Fleet) -> None:
    with socket.create_connection(("127.0.0.1", fleet.server.server_port), timeout=20) as client:
        client.send(b"HEAD /metrics HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.0 200 OK\r\n")
    assert f"Content-Length: {len(TEXT)}\r\n".encode() in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_defect_is_answered_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> float:
        raise RuntimeError("no depth")

    fleet = Fleet()
    fleet.server.start()
    fleet.depth.set_function(fail)
    status, _, body = fleet.ask("/metrics")
    fleet.server.stop()
    assert (status, body) == (500, b"This failed; the exporter's log says why.\n")
    assert "no depth" in caplog.text


def test_the_telemetry_path_is_honoured() -> None:
    fleet = Fleet("/m")
    fleet.server.start()
    assert (fleet.ask("/m")[2], fleet.ask("/metrics")[0]) == (TEXT, 404)
    fleet.server.stop()


@pytest.mark.parametrize("path", ["metrics", "", "/-/ready"])
def test_a_telemetry_path_that_can_not_be_is_refused(path: str) -> None:
    with pytest.raises(ListenError, match=r"--web\.telemetry-path"):
        Fleet(path)


def test_silent_and_rude_clients_do_not_keep_a_scrape_out(
    fleet: Fleet, capfd: pytest.CaptureFixture[str]
) -> None:
    address = ("127.0.0.1", fleet.server.server_port)
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
    address = ("127.0.0.1", fleet.server.server_port)
    with contextlib.ExitStack() as stack:
        oldest = stack.enter_context(socket.create_connection(address, timeout=SILENCE / 2))
        for _ in range(MAX_CONNECTIONS):
            stack.enter_context(socket.create_connection(address))
        assert oldest.recv(1) == b""


def test_a_connection_that_lasts_too_long_is_ended(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.server.PATIENCE", 0.0)
    address = ("127.0.0.1", fleet.server.server_port)
    with socket.create_connection(address, timeout=SILENCE / 2) as client:
        client.send(b"GET /metrics HTTP/1.0\r\nX: ")
        assert client.recv(1) == b""


def test_a_client_that_stops_sending_is_ended(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.server._Handler.timeout", 0.05)
    address = ("127.0.0.1", fleet.server.server_port)
    with socket.create_connection(address, timeout=SILENCE / 2) as client:
        client.send(b"GET /metrics HTTP/1.0\r\nX: ")
        assert client.recv(1) == b""


def test_a_client_that_does_not_read_its_answer_is_ended_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("exporter.server._Handler.timeout", 0.05)
    fleet = Fleet()
    fleet.page = "x" * 50_000_000
    fleet.server.start()
    with socket.create_connection(("127.0.0.1", fleet.server.server_port), timeout=20) as client:
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        deadline = time.monotonic() + 20
        client.recv(1)
        while fleet.server._connections:  # noqa: SLF001 - the moment at which it is over
            assert time.monotonic() < deadline
            time.sleep(0.005)
    fleet.server.stop()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (":9477", ("", 9477)),
        ("127.0.0.1:9477", ("127.0.0.1", 9477)),
        ("[::1]:9477", ("::1", 9477)),
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_addresses_are_spelled_as_exporters_do(address: str, expected: tuple[str, int]) -> None:
    assert parse_address(address) == expected


@pytest.mark.parametrize(
    "address", ["9477", "", "a:", "a:b", ":70000", "::1:9477", ":-1", ":\u0663"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ListenError, match="is no listen address; write"):
        parse_address(address)


@pytest.mark.parametrize("address", [":0", "0.0.0.0:0", "[::1]:0", "[::]:0", "localhost:0"])
def test_it_listens_where_it_is_told(address: str) -> None:
    views = Views(CollectorRegistry(), lambda: True, lambda: True, str)
    server = MetricsServer(address, Application(views))
    server.start()
    with urllib.request.urlopen(f"{server.url}/-/ready", timeout=20) as answer:  # noqa: S310 - our own
        assert answer.status == 200
    if address == ":0":
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, server.server_port), timeout=20).close()
    server.stop()


def test_a_taken_port_is_said_in_a_sentence(fleet: Fleet) -> None:
    address = f"127.0.0.1:{fleet.server.server_port}"
    for taken in (address, f":{fleet.server.server_port}"):
        with pytest.raises(ListenError) as error:
            MetricsServer(taken, Application(Views(CollectorRegistry(), bool, bool, str)))
        assert str(error.value) == (
            f"can't listen on {taken}: the port is taken; "
            "stop what uses it or choose another with --web.listen-address"
        )


def test_half_of_every_address_is_not_enough() -> None:
    with socket.socket(socket.AF_INET6) as other:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        other.bind(("::", 0))
        other.listen()
        application = Application(Views(CollectorRegistry(), bool, bool, str))
        with pytest.raises(ListenError, match="the port is taken"):
            MetricsServer(f":{other.getsockname()[1]}", application)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("no.such.host.invalid:0", "is no address here"),
        ("192.0.2.1:0", "does not have that address"),
    ],
)
def test_an_address_that_is_not_here_is_said_in_a_sentence(address: str, reason: str) -> None:
    with pytest.raises(ListenError, match=reason):
        MetricsServer(address, Application(Views(CollectorRegistry(), bool, bool, str)))


def test_promtool_accepts_what_a_scrape_gives(fleet: Fleet) -> None:
    try:
        done = subprocess.run(
            ["promtool", "check", "metrics"],
            input=fleet.ask("/metrics")[2],
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.fail("promtool is missing: apt-get install -y prometheus")
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_unknown_page_is_an_error_for_urllib_too(fleet: Fleet) -> None:
    with pytest.raises(HTTPError, match="404"):
        urllib.request.urlopen(f"{fleet.server.url}/x", timeout=20)  # noqa: S310 - our own
