"""OTLP/JSON requests as types: what is read of spans and log records, and of the values in them.

Names are those of the protocol in Python's spelling. All that is missing is None. An integer of 64
bits may be written as a text.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeAlias, get_args, get_origin

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Int64: TypeAlias = int | str | float


class Struct(msgspec.Struct, rename="camel", gc=False):
    """A message of the protocol."""


class Value(Struct):
    """A value of any kind: one of these."""

    string_value: str | None = None
    int_value: Int64 | None = None
    bool_value: bool | None = None
    double_value: float | int | str | None = None
    array_value: Values | None = None
    kvlist_value: KeyValues | None = None
    bytes_value: str | None = None


class Values(Struct):
    """A list."""

    values: list[Value | None] | None = None


class KeyValue(Struct):
    """An entry of a map."""

    key: str | None = None
    value: Value | None = None


class KeyValues(Struct):
    """A map."""

    values: list[KeyValue | None] | None = None


class Status(Struct):
    """How a span ended; a number, or the number's name."""

    code: int | str | None = None


class Scope(Struct):
    """What wrote the records."""

    name: str | None = None


_ATTRIBUTES: dict[str, Any] = {"attributes": list[KeyValue | None]}
_SPAN: dict[str, Any] = {
    "trace_id": str, "span_id": str, "name": str, "kind": int | str,
    "start_time_unix_nano": Int64,
    "end_time_unix_nano": Int64, "status": Status, **_ATTRIBUTES,
}  # fmt: skip
_LOG: dict[str, Any] = {
    "trace_id": str, "span_id": str, "event_name": str, "time_unix_nano": Int64,
    "observed_time_unix_nano": Int64, "severity_number": int | str, "body": Value, **_ATTRIBUTES,
}  # fmt: skip


def request_type(skipped: Collection[str]) -> type[msgspec.Struct]:
    """Make the type of an export request, of logs or traces.

    `skipped` are fields (`resource`, `attributes`, `body`) that nobody reads: the decoder passes
    over them, and they are None.
    """
    resource = _message("Resource", _ATTRIBUTES)
    span, log = _message("Span", _SPAN, skipped), _message("LogRecord", _LOG, skipped)
    spans, logs = (
        _message(kind, {"resource": resource, scopes: _many(_scope(kind, records, of))}, skipped)
        for kind, scopes, records, of in (
            ("Spans", "scope_spans", "spans", span),
            ("Logs", "scope_logs", "log_records", log),
        )
    )
    return _message("Request", {"resource_spans": _many(spans), "resource_logs": _many(logs)})


def _scope(kind: str, records: str, of: type) -> type[msgspec.Struct]:
    return _message(f"Scope{kind}", {"scope": Scope, records: _many(of)})


def _many(of: type) -> Any:  # noqa: ANN401 (a type made at run time)
    return list[of | None]  # type: ignore[valid-type] # made at run time


def _message(
    name: str, fields: Mapping[str, Any], skipped: Collection[str] = ()
) -> type[msgspec.Struct]:
    read = [(key, of | None, None) for key, of in fields.items() if key not in skipped]
    unread = {key: None for key in fields if key in skipped}
    return msgspec.defstruct(name, read, bases=(Struct,), namespace=unread)


def forgiving(of: Any, value: object) -> Any:  # noqa: ANN401 (any type, and what is of it)
    """Make something of a type from untyped JSON; None in all places where that does not fit."""
    if isinstance(of, UnionType):
        fitting = (forgiving(option, value) for option in get_args(of) if option is not NoneType)
        return next((made for made in fitting if made is not None), None)
    if get_origin(of) is list:
        (inner,) = get_args(of)
        return [forgiving(inner, part) for part in value] if isinstance(value, list) else None
    if not issubclass(of, msgspec.Struct):
        return value if type(value) is of else None
    if not isinstance(value, dict):
        return None
    fields = msgspec.structs.fields(of)
    return of(*[forgiving(field.type, value.get(field.encode_name)) for field in fields])
