"""OTLP requests in protobuf, brought to OTLP/JSON: one line, read by the format `otlp`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from exporter.formats.decoded import Refused

if TYPE_CHECKING:
    from google.protobuf.message import Message

_REQUESTS: dict[str, type[Message]] = {
    "logs": ExportLogsServiceRequest,
    "traces": ExportTraceServiceRequest,
}
# OTLP/JSON writes these in hex, where JSON for protobuf writes Base64.
_IDS = frozenset({"traceId", "spanId", "parentSpanId"})
_RECORDS = (
    ("resourceSpans", "scopeSpans", "spans"),
    ("resourceLogs", "scopeLogs", "logRecords"),
)


def otlp_json(body: bytes, signal: Literal["logs", "traces"]) -> bytes:
    """Give a request as one line of OTLP/JSON, with its newline.

    Raises:
        Refused: it is no such request; the message is the reason.
    """
    try:
        message = _REQUESTS[signal].FromString(body)
        request = MessageToDict(message, use_integers_for_enums=True)
    except (DecodeError, RecursionError, ValueError):
        raise Refused("malformed") from None
    for tops, scopes, records in _RECORDS:
        for top in request.get(tops, ()):
            for scope in top.get(scopes, ()):
                for record in scope.get(records, ()):
                    _with_hex_ids(record)
    return msgspec.json.encode(request) + b"\n"


def _with_hex_ids(record: dict[str, Any]) -> None:
    for part in (record, *record.get("links", ())):
        for key in _IDS & part.keys():
            part[key] = base64.b64decode(part[key]).hex()
