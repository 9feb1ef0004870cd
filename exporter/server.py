"""The HTTP server: `/metrics`, health, readiness and the status page."""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import logging
import socket
import sys
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client.exposition import choose_encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from prometheus_client import CollectorRegistry

DEFAULT_ADDRESS = ":9477"
DEFAULT_TELEMETRY_PATH = "/metrics"

SILENCE = 10.0
"""Seconds that a client may let pass between two pieces of what it sends or takes."""

PATIENCE = 60.0
"""Seconds that a connection may last: no scrape timeout worth having is longer."""

MAX_CONNECTIONS = 64
"""Connections at a time. One more ends the oldest: a crowd of idle ones can't keep a scrape out."""

_SOFTWARE = "agentgauge"
_TEXT = "text/plain; charset=utf-8"
_LOG = logging.getLogger(__name__)

_Headers: TypeAlias = "list[tuple[str, str]]"
_Answer: TypeAlias = "tuple[HTTPStatus, _Headers, bytes]"


class ListenError(Exception):
    """The address can't be listened on. The message says why, and what to do."""


def parse_address(address: str) -> tuple[str, int]:
    """Read `:9477`, `127.0.0.1:9477`, `[::1]:9477` or `localhost:0`; raise ListenError otherwise.

    An empty host means every address of this machine, port 0 a free one.
    """
    host, colon, port = address.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 0xFFFF:  # noqa: PLR2004 - 16 bits
        raise ListenError(f"{address!r} is no listen address; write HOST:PORT or :PORT")
    if ":" in host and not bracketed:
        raise ListenError(f"{address!r} is no listen address; write [{host}]:{port}")
    return host[1:-1] if bracketed else host, int(port)


@dataclass(frozen=True, slots=True)
class Views:
    """What the server shows. Each part is asked anew for each request, from any thread.

    `status_page` gives HTML. `healthy`: somebody reads. `ready`: the history is read.
    """

    registry: CollectorRegistry
    healthy: Callable[[], bool]
    ready: Callable[[], bool]
    status_page: Callable[[], str]
    telemetry_path: str = DEFAULT_TELEMETRY_PATH


class Application:
    """The WSGI application: a path to an answer. An exception becomes a 500, never silence.

    Raises ListenError where the telemetry path is no path or another page's.
    """

    def __init__(self, views: Views) -> None:
        path = views.telemetry_path
        if not path.startswith("/") or path.startswith("/-/"):
            raise ListenError(f"--web.telemetry-path: {path!r} must begin with /, and not with /-/")
        self._views = views
        self._pages: dict[str, Callable[[WSGIEnvironment], _Answer]] = {
            "/": self._status,
            "/-/healthy": self._healthy,
            "/-/ready": self._ready,
            views.telemetry_path: self._metrics,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        try:
            status, headers, body = self._answer(environ)
        except Exception:  # noqa: BLE001 - a defect must not look like a target that is down
            _LOG.exception("answering %s failed", environ.get("PATH_INFO"))
            status, headers, body = _say(
                HTTPStatus.INTERNAL_SERVER_ERROR, "This failed; the exporter's log says why."
            )
        headers = [
            *headers,
            ("Content-Length", str(len(body))),
            ("X-Content-Type-Options", "nosniff"),
            ("Server", _SOFTWARE),
        ]
        start_response(f"{status.value} {status.phrase}", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _answer(self, environ: WSGIEnvironment) -> _Answer:
        path = environ.get("PATH_INFO") or "/"
        page = self._pages.get(path)
        if page is None:
            known = ", ".join(sorted(self._pages))
            return _say(HTTPStatus.NOT_FOUND, f"There is nothing here. There is: {known}")
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            status, headers, body = _say(HTTPStatus.METHOD_NOT_ALLOWED, "This can only be read.")
            return status, [*headers, ("Allow", "GET, HEAD")], body
        return page(environ)

    def _metrics(self, environ: WSGIEnvironment) -> _Answer:
        encode, content_type = choose_encoder(_usable(environ.get("HTTP_ACCEPT", "")))
        names = parse_qs(environ.get("QUERY_STRING", "")).get("name[]")
        registry = self._views.registry
        body = encode(registry.restricted_registry(names) if names else registry)
        headers = [("Content-Type", content_type), ("Vary", "Accept, Accept-Encoding")]
        if _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
            # Level 1 takes a quarter of the time of level 6, for a tenth more bytes.
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        return HTTPStatus.OK, headers, body

    def _healthy(self, _environ: WSGIEnvironment) -> _Answer:
        if self._views.healthy():
            return _say(HTTPStatus.OK, "Reading.")
        return _say(HTTPStatus.SERVICE_UNAVAILABLE, "Nothing reads the sources.")

    def _ready(self, _environ: WSGIEnvironment) -> _Answer:
        if self._views.ready():
            return _say(HTTPStatus.OK, "What was there at the start is read.")
        return _say(HTTPStatus.SERVICE_UNAVAILABLE, "What was there at the start is being read.")

    def _status(self, _environ: WSGIEnvironment) -> _Answer:
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ]
        return HTTPStatus.OK, headers, self._views.status_page().encode()


def _say(status: HTTPStatus, sentence: str) -> _Answer:
    return status, [("Content-Type", _TEXT)], f"{sentence}\n".encode()


def _usable(accept: str) -> str:
    """Leave out of an Accept header the versions that can't be compared, and so can't be met."""
    offers = (offer for offer in accept.split(",") if _comparable(offer))
    return ",".join(offers)


def _comparable(offer: str) -> bool:
    for parameter in offer.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip() == "version":
            return all(part.isascii() and part.isdigit() for part in value.strip().split("."))
    return True


def _takes_gzip(accept: str) -> bool:
    """Whether an Accept-Encoding header names gzip, and not with weight 0."""
    for offer in accept.split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip().lower() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


class _Handler(WSGIRequestHandler):
    """One connection, one request. Quiet: what clients do wrong is no news."""

    timeout = SILENCE
    server_version = _SOFTWARE
    sys_version = ""

    def get_stderr(self) -> io.StringIO:
        """Give what the WSGI server writes its tracebacks to: clients that went away."""
        return io.StringIO()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Log a request, for those who debug."""
        _LOG.debug("%s: " + format, self.client_address[0], *args)


class MetricsServer(ThreadingMixIn, WSGIServer):
    """Listens on an address and answers each connection in a thread of its own.

    Raises ListenError. Port 0 takes a free one; `url` tells which. `start` it, then `stop` it.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: str, application: Application) -> None:
        self._connections: dict[socket.socket, float] = {}
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        host, port = parse_address(address)
        problem: OSError | None = None
        for family, name in _candidates(host, port, address):
            self.address_family = family
            try:
                super().__init__((name, port), _Handler)
            except OSError as error:
                problem = error
                if error.errno == errno.EADDRINUSE:
                    break  # Half of what was asked for would hide this.
            else:
                self.set_app(application)
                return
        raise ListenError(f"can't listen on {address}: {_reason(problem)}") from problem

    @property
    def url(self) -> str:
        """Where it answers, as far as this machine can tell: `http://127.0.0.1:9477`."""
        everywhere = {"::", "0.0.0.0"}  # noqa: S104 - to be recognised, not listened on
        host = "localhost" if self.server_name in everywhere else self.server_name
        return (
            f"http://[{host}]:{self.server_port}"
            if ":" in host
            else f"http://{host}:{self.server_port}"
        )

    def start(self) -> None:
        """Answer from now on, in the background."""
        self._thread = threading.Thread(target=self.serve_forever, name="web", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, and free the address."""
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
        self.server_close()

    def server_bind(self) -> None:
        """Bind without asking the name service for this machine's name, which can take long."""
        if self.address_family == socket.AF_INET6:
            only = int(self.server_address[0] != "::")
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]  # TCP only
        """Take a connection; end the oldest if there are too many."""
        with self._guard:
            self._connections[request] = time.monotonic()
            if len(self._connections) > MAX_CONNECTIONS:
                _hang_up(next(iter(self._connections)))
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]  # TCP only
        """Forget a connection that is over."""
        with self._guard:
            self._connections.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """End the connections that last too long; called about twice a second."""
        latest = time.monotonic() - PATIENCE
        with self._guard:
            for connection, since in list(self._connections.items()):
                if since < latest:
                    _hang_up(connection)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base's
        """Say nothing aloud of a client that went away or sent nonsense."""
        _LOG.debug("connection from %s ended", client_address, exc_info=sys.exc_info())


def _candidates(host: str, port: int, address: str) -> list[tuple[int, str]]:
    """Give the address families and names to try, the best first."""
    if not host:
        return [(socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")]  # noqa: S104 - as was asked
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ListenError(f"can't listen on {address}: {host!r} is no address here") from error
    return sorted({(family, str(place[0])) for family, _, _, _, place in infos})


def _reason(problem: OSError | None) -> str:
    flag = "--web.listen-address"
    match problem.errno if problem else None:
        case errno.EADDRINUSE:
            return f"the port is taken; stop what uses it or choose another with {flag}"
        case errno.EACCES:
            return f"ports below 1024 need a privilege; choose a higher one with {flag}"
        case errno.EADDRNOTAVAIL:
            return f"this machine does not have that address; choose another with {flag}"
        case _:
            return str(problem)


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # It is closed already.
        connection.shutdown(socket.SHUT_RDWR)
