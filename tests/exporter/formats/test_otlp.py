"""OTLP: an event for every span and log record, from JSON and from protobuf."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from exporter.formats.decoded import Refused
from exporter.formats.otlp_protobuf import otlp_json
from tests.decoding import Made, Reader, cut, cutter, mapping, read
from tests.preset_logs import REAL, needs_real_logs

OTLP = mapping("otlp")
EXAMPLES = REAL / "otlp"
TRACE, SPAN = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"
START, END = 1_544_712_660_000_000_001, 1_544_712_661_500_000_003


def attributes(**values: object) -> list[dict[str, Any]]:
    return [{"key": key.replace("__", "."), "value": value(one)} for key, one in values.items()]


def value(of: object) -> dict[str, Any]:
    match of:
        case bool():
            return {"boolValue": of}
        case int():
            return {"intValue": str(of)}
        case float():
            return {"doubleValue": of}
        case list():
            return {"arrayValue": {"values": [value(one) for one in of]}}
        case dict():
            return {"kvlistValue": {"values": attributes(**of)}}
        case _:
            return {"stringValue": of}


def traces(*spans: object, resource: object = None) -> dict[str, Any]:
    scope = {"scope": {"name": "lib", "version": "1"}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": resource or {}, "scopeSpans": [scope]}]}


def logs(*records: object) -> dict[str, Any]:
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}


def line(request: object) -> bytes:
    return json.dumps(request).encode() + b"\n"


WHOLE = {
    "traceId": TRACE, "spanId": SPAN, "parentSpanId": SPAN, "name": "chat", "kind": 3,
    "startTimeUnixNano": str(START), "endTimeUnixNano": str(END), "status": {"code": 2},
    "attributes": attributes(
        gen_ai__usage__input_tokens=5, ok=True, share=0.5, list=["a", 1, {"b": {"c": 2}}],
        map={"x": 1, "y": {"z": "deep"}},
    ),
}  # fmt: skip


def test_a_span_gives_all_its_fields() -> None:
    request = traces(WHOLE, resource={"attributes": attributes(service__name="bot", map={"a": 1})})
    places = {
        "kind": "span", "name": "chat", "start": START, "end": END, "duration": 1_500_000_002,
        "time": END, "status": "error", "trace_id": TRACE, "span_id": SPAN, "scope": "lib",
        "attributes/gen_ai.usage.input_tokens": 5, "attributes/ok": True, "attributes/share": 0.5,
        "attributes/list": ["a", 1, {"b.c": 2}], "attributes/map": None, "attributes/map.x": 1,
        "attributes/map.y.z": "deep", "resource/service.name": "bot", "resource/map.a": 1,
        "body": None, "severity": None,
    }  # fmt: skip
    assert read(OTLP, line(request), *places) == Made([tuple(places.values())])


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_request_in_a_file_may_go_on_over_many_lines(indent: int | None, newline: str) -> None:
    requests = [traces(WHOLE), {"resourceMetrics": []}, logs({"eventName": "a"})]
    written = "".join(json.dumps(one, indent=indent) + "\n" for one in requests)
    given, too_long = cut(cutter(OTLP), [written.replace("\n", newline).encode()])
    assert too_long == 0
    assert read(OTLP, given, "kind", "name") == Made([("span", "chat"), ("log", "a")], unmatched=1)


@needs_real_logs
def test_the_files_of_the_protocols_own_examples_are_read_as_they_are() -> None:
    made = {}
    for example in EXAMPLES.glob("*.json"):
        given, too_long = cut(cutter(OTLP), [example.read_bytes()])
        assert too_long == 0
        made[example.stem] = read(OTLP, given, "kind", "name")
    assert made == {
        "events": Made([("log", "browser.page_view")]),
        "logs": Made([("log", None)]),
        "metrics": Made([], unmatched=1),
        "trace": Made([("span", "I'm a server span")]),
    }


def test_a_log_record_gives_all_its_fields() -> None:
    record = {
        "timeUnixNano": str(END), "observedTimeUnixNano": "7", "severityNumber": 17,
        "eventName": "gen_ai.client.operation.exception", "traceId": TRACE, "spanId": SPAN,
        "attributes": attributes(error__type="timeout"), "body": value({"a": {"b": [1]}}),
    }  # fmt: skip
    places = {
        "kind": "log", "name": "gen_ai.client.operation.exception", "time": END, "severity": 17,
        "trace_id": TRACE, "span_id": SPAN, "scope": None, "attributes/error.type": "timeout",
        "resource/service.name": None, "body/a.b": [1], "start": None, "duration": None,
        "status": None,
    }  # fmt: skip
    assert read(OTLP, line(logs(record)), *places) == Made([tuple(places.values())])


def test_the_name_of_a_log_record_may_be_an_attribute() -> None:
    named = {"attributes": attributes(event__name="by.attribute", other=1)}
    request = line(logs(named, {"eventName": "file.rs:12", **named}, {"eventName": "own"}, {}))
    rows = [("by.attribute",), ("by.attribute",), ("own",), (None,)]
    assert read(OTLP, request, "name").rows == rows


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (1, "internal"), (2, "server"), (3, "client"), (4, "producer"), (5, "consumer"),
        ("SPAN_KIND_CLIENT", "client"), ("SPAN_KIND_NEW", "unspecified"), (0, "unspecified"),
        (None, "unspecified"), (9, "unspecified"), (-1, "unspecified"), ({}, "unspecified"),
    ],
)  # fmt: skip
def test_the_kind_of_a_span_is_a_number_or_its_name(kind: object, role: str) -> None:
    assert read(OTLP, line(traces({"kind": kind})), "role").rows == [(role,)]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ({}, "unset"), ({"code": 0}, "unset"), ({"code": 1}, "ok"), ({"code": 2}, "error"),
        ({"code": "STATUS_CODE_OK"}, "ok"), ({"code": "STATUS_CODE_ERROR"}, "error"),
        (None, "unset"), ({"code": 9}, "unset"), ({"code": [2]}, "unset"),
    ],
)  # fmt: skip
def test_a_status_is_a_number_or_its_name(code: object, status: str) -> None:
    assert read(OTLP, line(traces({"status": code})), "status").rows == [(status,)]


@pytest.mark.parametrize(
    ("start", "end", "row"),
    [
        (START, END, (START, END, END - START)),
        (str(START), END, (START, END, END - START)),
        (None, str(END), (None, END, None)),
        ("0", END, (None, END, None)),
        (START, 0, (START, None, None)),
        ("soon", END, ("soon", END, None)),
        (True, {}, (None, None, None)),
        ("9" * 5000, END, ("9" * 5000, END, None)),
        (1.5e18, 2.5e18, (1.5e18, 2.5e18, 1e18)),
        (END, START, (END, START, START - END)),
    ],
)
def test_times_are_whole_numbers_and_never_made_up(start: object, end: object, row: object) -> None:
    request = traces({"startTimeUnixNano": start, "endTimeUnixNano": end})
    assert read(OTLP, line(request), "start", "time", "duration").rows == [row]


def test_the_time_of_observation_stands_for_that_of_a_record() -> None:
    request = logs(
        {"timeUnixNano": "0", "observedTimeUnixNano": "7"}, {"observedTimeUnixNano": 8}, {}
    )
    assert read(OTLP, line(request), "time").rows == [(7,), (8,), (None,)]


ODD: list[tuple[object, list[object]]] = [
    ({"traceId": 5, "name": "x", "new": {"deep": []}}, ["x", None]),
    ({"name": "x", "attributes": None, "status": 7}, ["x", None]),
    ({"name": "x", "attributes": [None, 5, {}, {"key": "a"}, {"key": 7}]}, ["x", None]),
    ({"name": "x", "attributes": [{"key": "a", "value": {"intValue": "5"}}, "b"]}, ["x", 5]),
    ({"name": "x", "attributes": [{"key": "a", "value": {"intValue": "5.5"}}]}, ["x", "5.5"]),
    ({"name": "x", "attributes": [{"key": "a", "value": {"doubleValue": "NaN"}}]}, ["x", "NaN"]),
    ({"name": "x", "attributes": [{"key": "a", "value": {"boolValue": 1}}]}, ["x", None]),
    ({"name": "x", "attributes": [{"key": "a", "value": {"bytesValue": "aGk="}}]}, ["x", "aGk="]),
    ({"name": "x", "attributes": [{"key": "a", "value": {"arrayValue": {}}}]}, ["x", []]),
    ({"name": 5, "attributes": {"a": 1}}, [None, None]),
    ({}, [None, None]),
]


@pytest.mark.parametrize(("span", "row"), ODD, ids=lambda part: json.dumps(part)[:50])
def test_what_is_odd_in_a_span_is_not_there_and_the_rest_counts(
    span: object, row: list[object]
) -> None:
    good = {"name": "good", "attributes": attributes(a=1)}
    made = read(OTLP, line(traces(span, good)), "name", "attributes/a")
    assert made == Made([tuple(row), ("good", 1)])


def test_records_that_are_none_are_rejected_each() -> None:
    request = {
        "resourceSpans": [None, {"scopeSpans": [5, {"spans": ["x", {"name": "a"}, None]}]}],
        "resourceLogs": [[]],
    }
    assert read(OTLP, line(request), "name") == Made([("a",)], rejected=["not_an_object"] * 5)


@pytest.mark.parametrize(
    ("data", "made"),
    [
        (b"\n \n", Made([], blank=2)),
        (b"{}\n", Made([], unmatched=1)),
        (b'{"resourceMetrics": [{}]}\n', Made([], unmatched=1)),
        (b'{"resourceSpans": null, "resourceLogs": 5}\n', Made([], unmatched=1)),
        (b'{"resourceSpans": [\n', Made([], rejected=["malformed"])),
        (b"[]\n5\n", Made([], rejected=["not_an_object"] * 2)),
        (
            b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"\xff"}]}]}]}\n',
            Made([("\ufffd",)]),
        ),
    ],
)
def test_a_line_that_is_no_request_is_counted(data: bytes, made: Made) -> None:
    assert read(OTLP, data, "name") == made


@pytest.mark.parametrize("depth", [100, 150, 200, 250, 300, 400, 500, 700, 1000, 20_000])
def test_values_that_nest_too_deeply_are_rejected(depth: int) -> None:
    inner = b'{"arrayValue":{"values":[' * depth + b"]}}" * depth
    data = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":' + inner + b"}]}]}]}\n"
    made = read(OTLP, data, "body")
    assert (len(made.rows), made.rejected) in ((1, []), (0, ["too_deep"]))
    assert made.rows or depth > 100


def test_only_kinds_with_rules_are_built() -> None:
    data = line({**traces({"name": "a"}), **logs({"eventName": "b"})})
    assert Reader(OTLP, "name", tag="kind", kinds=("span",)).read(data) == Made(
        [("a",)], unmatched=1
    )


# ---- protobuf ------------------------------------------------------------------------------------


def protobuf(request: dict[str, Any], *, of: type) -> bytes:
    """The protobuf of a request whose ids are in Base64, as JSON for protobuf has them."""
    body: bytes = ParseDict(request, of()).SerializeToString()
    return body


def test_a_protobuf_request_becomes_the_same_line() -> None:
    base64 = {"traceId": "W47/95gDgQPSabYzgT/GDA==", "spanId": "7uGbfsPBsXQ="}
    span = {**WHOLE, **base64, "links": [base64]}
    del span["parentSpanId"]
    body = protobuf(traces(span), of=ExportTraceServiceRequest)
    made = otlp_json(body, "traces")
    ids = {"traceId": TRACE, "spanId": SPAN}
    assert json.loads(made) == traces({**span, **ids, "links": [ids]})
    assert made.count(b"\n") == 1
    assert made.endswith(b"\n")


def test_a_protobuf_request_of_logs_becomes_the_same_line() -> None:
    request = logs({"timeUnixNano": "7", "severityNumber": 9, "body": value("x")})
    assert json.loads(otlp_json(protobuf(request, of=ExportLogsServiceRequest), "logs")) == request


def test_an_empty_request_is_fine() -> None:
    assert otlp_json(b"", "traces") == b"{}\n"


@pytest.mark.parametrize("body", [b"\xff", b"{}", b"\x0a\x05x"])
def test_what_is_no_protobuf_is_refused(body: bytes) -> None:
    with pytest.raises(Refused, match=r"^malformed$"):
        otlp_json(body, "traces")


# ---- the protocol's own examples, where they are -------------------------------------------------


@needs_real_logs
def test_the_protocols_own_examples_are_read() -> None:
    names = [
        read(OTLP, line(json.loads((EXAMPLES / f"{name}.json").read_bytes())), "kind", "name")
        for name in ("trace", "logs", "events", "metrics")
    ]
    assert names == [
        Made([("span", "I'm a server span")]),
        Made([("log", None)]),
        Made([("log", "browser.page_view")]),
        Made([], unmatched=1),
    ]
