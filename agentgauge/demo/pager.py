"""A pager for a newcomer: a webhook receiver that prints each notification as it arrives."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    Received = Callable[[str, Mapping[str, str], bytes], None]

HOST = "127.0.0.1"

_SHOWN_APART = ("alertname", "severity", "category")


class Receiver:
    """An HTTP server on this machine that hands each POST (path, headers, body) to `received`.

    A context manager. `received` is called from the server's own threads.

    Raises:
        OSError: the port is taken.

    """

    def __init__(self, received: Received, port: int = 0) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                received(self.path, dict(self.headers), body)
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                """Print no line of its own for each request."""

        self._server = ThreadingHTTPServer((HOST, port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """What a receiver's configuration names."""
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def notification(path: str, body: bytes) -> str:
    """Write an Alertmanager webhook's body as a person reads it; `path` names who was told."""
    try:
        alerts = json.loads(body)["alerts"]
        told = path.strip("/") or "webhook"
        return "\n\n".join(_alert(told, alert) for alert in alerts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"{path}: not a notification of Alertmanager ({error!r})"


def _alert(told: str, alert: dict[str, Any]) -> str:
    labels, texts = alert["labels"], alert.get("annotations", {})
    where = ", ".join(f"{k}={v}" for k, v in sorted(labels.items()) if k not in _SHOWN_APART)
    state = alert["status"].upper()
    lines = [
        " ".join(filter(None, (f"{told}: {state}", labels.get("severity"), labels["alertname"]))),
        f"  {texts['summary']}" if "summary" in texts else "",
        f"  {texts['description']}" if "description" in texts else "",
        f"  where    {where}" if where else "",
        f"  runbook  {texts['runbook_url']}" if "runbook_url" in texts else "",
    ]
    return "\n".join(filter(None, lines))
