"""A receiver: the server of one source that is pushed to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exporter.receivers.lines import lines_application
from exporter.receivers.otlp import otlp_application
from exporter.server.errors import ListenError
from exporter.server.web_config import PLAIN, load_web_config
from exporter.server.web_server import WebServer
from spec.addresses import is_loopback, parse_address

if TYPE_CHECKING:
    from exporter.server.web_config import WebConfig
    from exporter.spool.spool import Spool
    from spec.model import Push

MAX_TOKEN = 4096
"""Bytes of the longest token."""


def make_receiver(push: Push, spool: Spool) -> WebServer:
    """Make the server of a source: `stop` it before the spool is closed.

    Raises ListenError where it can't listen or has no right token, and SpecError for the web
    configuration.
    """
    web = load_web_config(Path(push.web_config)) if push.web_config else PLAIN
    token = _token(Path(push.token_file)) if push.token_file else None
    _check_open(push, web, guarded=token is not None)
    application = otlp_application(spool) if push.protocol == "otlp" else lines_application(spool)
    return WebServer(push.listen, application, web, token=token, setting="listen:")


def _token(path: Path) -> bytes:
    """Read the bearer token: one word."""
    try:
        with path.open("rb") as file:
            token = file.read(MAX_TOKEN + 1).strip()
    except OSError as error:
        raise ListenError(f"{path}: the token can't be read: {error.strerror}") from error
    if not token or len(token) > MAX_TOKEN or not all(0x20 < byte < 0x7F for byte in token):  # noqa: PLR2004 - visible letters
        raise ListenError(f"{path}: a token is one word of visible ASCII letters")
    return token


def _check_open(push: Push, web: WebConfig, *, guarded: bool) -> None:
    """Refuse to let everybody on a network send."""
    host, _ = parse_address(push.listen)
    if not (guarded or web.authenticates or is_loopback(host)):
        raise ListenError(
            f"{web.mark.file or push.listen}: {push.listen} can be reached from other machines; "
            "set token_file: beside it, or basic_auth_users or "
            "client_auth_type: RequireAndVerifyClientCert in its web_config:"
        )
