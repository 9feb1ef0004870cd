"""Lines in the envelopes of container runtimes."""

from __future__ import annotations

import json

import pytest

from exporter.formats.envelope_cutter import EnvelopeCutter
from exporter.formats.envelopes import ENVELOPES
from tests.decoding import Made, cut, cutter, mapping, read

JSON = mapping("json")
TIME = "2026-11-20T03:00:00.669794202Z"


def cri(content: str, stream: str = "stdout", tag: str = "F") -> bytes:
    return f"{TIME} {stream} {tag} {content}\n".encode()


def docker(content: str, stream: str = "stdout", tag: str = "F") -> bytes:
    log = content + ("\n" if tag == "F" else "")
    return json.dumps({"log": log, "stream": stream, "time": TIME}).encode() + b"\n"


WRAPPERS = pytest.mark.parametrize(("name", "wrap"), [("cri", cri), ("docker", docker)])


@WRAPPERS
def test_lines_are_unwrapped_and_parts_joined(name: str, wrap: type) -> None:
    data = b"".join((
        wrap('{"a": "x"}'),
        wrap('{"a": ', tag="P"),
        wrap('{"a": "other"}', "stderr"),
        wrap('"pa', tag="P"),
        wrap('{"a":', "stderr", "P"),
        wrap('rts"}'),
        wrap(' "last"}', "stderr"),
        wrap(""),
        wrap("no JSON"),
    ))  # fmt: skip
    assert read(JSON, data, "a", wrapped=name) == Made(
        [("x",), ("other",), ("parts",), ("last",)], blank=1, rejected=["malformed"]
    )


@WRAPPERS
def test_what_is_not_wrapped_is_malformed(name: str, wrap: type) -> None:
    data = wrap('{"a": 1}') + b'{"a": 2}\n\n[]\nx\n' + wrap('{"a": 3}')
    made = read(JSON, data, "a", wrapped=name)
    assert made == Made([(1,), (3,)], blank=1, rejected=["malformed"] * 3)


def test_tags_may_follow_the_first_and_a_line_may_be_empty() -> None:
    data = (
        b't stdout P:x:y {"a":\nt stdout F:z  1}\nt stderr F\nt stderr F \nt stdout F:q {"a": 2}\n'
    )
    assert read(JSON, data, "a", wrapped="cri") == Made([(1,), (2,)], blank=2)
    whole = b't stdout F:q {"a": 2}\nt stdout F\nt stdout F \n'
    assert read(JSON, whole, "a", wrapped="cri") == Made([(2,)], blank=2)


def test_broken_letters_in_dockers_envelope_cost_no_line() -> None:
    data = b'{"log":"{\\"a\\": 1, \\"b\\": \\"\xff\\ud800\\"}\\n","stream":"stdout"}\n'
    assert read(JSON, data, "a", "b", wrapped="docker") == Made([(1, "��")])


@WRAPPERS
def test_another_format_may_be_inside(name: str, wrap: type) -> None:
    data = wrap("level=", tag="P") + wrap("info n=5")
    assert read(mapping("logfmt"), data, "level", "n", wrapped=name) == Made([("info", "5")])


@WRAPPERS
def test_a_stream_that_breaks_off_amid_a_line_gives_what_is_there(name: str, wrap: type) -> None:
    data = wrap('{"a": 1}', tag="P")
    assert cut(cutter(JSON, name), [data]) == (data, 0)
    assert read(JSON, data, "a", wrapped=name) == Made([(1,)])


@WRAPPERS
def test_nothing_is_given_while_a_line_is_open(name: str, wrap: type) -> None:
    cuts = cutter(JSON, name)
    whole, start, other, end = wrap("x"), wrap("a", tag="P"), wrap("y", "stderr"), wrap("b")
    assert cuts.feed(whole + start) == whole
    assert (cuts.feed(other), cuts.held()) == (b"", len(start + other))
    assert (cuts.feed(end[:-1]), cuts.held()) == (b"", len(start + other + end) - 1)
    assert (cuts.feed(end[-1:]), cuts.held()) == (start + other + end, 0)


@WRAPPERS
def test_a_line_of_too_many_parts_is_taken_out(name: str, wrap: type) -> None:
    part, end, other = wrap("a", tag="P"), wrap("b"), wrap("y", "stderr")
    cuts = EnvelopeCutter(ENVELOPES[name](), 2 * len(part + other))
    data = end + part + other + part * 9 + other + end + end + other
    assert cut(cuts, [data[at : at + 50] for at in range(0, len(data), 50)]) == (
        end + other + other + end + other,
        1,
    )


@WRAPPERS
def test_a_reading_that_begins_anew_amid_such_a_line_leaves_out_its_rest(
    name: str, wrap: type
) -> None:
    part, end = wrap("a", tag="P"), wrap("b")
    first = EnvelopeCutter(ENVELOPES[name](), 3 * len(part))
    assert b"".join(first.feed(part) for _ in range(5)) == b""
    assert (first.too_long, first.held(), first.skipping) == (1, 0, True)
    second = EnvelopeCutter(ENVELOPES[name](), 3 * len(part))
    second.resume(at_start=False, skipping=True)
    assert second.feed(part + end + end) == end
    assert (second.too_long, second.skipping) == (0, False)


@WRAPPERS
def test_one_wrapped_line_that_is_too_long_is_skipped_to_its_end(name: str, wrap: type) -> None:
    long, good = wrap("x" * 500), wrap("y")
    cuts = EnvelopeCutter(ENVELOPES[name](), 200)
    assert (cuts.feed(good + long[:250]), cuts.too_long, cuts.skipping) == (good, 1, True)
    again = EnvelopeCutter(ENVELOPES[name](), 200)
    again.resume(at_start=False, skipping=True)
    for one in (cuts, again):
        assert b"".join(map(one.feed, (long[250:], good))) == good
    assert (cuts.too_long, again.too_long) == (1, 0)
