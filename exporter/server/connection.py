"""One connection: requests read within bounds, one after the other, and answered."""

from __future__ import annotations

import io
import socket
import ssl
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from exporter.server.bodies import Body, GoneError
from exporter.server.messages import Refusal, Request, say
from exporter.server.tls import hang_up, has_certificate

if TYPE_CHECKING:
    from exporter.server.messages import Answer
    from exporter.server.web_server import WebServer

SILENCE = 10.0
"""Seconds that a client may let pass between two pieces, and that a request's head may take."""

PATIENCE = 60.0
"""Seconds that a body and its answer may take: no scrape timeout worth having is longer."""

IDLE = 120.0
"""Seconds that a connection may wait for its next request: longer than scrapers do."""

HEAD_SIZE = 64 * 1024
"""Bytes that a request may have before its body."""

_LINGER = 2.0
_LINGER_UNIT = 1 << 20


class Connection(BaseHTTPRequestHandler):
    """Serves a connection. Quiet: what clients do wrong is no news."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = SILENCE
    server: WebServer
    rfile: io.BufferedReader
    command: str

    def setup(self) -> None:
        """Shake hands. Raises OSError where the client is not let in."""
        super().setup()
        self._waits = False
        self.command, self.request_version = "", "HTTP/1.1"
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.do_handshake()
            if not self.server.admits(self.connection):
                raise ConnectionRefusedError
        self._certified = has_certificate(self.connection)

    def handle(self) -> None:
        """Serve requests until one side has enough."""
        self.close_connection = False
        self.handle_one_request()
        while not self.close_connection:
            self._allow(IDLE, IDLE)
            self.handle_one_request()

    def handle_one_request(self) -> None:
        """Read a request within bounds, and serve it."""
        self.close_connection = True
        if not self.rfile.peek(1):
            return
        self._allow(SILENCE, SILENCE)
        head = self._read_head()
        if not head:
            return
        self._allow(SILENCE, PATIENCE)
        self.raw_requestline, _, fields = head.partition(b"\n")
        stream, self.rfile = self.rfile, io.BufferedReader(io.BytesIO(fields))
        try:
            understood = self.parse_request()  # It answers what it does not understand.
        finally:
            self.rfile = stream
        if understood:
            self._serve()

    def handle_expect_100(self) -> bool:
        """Let the client wait: whether its body is wanted is not known yet."""
        self._waits = True
        return True

    def send_error(
        self,
        code: int,
        message: str | None = None,
        explain: str | None = None,  # noqa: ARG002 - the base's
    ) -> None:
        """Answer what is no request that this server understands."""
        self.close_connection = True
        self._send(say(HTTPStatus(code), f"{message or HTTPStatus(code).phrase}."))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Log nothing: paths and headers may hold secrets."""

    def _allow(self, silence: float, patience: float) -> None:
        """Give the client so many seconds for its next piece, and for all that comes now."""
        self.connection.settimeout(silence)
        self.server.allow(self.request, patience)

    def _read_head(self) -> bytes:
        """Read up to the empty line; give nothing where the client goes away before."""
        head = bytearray()
        while True:
            line = self.rfile.readline(HEAD_SIZE + 1 - len(head))
            if len(head) + len(line) > HEAD_SIZE:
                self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
                return b""
            if not line.endswith(b"\n"):
                return b""
            empty = not line.strip(b"\r\n")
            if empty and head:
                return bytes(head + line)
            if not empty:  # Before a request an empty line means nothing.
                head += line

    def _serve(self) -> None:
        """Answer a request whose head is read."""
        keep, self.close_connection = not self.close_connection, True
        try:
            body = Body(self.rfile, self.headers, self._go_on)
        except Refusal as refusal:
            self._send(refusal.answer)
            self._linger()
            return
        try:
            answer = self.server.answer(self._request(body))
        except GoneError:
            return
        self.close_connection = not (keep and body.over)
        self._send(answer)
        if not body.over:
            self._linger()

    def _request(self, body: Body) -> Request:
        target = urlsplit(self.path) if not self.path.startswith("/") else None
        path, _, query = self.path.partition("?")
        return Request(
            method=self.command,
            path=unquote(target.path if target else path) or "/",
            query=target.query if target else query,
            headers=self.headers,
            peer=str(self.client_address[0]).partition("%")[0],
            read=body.read,
            certified=self._certified,
        )

    def _go_on(self) -> None:
        """Tell a client that waits to send its body."""
        if self._waits:
            self._waits = False
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _send(self, answer: Answer) -> None:
        headers = [
            ("Date", self.date_time_string()),
            ("Server", "agentgauge"),
            ("Content-Type", answer.kind),
            ("Content-Length", str(len(answer.body))),
            ("X-Content-Type-Options", "nosniff"),
            *answer.headers,
        ]
        if self.close_connection or self.request_version == "HTTP/1.0":
            headers.append(("Connection", "close" if self.close_connection else "keep-alive"))
        set_for_all = {name for name, _ in self.server.headers}
        own = [(name, value) for name, value in headers if name not in set_for_all]
        fields = "".join(f"{name}: {value}\r\n" for name, value in (*own, *self.server.headers))
        head = f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\n{fields}\r\n"
        self.wfile.write(head.encode() + (b"" if self.command == "HEAD" else answer.body))

    def _linger(self) -> None:
        """Take what the client still sends: closing before that, it might never see the answer."""
        self._allow(_LINGER, _LINGER)
        hang_up(self.connection, socket.SHUT_WR)
        while socket.socket.recv(self.connection, _LINGER_UNIT):
            pass
