"""What the exporter shows: the metrics, health, readiness and the status page; and its reload."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from isal import igzip

from exporter.server import DEFAULT_TELEMETRY_PATH
from exporter.server.application import Application
from exporter.server.errors import ListenError
from exporter.server.messages import Answer, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.server.messages import Page, Request

# A tenth of zlib's time at its quickest, for a body that is hardly larger.
_QUICK = 1


@dataclass(frozen=True, slots=True)
class Views:
    """What the server shows. Each part is asked anew for each request, from any thread.

    `metrics` takes an Accept header and the names that were asked for (none: all), and gives a
    content type and the exposition. `status_page` gives HTML. `healthy`: somebody reads. `ready`:
    the history is read. `reload` gives None once it is done, or what is wrong.
    """

    metrics: Callable[[str, Sequence[str]], tuple[str, bytes]]
    healthy: Callable[[], bool]
    ready: Callable[[], bool]
    status_page: Callable[[], str]
    telemetry_path: str = DEFAULT_TELEMETRY_PATH
    reload: Callable[[], str | None] | None = None


def fleet_application(views: Views) -> Application:
    """Make the application that shows these views.

    Raises ListenError where the telemetry path is no path or another page's.
    """
    path = views.telemetry_path
    if path == "/" or not path.startswith("/") or path.startswith("/-/"):
        raise ListenError(f"--web.telemetry-path: {path!r} must begin with /, and not with /-/")
    pages: dict[str, dict[str, Page]] = {
        "/": {"GET": lambda _: _status(views)},
        "/-/healthy": {"GET": lambda _: _healthy(views)},
        "/-/ready": {"GET": lambda _: _ready(views)},
        path: {"GET": lambda request: _metrics(views, request)},
    }
    if (reload := views.reload) is not None:
        pages["/-/reload"] = {"POST": lambda request: _reload(reload, request)}
    return Application(pages)


def _metrics(views: Views, request: Request) -> Answer:
    names = parse_qs(request.query).get("name[]", [])
    kind, body = views.metrics(request.headers.get("Accept", ""), names)
    headers = [("Vary", "Accept, Accept-Encoding")]
    if _takes_gzip(request.headers.get("Accept-Encoding", "")):
        body = igzip.compress(body, _QUICK, mtime=0)
        headers.append(("Content-Encoding", "gzip"))
    return Answer(HTTPStatus.OK, body, kind, tuple(headers))


def _healthy(views: Views) -> Answer:
    if views.healthy():
        return say(HTTPStatus.OK, "Reading.")
    return say(HTTPStatus.SERVICE_UNAVAILABLE, "Nothing reads the sources.")


def _ready(views: Views) -> Answer:
    if views.ready():
        return say(HTTPStatus.OK, "What was there at the start is read.")
    return say(HTTPStatus.SERVICE_UNAVAILABLE, "What was there at the start is being read.")


def _status(views: Views) -> Answer:
    headers = (
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    )
    page = views.status_page().encode()
    return Answer(HTTPStatus.OK, page, "text/html; charset=utf-8", headers)


def _reload(reload: Callable[[], str | None], request: Request) -> Answer:
    if not (request.local or request.proven):
        return say(
            HTTPStatus.FORBIDDEN,
            "From another machine this needs basic_auth_users or client certificates in "
            "--web.config.file. On this one, send SIGHUP or ask the loopback address.",
        )
    problem = reload()
    if problem is None:
        return say(HTTPStatus.OK, "Reloaded.")
    return say(HTTPStatus.INTERNAL_SERVER_ERROR, problem)


def _takes_gzip(accept: str) -> bool:
    """Whether an Accept-Encoding header names gzip, and not with weight 0."""
    for offer in accept.split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip().lower() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
