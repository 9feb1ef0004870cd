"""The oracle's reading of OTLP/JSON: the events of a request, as plainly as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = ["unspecified", "internal", "server", "client", "producer", "consumer"]


def records(request: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    """Give the event of each span and each log record; None for what is none."""
    for tops, scopes, those, read in (
        ("resourceSpans", "scopeSpans", "spans", _span),
        ("resourceLogs", "scopeLogs", "logRecords", _log),
    ):
        for top in request.get(tops, []):
            resource = _flat((top.get("resource") or {}).get("attributes", []))
            for scope in top.get(scopes, []):
                for record in scope.get(those, []):
                    name = (scope.get("scope") or {}).get("name")
                    shared = {"resource": resource, "scope": name}
                    yield None if record is None else {**read(record), **shared}


def _span(span: dict[str, Any]) -> dict[str, Any]:
    start, end = _instant(span.get("startTimeUnixNano")), _instant(span.get("endTimeUnixNano"))
    return {
        "kind": "span", "role": ROLES[span.get("kind", 0)], "name": span.get("name"),
        "start": start, "end": end, "time": end,
        "duration": None if start is None or end is None else end - start,
        "status": ["unset", "ok", "error"][(span.get("status") or {}).get("code", 0)],
        "trace_id": span.get("traceId"), "span_id": span.get("spanId"),
        "attributes": _flat(span.get("attributes", [])),
    }  # fmt: skip


def _log(log: dict[str, Any]) -> dict[str, Any]:
    attributes = _flat(log.get("attributes", []))
    observed = _instant(log.get("observedTimeUnixNano"))
    return {
        "kind": "log", "name": attributes.get("event.name") or log.get("eventName"),
        "time": _instant(log.get("timeUnixNano")) or observed,
        "trace_id": log.get("traceId"), "span_id": log.get("spanId"),
        "severity": log.get("severityNumber"), "body": _plain(log.get("body")),
        "attributes": attributes,
    }  # fmt: skip


def _flat(entries: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in entries:
        value = _plain(entry.get("value"))
        if isinstance(value, dict):
            found.update({f"{entry['key']}.{key}": part for key, part in value.items()})
        else:
            found[entry["key"]] = value
    return found


def _plain(value: dict[str, Any] | None) -> Any:  # noqa: ANN401 (any value)
    for kind, content in (value or {}).items():
        if kind == "intValue":
            return int(content)
        if kind == "arrayValue":
            return [_plain(part) for part in content["values"]]
        return _flat(content["values"]) if kind == "kvlistValue" else content
    return None


def _instant(nanoseconds: str | int | None) -> int | None:
    return int(nanoseconds or 0) or None
