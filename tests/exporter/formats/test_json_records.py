"""JSON that is not one object a line: streams of objects, and whole documents."""

from __future__ import annotations

import json

import pytest

from exporter.formats.json_stream import ObjectCutter
from tests.decoding import Made, cut, cutter, mapping, read

STREAM = mapping("json-stream")
DOCUMENT = mapping("document")
OBJECTS = [
    {"a": 1, "b": {"c": ["}{", "\\", '"', "\u00e9", {"d": "\n{"}]}},
    {},
    {"a": "two\nlines", "b": [[{"a": 9}]]},
]


@pytest.mark.parametrize("indent", [None, 0, 1, 4], ids=lambda i: f"indent-{i}")
@pytest.mark.parametrize("between", [b"", b"\n", b" \r\n\n", b"\x1e"], ids=repr)
def test_objects_are_found_however_they_are_written(indent: int | None, between: bytes) -> None:
    data = b"".join(json.dumps(one, indent=indent).encode() + between for one in OBJECTS)
    given, too_long = cut(cutter(STREAM), [data])
    lines = given.splitlines(keepends=True)
    assert ([json.loads(line) for line in given.split(b"\n")[:-1]], too_long) == (OBJECTS, 0), lines
    rows = [(1,), (None,), ("two\nlines",)]
    assert read(STREAM, given, "a") == read(STREAM, data, "a") == Made(rows)


DAMAGED = b"""\xef\xbb\xbfStarting {"a": 1} then
{"a": 2, "b": "broken o
{"a": 3}
{
  "a": 4,
  "b": {"c": [1
{
  "a": 5
}
{"a": "raw
newline", "b": {
"c": {}}}
{"a": 6}, {"a": 7}
[8]
{"a": [
{"x": 1},
{"x": 2}
], "b":
{}}
{"a": 9"""


def test_garbage_is_rejected_and_the_stream_goes_on_at_the_next_object() -> None:
    assert cut(cutter(STREAM), [DAMAGED])[0].splitlines(keepends=True) == [
        b"Starting \n",
        b'{"a": 1}\n',
        b"then\n",
        b'{"a": 2, "b": "broken o\n',
        b'{"a": 3}\n',
        b"{\r", b'  "a": 4,\r', b'  "b": {"c": [1\n',
        b"{\r", b'  "a": 5\r', b"}\n",
        b'{"a": "raw\n',
        b'{"a": 6}\n',
        b", \n",
        b'{"a": 7}\n',
        b"[8]\n",
        b'{"a": [\r', b'{"x": 1},\r', b'{"x": 2}\r', b'], "b":\r', b"{}}\n",
        b'{"a": 9\n',
    ]  # fmt: skip
    numbers = [1, 3, 5, 6, 7]
    made = read(STREAM, DAMAGED.removeprefix(b"\xef\xbb\xbf") + b"\n", "a")
    assert made.rows == [*((n,) for n in numbers), ([{"x": 1}, {"x": 2}],)]
    assert sorted(made.rejected) == [*["malformed"] * 7, "not_an_object"]


def test_a_block_of_lines_that_no_cutter_saw_is_read_as_well() -> None:
    assert read(STREAM, b'{"a": 1}{"a": 2}\n{"a": 3}\n', "a").rows == [(1,), (2,), (3,)]


def test_an_object_that_is_too_long_is_passed_over_and_counted_once() -> None:
    good = b'{"a": 1}\n'
    long = b'{"a": "' + b"x" * 50 + b'",\n "b": {}}\n'
    given = cut(ObjectCutter(20), [good + long + good])
    assert given == (good * 2, 1)


def test_a_reading_that_begins_anew_amid_what_is_too_long_does_not_count_it_again() -> None:
    first = ObjectCutter(20)
    data = b'{"a": "' + b"x" * 50
    assert (first.feed(data), first.skipping, first.held(), first.too_long) == (b"", True, 0, 1)
    second = ObjectCutter(20)
    second.resume(at_start=False, skipping=first.skipping)
    assert cut(second, [b'x{"a": 2}"}\n', b'{"a": 1}\n']) == (b'{"a": 1}\n', 0)


def test_every_byte_of_a_long_object_is_looked_at_once() -> None:
    """Chunks of a text of 16 MiB, each looked at from the start, would take minutes."""
    long = ObjectCutter(2**24 + 100)
    text = b'{"a": "' + b"x\\n" * 5_000_000
    parts = [text[at : at + 4096] for at in range(0, len(text), 4096)]
    assert b"".join(map(long.feed, parts)) == b""
    assert long.feed(b'"}') == text + b'"}\n'


def test_a_document_is_one_event() -> None:
    assert read(DOCUMENT, b'{\n"a": {"b": 1\n}}\n\n', "a/b") == Made([(1,)])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'[{"a": 1}]\n', "not_an_object"),
        (b"5\n", "not_an_object"),
        (b'{"a": 1}\n{"a": 2}\n', "malformed"),
        (b'{"a": \n', "malformed"),
        (b'{"a": ' + b"[" * 20_000 + b"\n", "too_deep"),
    ],
)
def test_what_is_no_object_is_rejected_whole(data: bytes, reason: str) -> None:
    assert read(DOCUMENT, data, "a") == Made([], rejected=[reason])


def test_an_empty_document_is_blank() -> None:
    assert read(DOCUMENT, b"\n", "a") == Made([], blank=1)
