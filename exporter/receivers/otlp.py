"""OTLP over HTTP: `POST /v1/logs` and `/v1/traces`, as protobuf or JSON.

A request becomes one line of OTLP/JSON. Answers are in the request's own encoding, as the
protocol wants it. One that is sent again with the same bytes is taken for a repetition.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

import msgspec

from exporter.formats.decoded import Refused
from exporter.receivers.keeping import MAX_BODY, keep, key_of
from exporter.server.application import Application
from exporter.server.bodies import too_large, unpacked
from exporter.server.messages import Answer, Refusal, refuse, say

if TYPE_CHECKING:
    from exporter.server.messages import Page, Request
    from exporter.spool.spool import Spool

JSON = "application/json"
PROTOBUF = "application/x-protobuf"

_MALFORMED = "This is no OTLP export request."


def otlp_application(spool: Spool) -> Application:
    """Make the application that takes logs and traces."""
    return Application({
        "/v1/logs": {"POST": _page(spool, "logs")},
        "/v1/traces": {"POST": _page(spool, "traces")},
        "/v1/metrics": {"POST": lambda request: _in_kind(_no_metrics(), _kind(request))},
    })  # fmt: skip


def _page(spool: Spool, signal: Literal["logs", "traces"]) -> Page:
    def take(request: Request) -> Answer:
        kind = _kind(request)
        if kind not in {JSON, PROTOBUF}:
            sentence = f"Send {PROTOBUF} or {JSON}."
            return say(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, sentence)
        try:
            _keep(spool, request, signal, kind)
        except Refusal as refusal:
            return _in_kind(refusal.answer, kind)
        return Answer(HTTPStatus.OK, b"{}" if kind == JSON else b"", kind)

    return take


def _keep(spool: Spool, request: Request, signal: Literal["logs", "traces"], kind: str) -> None:
    coding = request.headers.get("Content-Encoding", "")
    body = unpacked(request.read(MAX_BODY), coding, MAX_BODY)
    if not body and kind == PROTOBUF:  # a message without anything in it
        return
    line = _line_of_json(body) if kind == JSON else _line_of_protobuf(body, signal)
    if len(line) > MAX_BODY:
        raise too_large(MAX_BODY)
    keep(spool, key_of(request) or signal.encode() + body, line)


def _line_of_json(body: bytes) -> bytes:
    """Check that it is a JSON object, and write it in one line, with its newline."""
    try:
        line = msgspec.json.format(body, indent=-1)
    except (msgspec.DecodeError, RecursionError) as error:
        raise refuse(HTTPStatus.BAD_REQUEST, _MALFORMED) from error
    if not line.startswith(b"{"):
        raise refuse(HTTPStatus.BAD_REQUEST, _MALFORMED)
    return line + b"\n"


def _line_of_protobuf(body: bytes, signal: Literal["logs", "traces"]) -> bytes:
    # Few need it, and it costs memory.
    from exporter.formats.otlp_protobuf import otlp_json  # noqa: PLC0415

    try:
        return otlp_json(body, signal)
    except Refused as error:
        raise refuse(HTTPStatus.BAD_REQUEST, _MALFORMED) from error


def _no_metrics() -> Answer:
    sentence = "Metrics are not taken here: this exporter makes them, of logs and traces."
    return say(HTTPStatus.NOT_FOUND, sentence)


def _kind(request: Request) -> str:
    return str(request.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def _in_kind(answer: Answer, kind: str) -> Answer:
    """Give an error as the protocol's Status message, in the encoding that the sender reads."""
    message = answer.body.decode().strip()
    if kind == JSON:
        body = json.dumps({"message": message}).encode()
    elif kind == PROTOBUF:
        body = status_message(message)
    else:
        return answer
    return Answer(answer.status, body, kind, answer.headers)


def status_message(message: str) -> bytes:
    """Encode google.rpc.Status: its field 2 is the message."""
    text = message.encode()
    size, length = bytearray(), len(text)
    while length > 0x7F:  # noqa: PLR2004 - seven bits a byte
        size.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([2 << 3 | 2, *size, length]) + text
