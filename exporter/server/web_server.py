"""The server: listens, holds as many connections as it should, and answers none for ever."""

from __future__ import annotations

import errno
import logging
import socket
import sys
import threading
import time
from dataclasses import replace
from http import HTTPStatus
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING

from exporter.server.access import Access
from exporter.server.bodies import GoneError
from exporter.server.connection import SILENCE, Connection
from exporter.server.errors import ListenError
from exporter.server.messages import Refusal, say
from exporter.server.tls import Certificates, hang_up
from exporter.server.web_config import PLAIN
from spec.addresses import parse_address

if TYPE_CHECKING:
    import ssl

    from exporter.server.application import Application
    from exporter.server.messages import Answer, Request
    from exporter.server.web_config import WebConfig

MAX_CONNECTIONS = 64
"""Connections at a time. One more ends the one that was quiet longest: a crowd of idle ones can't
keep a scrape out."""

GRACE = 2.0
"""Seconds that answers under way may take when the server stops."""

POLL = 0.1
"""Seconds between two looks for connections that last too long, and for the end."""

_LOG = logging.getLogger(__name__)


class WebServer(ThreadingMixIn, TCPServer):
    """Listens on an address and serves each connection in a thread of its own.

    With a `token`, clients need it, or one of the passwords of `web`. `setting` is what the
    address was set by, for messages. Raises ListenError. Port 0 takes a free one; `url` tells
    which. `start` it, then `stop` it.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        address: str,
        application: Application,
        web: WebConfig = PLAIN,
        *,
        token: bytes | None = None,
        setting: str = "--web.listen-address",
    ) -> None:
        self.headers = web.headers
        self._application = application
        self._access = Access(web.users, token)
        self._deadlines: dict[socket.socket, float] = {}
        self._guard = threading.Condition()
        self._thread: threading.Thread | None = None
        try:
            self._certificates = Certificates(web.tls) if web.tls else None
        except OSError as error:
            raise ListenError(f"{web.mark.file}: certificates can't be used: {error}") from error
        self._listen(address, setting)

    @property
    def url(self) -> str:
        """Where it answers, as far as this machine can tell: `http://127.0.0.1:9477`."""
        host, port = str(self.server_address[0]), self.server_address[1]
        if host in {"::", "0.0.0.0"}:  # noqa: S104 - to be recognised, not listened on
            host = "localhost"
        scheme = "https" if self._certificates else "http"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    def start(self) -> None:
        """Answer from now on, in the background."""
        self._thread = threading.Thread(
            target=self.serve_forever, args=(POLL,), name="web", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests, finish those under way, and free the address."""
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
        self.server_close()
        with self._guard:
            for connection in self._deadlines:
                hang_up(connection, socket.SHUT_RD)
            self._guard.wait_for(lambda: not self._deadlines, GRACE)
            for connection in self._deadlines:
                hang_up(connection, socket.SHUT_RDWR)

    # ---- for connections

    def answer(self, request: Request) -> Answer:
        """Answer a request. An exception becomes a 500, never silence. Raises GoneError."""
        try:
            proven = self._access.proven(request)
            return self._application(replace(request, proven=proven))
        except Refusal as refusal:
            return refusal.answer
        except GoneError:
            raise
        except Exception:  # noqa: BLE001 - a defect must not look like a target that is down
            _LOG.exception("answering %s failed", request.path)
            sentence = "This failed; the exporter's log says why."
            return say(HTTPStatus.INTERNAL_SERVER_ERROR, sentence)

    def admits(self, connection: ssl.SSLSocket) -> bool:
        """Tell whether a client's certificate is one that is let in."""
        return self._certificates is None or self._certificates.admits(connection)

    def allow(self, connection: socket.socket, seconds: float) -> None:
        """Let a connection live so long from now on."""
        with self._guard:
            if self._deadlines.pop(connection, None) is not None:
                self._deadlines[connection] = time.monotonic() + seconds

    # ---- for the base classes

    def server_bind(self) -> None:
        """Bind; on IPv6's every address, to IPv4's too."""
        if self.address_family == socket.AF_INET6:
            only = int(self.server_address[0] != "::")
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        super().server_bind()

    def get_request(self) -> tuple[socket.socket, object]:
        """Take a connection."""
        connection, address = super().get_request()
        try:
            return (
                self._certificates.wrap(connection) if self._certificates else connection
            ), address
        except OSError:
            connection.close()
            raise

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]  # TCP only
        """Serve a connection; end the quietest if there are too many."""
        with self._guard:
            self._deadlines[request] = time.monotonic() + SILENCE
            if len(self._deadlines) > MAX_CONNECTIONS:
                hang_up(next(iter(self._deadlines)), socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]  # TCP only
        """Forget a connection that is over."""
        with self._guard:
            self._deadlines.pop(request, None)
            self._guard.notify_all()
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """End the connections that last too long; called at every POLL."""
        now = time.monotonic()
        with self._guard:
            for connection, deadline in self._deadlines.items():
                if deadline < now:
                    hang_up(connection, socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base's
        """Say nothing aloud of a client that went away or sent nonsense."""
        _LOG.debug("connection from %s ended", client_address, exc_info=sys.exc_info())

    def _listen(self, address: str, setting: str) -> None:
        try:
            host, port = parse_address(address)
        except ValueError as error:
            raise ListenError(str(error)) from error
        problem: OSError | None = None
        for family, name in _candidates(host, port, address):
            self.address_family = family
            try:
                super().__init__((name, port), Connection)
            except OSError as error:
                problem = error
                if error.errno == errno.EADDRINUSE:
                    break  # Half of what was asked for would hide this.
            else:
                return
        raise ListenError(f"can't listen on {address}: {_reason(problem, setting)}") from problem


def _candidates(host: str, port: int, address: str) -> list[tuple[int, str]]:
    """Give the address families and names to try, the best first."""
    if not host:
        return [(socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")]  # noqa: S104 - as was asked
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ListenError(f"can't listen on {address}: {host!r} is no address here") from error
    return sorted({(family, str(place[0])) for family, _, _, _, place in infos})


def _reason(problem: OSError | None, setting: str) -> str:
    match problem.errno if problem else None:
        case errno.EADDRINUSE:
            return f"the port is taken; stop what uses it or choose another with {setting}"
        case errno.EACCES:
            return f"ports below 1024 need a privilege; choose a higher one with {setting}"
        case errno.EADDRNOTAVAIL:
            return f"this machine does not have that address; choose another with {setting}"
        case _:
            return str(problem)
