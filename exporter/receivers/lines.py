"""NDJSON: `POST /v1/lines`."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from exporter.receivers.keeping import MAX_BODY, keep, key_of
from exporter.server.application import Application
from exporter.server.bodies import unpacked
from exporter.server.messages import Answer

if TYPE_CHECKING:
    from exporter.server.messages import Request
    from exporter.spool.spool import Spool

_BOM = b"\xef\xbb\xbf"


def lines_application(spool: Spool) -> Application:
    """Make the application that takes lines."""
    return Application({"/v1/lines": {"POST": lambda request: _take(spool, request)}})


def _take(spool: Spool, request: Request) -> Answer:
    """Keep a body's lines; tell how many they are. Whether they can be used is seen later."""
    coding = request.headers.get("Content-Encoding", "")
    body = unpacked(request.read(MAX_BODY), coding, MAX_BODY).removeprefix(_BOM)
    if body:
        body = body if body.endswith(b"\n") else body + b"\n"
        keep(spool, key_of(request), body)
    told = json.dumps({"lines": body.count(b"\n")}) + "\n"
    return Answer(HTTPStatus.OK, told.encode(), "application/json")
