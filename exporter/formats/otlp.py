"""OTLP/JSON, one export request a line: an event for every span and log record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from exporter.formats.decoded import Decoded, Refused
from exporter.formats.json_lines import untyped
from exporter.formats.otlp_types import forgiving, request_type
from exporter.formats.otlp_values import between, flat, instant, plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from exporter.formats.kinds import Kinds
    from exporter.formats.shape import Shape
    from spec.mapping import Mapping

_STATUS = {2: "error", 1: "ok", "STATUS_CODE_ERROR": "error", "STATUS_CODE_OK": "ok"}
_ROLES = ("unspecified", "internal", "server", "client", "producer", "consumer")
_EVENT_NAME = "event.name"


class Otlp:
    """Decodes requests to export traces or logs.

    A span has `kind` (span), `role` (client, server, internal, ...), `name`, `start`, `end`,
    `duration`, `time` (its end), `status` (ok, error, unset), `trace_id`, `span_id`, `scope`,
    `attributes` and `resource`; a log record has `kind` (log), `name` (of the event), `time`,
    `severity` (a number), `body` and the same. The attribute `event.name` names an event before
    `eventName` does: loggers that know of no events put their own names there. Times and durations
    are in nanoseconds, and None where they are 0. Attributes are flat: a map in them
    gives an entry for each of its own, with a dot between the keys.

    A request that holds neither, such as one of metrics, is unmatched.
    """

    strict = False

    def __init__(self, kinds: Kinds, _mapping: Mapping) -> None:
        self._build = kinds.build
        kinds.make_structs(strict=False)
        read = {
            kinds.tag_field,
            *(key for shape in kinds.shapes.values() for key in shape.children),
        }
        named = read & {"attributes", "name"}  # a log record's name may be one of its attributes
        self._attributes = _wanted("attributes", kinds.shapes.values())
        self._resource = _wanted("resource", kinds.shapes.values())
        skipped = {"resource", "attributes", "body"} - read - ({"attributes"} if named else set())
        self._type = request_type(skipped)
        self._decode = msgspec.json.Decoder(self._type).decode

    def widen(self) -> bool:
        """Nothing is left to widen."""
        return False

    def decode(self, data: bytes) -> Decoded:
        """Decode a block of whole lines."""
        decoded = Decoded([])
        lines = data.split(b"\n")
        lines.pop()  # what follows the last newline: nothing
        for line in lines:
            if not line or line.isspace():
                decoded.blank += 1
                continue
            try:
                records = list(self._records(self._request(line)))
            except Refused as refused:
                decoded.reject(str(refused), line)
            except RecursionError:
                decoded.reject("too_deep", line)
            else:
                self._take(records, decoded)
        return decoded

    def _request(self, line: bytes) -> Any:  # noqa: ANN401 (a type made at run time)
        """Decode a line.

        Raises:
            Refused: it is no JSON object.
        """
        try:
            return self._decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            value = untyped(line)
        if not isinstance(value, dict):
            raise Refused("not_an_object")
        return forgiving(self._type, value)

    def _take(self, records: list[dict[str, Any] | None], decoded: Decoded) -> None:
        """Build the events of a request."""
        decoded.unmatched += not records
        for record in records:
            if record is None:
                decoded.rejected.append("not_an_object")
                continue
            event = self._build(record)
            if event is None:
                decoded.unmatched += 1
            else:
                decoded.events.append(event)

    def _records(self, request: Any) -> Iterator[dict[str, Any] | None]:  # noqa: ANN401 (made at run time)
        """Give the fields of each record; None for what is none."""
        for tops, scopes, records, read in (
            (request.resource_spans, "scope_spans", "spans", self._span),
            (request.resource_logs, "scope_logs", "log_records", self._log),
        ):
            for top in tops or ():
                if top is None:
                    yield None
                    continue
                resource = flat(top.resource.attributes, self._resource) if top.resource else {}
                for scope in getattr(top, scopes) or ():
                    if scope is None:
                        yield None
                        continue
                    name = scope.scope.name if scope.scope else None
                    for record in getattr(scope, records) or ():
                        yield None if record is None else read(record, resource, name)

    def _span(self, span: Any, resource: dict[str, Any], scope: str | None) -> dict[str, Any]:  # noqa: ANN401 (made at run time)
        start, end = instant(span.start_time_unix_nano), instant(span.end_time_unix_nano)
        return {
            "kind": "span",
            "role": _role(span.kind),
            "name": span.name,
            "start": start,
            "end": end,
            "duration": between(start, end),
            "time": end,
            "status": _STATUS.get(span.status.code, "unset") if span.status else "unset",
            "trace_id": span.trace_id,
            "span_id": span.span_id,
            "scope": scope,
            "attributes": flat(span.attributes, self._attributes),
            "resource": resource,
        }

    def _log(self, log: Any, resource: dict[str, Any], scope: str | None) -> dict[str, Any]:  # noqa: ANN401 (made at run time)
        attributes = flat(log.attributes, self._attributes)
        return {
            "kind": "log",
            "name": attributes.get(_EVENT_NAME) or log.event_name,
            "time": instant(log.time_unix_nano) or instant(log.observed_time_unix_nano),
            "severity": log.severity_number,
            "body": plain(log.body),
            "trace_id": log.trace_id,
            "span_id": log.span_id,
            "scope": scope,
            "attributes": attributes,
            "resource": resource,
        }


def _role(kind: int | str | None) -> str:
    """Name the part that a span plays in a call; it is a number, or the number's name."""
    if isinstance(kind, str):
        kind = kind.removeprefix("SPAN_KIND_").lower()
        return kind if kind in _ROLES else _ROLES[0]
    return _ROLES[kind] if kind is not None and 0 <= kind < len(_ROLES) else _ROLES[0]


def _wanted(key: str, shapes: Iterable[Shape]) -> Collection[str] | None:
    """Name the attributes that rules read; None where they may read any."""
    places = [shape.children[key] for shape in shapes if key in shape.children]
    if any(place.element for place in places):
        return None
    return {name for place in places for name in place.children} | {_EVENT_NAME}
