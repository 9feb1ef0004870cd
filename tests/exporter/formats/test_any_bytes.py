"""Whatever a stream holds: nothing raises, every line is told of, and chunks don't matter."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exporter.formats import FORMATS, cutter_for
from exporter.formats.decoded import Refused
from exporter.formats.envelope_cutter import EnvelopeCutter
from exporter.formats.envelopes import ENVELOPES
from exporter.formats.json_stream import ObjectCutter
from exporter.formats.otlp_cutter import RequestCutter
from exporter.formats.otlp_protobuf import otlp_json
from spec.mapping import FORMATS as NAMES
from tests.decoding import Reader, cut, mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.model import Cutter
    from spec.mapping import Mapping

MAPPINGS: dict[str, Mapping] = {
    "json": mapping("json"),
    "json-stream": mapping("json-stream"),
    "document": mapping("document"),
    "logfmt": mapping("logfmt"),
    "text": mapping("text", (r"^(?P<kind>\w+) (?P<a__b>.*)", "(?P<a__b>x)?(?P<kind>.)")),
    "otlp": mapping("otlp"),
    "prefix": mapping("json", prefix=""),
    "prefix with groups": mapping("json", prefix=r"(?P<kind>\w+)?(?P<a__b>.*)"),
}
BY_LINE = sorted(MAPPINGS.keys() - {"json-stream", "document", "otlp"})

# ---- streams: pieces that mean something to some format, and bytes that mean nothing -------------

PIECES = [
    b'{"kind": "x", "a": {"b": 1}}', b"{", b"}", b'"', b"\\", b"[", b"]", b",", b":", b" ", b"\r",
    b"\n", b"\n", b"\n{", b'{"a":', b'"kind":', b"null", b"1e999", b"NaN", b"\xff", b"\xef\xbb\xbf",
    b"kind=x", b'a="b ', b"=", b"t stdout F ", b"t stdout P ", b"\nt stderr P:x ", b"\nt stderr F",
    b'{"log":"', b'\\n","stream":"stdout"}\n', b'","stream":"stderr"}\n', b"\x1e", b"\x00",
    b'{"resourceSpans":[{"resource":{"attributes":[', b'{"key":"a.b","value":{"intValue":"5"}}',
    b']},"scopeSpans":[{"spans":[', b'{"name":"n","startTimeUnixNano":"1","attributes":[',
    b"]}", b"]}]}]}", b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"kvlistValue":',
    b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"word ", b"x" * 40,
]  # fmt: skip
streams = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=6)), max_size=25).map(
    b"".join
)


def chunks(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut bytes into chunks of these sizes, and the rest into one."""
    parts = []
    for size in sizes:
        parts.append(data[:size])
        data = data[size:]
    return [*parts, data]


# ---- formats -------------------------------------------------------------------------------------


def test_the_spec_knows_the_formats_that_there_are() -> None:
    assert tuple(FORMATS) == NAMES


@pytest.mark.parametrize("wrapped", ["", *ENVELOPES])
@pytest.mark.parametrize("name", MAPPINGS)
def test_no_bytes_raise(name: str, wrapped: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(streams, max_size=3), st.booleans())
    def decodes(blocks: list[bytes], kinds: bool) -> None:  # noqa: FBT001 (drawn)
        told = {"tag": "kind", "kinds": ("x", "span")} if kinds else {}
        reader = Reader(MAPPINGS[name], "kind", "a/b", "name", wrapped=wrapped, **told)  # type: ignore[arg-type] # as it takes them
        reader.read(*(block + b"\n" for block in blocks))

    decodes()


@settings(max_examples=60, deadline=None)
@given(streams, st.sampled_from(BY_LINE))
def test_every_line_is_told_of(data: bytes, name: str) -> None:
    made = Reader(MAPPINGS[name], "kind", "a/b").read(data + b"\n")
    told = len(made.rows) + made.unmatched + made.blank + len(made.rejected)
    assert told == data.count(b"\n") + 1


@settings(max_examples=100, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([
        "resourceSpans", "resource", "attributes", "scopeSpans", "spans", "key", "value", "name",
        "intValue", "stringValue", "arrayValue", "kvlistValue", "values", "status", "code",
        "startTimeUnixNano", "endTimeUnixNano", "resourceLogs", "scopeLogs", "logRecords", "body",
    ]), inner, max_size=4),
    max_leaves=30,
))  # fmt: skip
def test_no_request_of_otlp_raises(request: object) -> None:
    Reader(MAPPINGS["otlp"], "name", "attributes/a", "resource/a", "body", "duration").read(
        json.dumps(request).encode() + b"\n"
    )


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["logs", "traces"]))
def test_a_protobuf_request_is_one_line_or_refused(body: bytes, signal: str) -> None:
    with contextlib.suppress(Refused):
        made = otlp_json(body, signal)  # type: ignore[arg-type] # one of the two
        assert made.endswith(b"\n")
        assert made.count(b"\n") == 1
        assert Reader(MAPPINGS["otlp"], "name", "attributes/a").read(made).rejected == []


# ---- cutters -------------------------------------------------------------------------------------

CUTTERS: dict[str, Callable[[int], Cutter]] = {
    "json-stream": ObjectCutter,
    "otlp": RequestCutter,
    **{
        name: lambda most, envelope=envelope: EnvelopeCutter(envelope(), most)  # type: ignore[misc] # mypy can't infer defaults
        for name, envelope in ENVELOPES.items()
    },
}
sizes = st.lists(st.integers(0, 30), max_size=30)
# What each cutter looks at, so that short streams hold all of it.
_MARKS = {
    "json-stream": [
        b"{", b"{", b"}", b"}", b'"', b"\\", b"\n", b"\n{", b",", b" ", b"ab", b"\xef\xbb\xbf",
        b"\xef",
    ],
    "otlp": [
        b"{", b"{\n", b"\n{", b" \r\n", b"}", b"}\n", b'"', b"\n", b"ab", b'{"a":{}}\n',
        b"\xef\xbb\xbf", b"\xef",
    ],
    "cri": [
        b"t stdout F xyz\n", b"t stdout P xyz\n", b"t stderr F x\n", b"t stderr P x\n", b"\n",
        b"junk", b"xxxxxxx", b"t stdout P ",
    ],
    "docker": [
        b'{"log":"x","stream":"a"}\n', b'{"log":"x\\n","stream":"a"}\n', b'{"log":"x"}\n',
        b'{"log":"\\n"}\n', b"\n", b"junk", b"xxxxxxx",
    ],
}  # fmt: skip
marks = {
    name: st.lists(st.sampled_from(of), max_size=25).map(b"".join) for name, of in _MARKS.items()
}


def test_a_second_byte_order_mark_is_garbage_however_the_chunks_fall() -> None:
    data = b"\xef\xbb\xbf\xef\xbb\xbf{"
    for at in range(len(data)):
        assert cut(ObjectCutter(9), chunks(data, [at])) == (b"\xef\xbb\xbf\n{\n", 0), at


def test_lines_need_no_cutter() -> None:
    assert {name: cutter_for(of) for name, of in MAPPINGS.items() if cutter_for(of)} == {
        "json-stream": ObjectCutter,
        "otlp": RequestCutter,
    }


@pytest.mark.parametrize("name", CUTTERS)
def test_chunks_and_new_beginnings_change_nothing(name: str) -> None:
    @settings(max_examples=400, deadline=None)
    @given(marks[name] | streams, sizes, st.sets(st.integers(0, 30)), st.integers(1, 60))
    def cuts(data: bytes, at: list[int], stops: set[int], most: int) -> None:
        whole = cut(CUTTERS[name](most), chunks(data, [most] * (len(data) // most)))
        at = [min(size, most) for size in at]
        at += [most] * ((len(data) - min(sum(at), len(data))) // most)
        assert cut(CUTTERS[name](most), chunks(data, at)) == whole
        assert _with_stops(CUTTERS[name], most, chunks(data, at), stops) == whole

    cuts()


_STREAMS = {
    "json-stream": b"".join((
        b'\xef\xbb\xbfa\n{"a": [{"b": "x}"}], "c": {}}{}\n\n',
        b'{"long": "' + b"x\\n" * 9 + b'"} \x1e{"a": 1}',
        b'garbage {"a":\n{"b": 1}}\n{"a": "br\nok {}\n"}\n{"a":[1\n  \n\n{"b": 1}\n{"c": 1',
    )),
    "otlp": b'\xef\xbb\xbf{"a": 1}\n\n{ \r\n "a": {\n  "b": "{"\n }\n}\n{"a": {"b": 1}}{}\ngarb'
    b'age\n{\n"a": 1\n{"long": "xxxxxxxxxxxxxxxxxxxx"}\n{"a": "}"\n{\n"a": [{\n}]}\n{"last": {}}',
    "cri": b"t stdout P abc\nt stderr F de\n\nt stdout P f\nt stdout F ghi\njunk\nt stdout F jkl\n"
    b"t stderr P mnopqrstuvwxyzmnopqrstuvwxyz\nt stderr F a\nt stdout F b\nt stdout P c",
    "docker": b"".join(
        json.dumps({"log": log, "stream": stream}).encode() + b"\n"
        for log, stream in (
            ("a", "x"), ("b\n", "y"), ("c" * 40, "x"), ("d\n", "x"), ("e\n", "x"), ("f", "y"),
        )
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CUTTERS)
def test_no_bound_and_no_size_of_chunks_changes_what_is_given(name: str) -> None:
    data = _STREAMS[name]
    for most in range(1, 100):
        whole = cut(CUTTERS[name](most), chunks(data, [most] * (len(data) // most)))
        for size in {1, 2, 3, 7, 20, most - 1} & set(range(1, most)):
            parts = chunks(data, [size] * (len(data) // size))
            assert cut(CUTTERS[name](most), parts) == whole, (most, size)


def _with_stops(
    make: Callable[[int], Cutter], most: int, parts: list[bytes], stops: set[int]
) -> tuple[bytes, int]:
    """Feed chunks; at some of them go on with a new cutter, so many bytes back as are held."""
    cutter = make(most)
    given, too_long, read = b"", 0, b""
    for number, part in enumerate(parts):
        given += cutter.feed(part)
        read += part
        too_long, cutter.too_long = too_long + cutter.too_long, 0
        # What was given up between lines that are held is not known to a new cutter.
        given_up = isinstance(cutter, EnvelopeCutter) and cutter._taken_out  # noqa: SLF001 - the same
        ambiguous = given_up or (isinstance(cutter, EnvelopeCutter) and cutter.skipping)
        if number in stops and not ambiguous:
            held, skipping = cutter.held(), cutter.skipping
            cutter = make(most)
            cutter.resume(at_start=held == len(read), skipping=skipping)
            for again in chunks(read[len(read) - held :], [most] * (held // most)):
                given += cutter.feed(again)
    given += cutter.end()
    return given, too_long + cutter.too_long


@settings(max_examples=60, deadline=None)
@given(streams, sizes)
def test_objects_are_the_same_cut_or_read_in_one_block(data: bytes, at: list[int]) -> None:
    given, _ = cut(ObjectCutter(10_000), chunks(data, at))
    # At the start of a stream a byte order mark is none of it; in its midst it is garbage.
    assume(not data.startswith(b"\xef\xbb\xbf") and not given.startswith(b"\xef\xbb\xbf"))
    read = [Reader(MAPPINGS["json-stream"], "kind", "a/b").read(one) for one in (given, data)]
    assert read[0] == read[1]
