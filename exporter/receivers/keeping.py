"""What all receivers do with a body: keep it under its key, or say why not."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from exporter.server.messages import refuse
from exporter.spool.spool import SpoolError, SpoolFull

if TYPE_CHECKING:
    from exporter.server.messages import Request
    from exporter.spool.spool import Spool

MAX_BODY = 16 * 1024 * 1024
"""Bytes that a body may have, before and after it is unpacked: the longest line that is read."""

_RETRY = ("Retry-After", "5")


def key_of(request: Request) -> str | None:
    """Give the key under which a sender repeats a request; None where it gives none."""
    key = str(request.headers.get("Idempotency-Key", "")).strip()
    return f"{request.path} {key}" if key else None


def keep(spool: Spool, key: str | bytes | None, body: bytes) -> None:
    """Keep whole lines; they are safe when this returns. Raises Refusal."""
    try:
        spool.append(key, body)
    except SpoolFull as full:
        sentence = "Too much waits to be read; send it again later."
        raise refuse(HTTPStatus.TOO_MANY_REQUESTS, sentence, _RETRY) from full
    except SpoolError as error:
        sentence = f"It can't be kept: {error}. Send it again later."
        raise refuse(HTTPStatus.SERVICE_UNAVAILABLE, sentence, _RETRY) from error
