"""Every format with rules on it: from bytes as they are written to the series that they move."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from exporter.formats import cutter_for
from exporter.model import Block
from spec.load import load_preset, load_spec
from tests.compiled import Compiled

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = """
labels: {agent: who}
events:
  - name: reply
    when: {kind: reply}
    labels: {model: {of: llm.model, match: "([a-z]+)"}, outcome: {of: ok, map: {true: success}}}
    update:
      agent_llm_requests_total: inc
      agent_llm_latency_seconds: {observe: took, unit: ms, absent: skip}
  - name: step
    when: {kind: step}
    update: {agent_steps_total: {add: n}}
"""
Event = dict[str, object]
REPLY: Event = {"kind": "reply", "who": "a", "ok": True, "took": 640, "llm": {"model": "atlas-1"}}
STEP: Event = {"kind": "step", "who": "a", "n": 2}
BAD: Event = {"kind": "step", "who": "a", "n": "two"}
OTHER: Event = {"kind": "other"}
ALL = (REPLY, STEP, BAD, OTHER, STEP)
SHOWN = {
    'agent_llm_requests_total{agent="a",model="atlas",outcome="success"}': 1.0,
    'agent_llm_latency_seconds_count{agent="a",model="atlas"}': 1.0,
    'agent_llm_latency_seconds_sum{agent="a",model="atlas"}': 0.64,
    'agent_steps_total{agent="a"}': 4.0,
    'agent_last_event_timestamp_seconds{agent="a"}': 1795143600.0,
}
LINES = {"applied": 4, "unmatched": 1, "repeat": 0, "rejected": 0, "blank": 0}
TIME = "2026-11-20T03:00:00Z"
LOGFMT = b"""time=2026-11-20T03:00:00Z kind=reply who=a ok took=640 llm.model=atlas-1
time=2026-11-20T03:00:00Z kind=step who=a n=2
kind=step who=a n=two
kind=other
time=2026-11-20T03:00:00Z kind=step who=a n="2"
"""
TEXT = b"""2026-11-20T03:00:00Z [a] reply by atlas-1 in 640ms: true
2026-11-20T03:00:00Z [a] step of 2
2026-11-20T03:00:00Z [a] step of two
and something else
2026-11-20T03:00:00Z [a] step of 2
"""
PATTERNS = r"""
format: text
pattern:
  - '^(?P<time>\S+) \[(?P<who>\w+)\] (?P<kind>reply) by (?P<llm__model>\S+) in (?P<took>\d+)ms: (?P<ok>\w+)$'
  - '^(?P<time>\S+) \[(?P<who>\w+)\] (?P<kind>step) of (?P<n>\w+)$'
time: time
"""  # noqa: E501 (as it is written)


def compact(*events: Event) -> bytes:
    return b"".join(json.dumps({"time": TIME, **one}).encode() + b"\n" for one in events)


def pretty(*events: Event) -> bytes:
    return b"".join(json.dumps({"time": TIME, **one}, indent=2).encode() for one in events)


def behind(prefix: str, *events: Event) -> bytes:
    return b"".join(f"{prefix} {json.dumps(one)}\n".encode() for one in events)


def cri(data: bytes) -> bytes:
    """Wrap lines, each in two parts."""
    parts = ((line[:9], line[9:]) for line in data.splitlines())
    return b"".join(b"t stdout P %b\nt stdout F %b\n" % pair for pair in parts)


def docker(data: bytes) -> bytes:
    return b"".join(
        json.dumps({"log": line.decode(), "stream": "stdout"}).encode() + b"\n"
        for line in data.splitlines(keepends=True)
    )


def compiled(folder: Path, head: str, data: bytes, wrapped: str = "", events: str = EVENTS) -> dict:  # type: ignore[type-arg] # what was shown
    """Apply rules to a stream, cut as it would be; give all that is told of it."""
    path = folder / "own.yaml"
    path.write_text(head + events, encoding="utf-8")
    own, families = load_preset(str(path))
    engine = Compiled((own,), families, wrapped=wrapped)
    cutter = cutter_for(own, wrapped)
    if cutter is None:
        blocks = [data]
    else:
        one = cutter()
        blocks = [*(one.feed(data[at : at + 50]) for at in range(0, len(data), 50)), one.end()]
    for block in filter(None, blocks):
        engine.engine.apply(Block("log", block))
    shown = {name: n for name, n in engine.shown().items() if "_bucket" not in name}
    return {"shown": shown, "lines": engine.lines(), "rejects": engine.rejects()}


@pytest.mark.parametrize(
    ("head", "data", "wrapped"),
    [
        ("time: time\n", compact(*ALL), ""),
        ("time: time\n", cri(compact(*ALL)), "cri"),
        ("time: time\n", docker(compact(*ALL)), "docker"),
        ("format: json-stream\ntime: time\n", pretty(*ALL), ""),
        ("prefix: '(?P<time>[0-9]\\S+Z)'\ntime: time\n", behind(f"INFO {TIME}:", *ALL), ""),
        ("prefix: true\ntime: =2026-11-20T03:00:00Z\n", behind("INFO", *ALL), ""),
        (PATTERNS, TEXT, ""),
        (PATTERNS, cri(TEXT), "cri"),
    ],
    ids=["json", "cri", "docker", "stream", "prefix", "dropped", "text", "text-in-cri"],
)
def test_the_same_events_give_the_same_series(
    tmp_path: Path, head: str, data: bytes, wrapped: str
) -> None:
    assert compiled(tmp_path, head, data, wrapped) == {
        "shown": SHOWN,
        "lines": LINES,
        "rejects": {("own.step", "not_a_number"): 1},
    }


def test_logfmt_gives_them_too(tmp_path: Path) -> None:
    events = EVENTS.replace("llm.model", "'\"llm.model\"'")
    assert compiled(tmp_path, "format: logfmt\ntime: time\n", LOGFMT, events=events) == {
        "shown": SHOWN,
        "lines": LINES,
        "rejects": {("own.step", "not_a_number"): 1},
    }


def test_a_document_is_one_line_of_many_elements(tmp_path: Path) -> None:
    events = """
events:
  - name: step
    each: {x: steps}
    labels: {agent: who}
    update: {agent_steps_total: {add: x.n}}
"""
    data = json.dumps({"who": "a", "steps": [STEP, STEP, BAD]}, indent=1).encode() + b"\n"
    assert compiled(tmp_path, "format: document", data, events=events) == {
        "shown": {'agent_steps_total{agent="a"}': 4.0},
        "lines": {**LINES, "applied": 1, "unmatched": 0},
        "rejects": {("own.step", "not_a_number"): 1},
    }


def test_spans_move_series_and_paths_below_attributes_are_one_key(tmp_path: Path) -> None:
    head = "format: otlp\ntime: {of: time, unit: ns}\n"
    events = """
labels: {agent: {of: [attributes.gen_ai.agent.name, resource.service.name]}}
events:
  - name: inference
    when: {kind: span, attributes.gen_ai.operation.name: [chat, embeddings]}
    dedupe: [trace_id, span_id]
    labels:
      model: attributes."gen_ai.request.model"
      outcome: {of: [attributes.error.type, status], map: {unset: success}, else: failure}
    update:
      agent_llm_requests_total: inc
      agent_llm_latency_seconds: {observe: duration, unit: ns}
  - name: exception
    when: {kind: log, name: gen_ai.exception, body.a.b: x}
    each: {m: attributes.messages}
    update: {agent_steps_total: {add: m.n}}
"""

    def attribute(key: str, kind: str, value: object) -> dict[str, object]:
        return {"key": key, "value": {f"{kind}Value": value}}

    span = {
        "traceId": "5b", "spanId": "ee", "startTimeUnixNano": "1795143599000000000",
        "endTimeUnixNano": "1795143600500000000",
        "attributes": [
            attribute("gen_ai.operation.name", "string", "chat"),
            attribute("gen_ai.request.model", "string", "atlas"),
        ],
    }  # fmt: skip
    message = {"kvlistValue": {"values": [attribute("n", "int", "3")]}}
    body = {"values": [attribute("a", "kvlist", {"values": [attribute("b", "string", "x")]})]}
    log = {
        "eventName": "gen_ai.exception",
        "timeUnixNano": "1795143601000000000",
        "attributes": [attribute("messages", "array", {"values": [message, message]})],
        "body": {"kvlistValue": body},
    }
    resource = {"attributes": [attribute("service.name", "string", "bot")]}
    request = {
        "resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span, span, {}]}]}],
        "resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [log]}]}],
    }
    data = json.dumps(request).encode() + b"\n"
    assert compiled(tmp_path, head, data, events=events) == {
        "shown": {
            'agent_llm_requests_total{agent="bot",model="atlas",outcome="success"}': 1.0,
            'agent_llm_latency_seconds_count{agent="bot",model="atlas"}': 1.0,
            'agent_llm_latency_seconds_sum{agent="bot",model="atlas"}': 1.5,
            'agent_steps_total{agent="bot"}': 6.0,
            'agent_last_event_timestamp_seconds{agent="bot"}': 1795143601.0,
        },
        "lines": {**LINES, "applied": 2, "repeat": 1},
        "rejects": {},
    }


def test_the_spec_hands_on_what_lines_are_wrapped_in(tmp_path: Path) -> None:
    spec = tmp_path / "agents.yaml"
    spec.write_text(
        "version: 1\nfleet: support\nsources:\n"
        "  - {file: a.log, preset: aider, wrapped: cri, name: a}\n"
        "  - {file: b.log, preset: aider, name: b}\n"
    )
    assert [source.wrapped for source in load_spec(spec).sources] == ["cri", ""]
