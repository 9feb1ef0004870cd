"""Lines of text: logfmt, patterns, and JSON behind a prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.decoding import Made, Reader, mapping, read

if TYPE_CHECKING:
    from spec.mapping import Mapping

LOGFMT = mapping("logfmt")


# ---- logfmt --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("level=info n=5", ("info", "5")),
        ("time=2026-11-20T03:00:00.5Z level=info n=-1.5e3", ("info", "-1.5e3")),
        ('level="a b" n="5"', ("a b", "5")),
        (r'level="say \"hi\" \\ \n\t\x41\u00e9\U0001F600" n=5', ('say "hi" \\ \n\tAé😀', "5")),
        (r'level="\ud83d\ude00 \ud83d \U00ffffff \101 \q" n=5', ("😀 � � A q", "5")),
        ("level n=5", (True, "5")),
        ("level= n=", ("", "")),
        ('level="" n=5', ("", "5")),
        ("n=5 url=/a?b=c&level=no level=yes", ("yes", "5")),
        ("level=1 level=2 n=5", ("2", "5")),
        ('"level"=x "n"=5', ("x", "5")),
        ('level=a"b n=5"', ('a"b', '5"')),
        ("  level=info\tn=5  \r", ("info", "5")),
        ("other=1", (None, None)),
    ],
)
def test_a_line_of_logfmt_gives_its_pairs(line: str, row: tuple[object, ...]) -> None:
    assert read(LOGFMT, line.encode() + b"\n", "level", "n") == Made([row])


@pytest.mark.parametrize(
    "line",
    [
        "Starting up",
        "=5",
        '"level"',
        'n=5 level="cut off tokens=7',
        'level="a"tokens=7',
        'level="he said "tokens=7 ok"',
        "a=b =c",
    ],
)
def test_a_line_that_is_no_logfmt_is_malformed(line: str) -> None:
    assert read(LOGFMT, line.encode() + b"\n", "tokens") == Made([], rejected=["malformed"])


def test_a_key_with_dots_is_one_key() -> None:
    assert read(LOGFMT, b"http.status=200\n", "http.status", "http/status") == Made([("200", None)])


def test_blank_lines_and_broken_letters_do_no_harm() -> None:
    assert read(LOGFMT, b"\n \r\nlevel=\xff\xe9 n=5\n", "level", "n") == Made(
        [("��", "5")], blank=2
    )


# ---- text ----------------------------------------------------------------------------------------

TEXT = mapping(
    "text",
    (r"^(?P<level>[A-Z]+) took (?P<took__ms>\d+)ms( by (?P<who>\w+))?$", r"^(?P<level>[a-z]+):"),
)


def test_groups_are_fields_and_two_underscores_a_dot() -> None:
    lines = "INFO took 5ms by Zoë\r\nWARN took 7ms\nerror: it broke\n"
    assert read(TEXT, lines.encode(), "level", "took/ms", "who") == Made(
        [("INFO", "5", "Zoë"), ("WARN", "7", None), ("error", None, None)]
    )


def test_lines_without_a_pattern_of_theirs_are_unmatched() -> None:
    assert read(TEXT, b"INFO took long\n\n...\n", "level") == Made([], unmatched=2, blank=1)


def test_a_pattern_is_looked_for_anywhere_in_a_line() -> None:
    assert read(mapping("text", (r"n=(?P<n>\d+)",)), b"x n=5\n", "n") == Made([("5",)])


def test_underscores_that_part_nothing_are_a_name() -> None:
    made = read(mapping("text", ("(?P<__a>.)(?P<b__>.)(?P<c>.)",)), b"123\n", "__a", "b__", "c")
    assert made == Made([("1", "2", "3")])


# ---- kinds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "data"),
    [
        (LOGFMT, b"kind=a n=1\nkind=b n=2\nkind=c n=3\nn=4\n"),
        (
            mapping("text", (r"^kind=(?P<kind>.) n=(?P<n>.)", "n=(?P<n>.)")),
            b"kind=a n=1\nkind=b n=2\nkind=c n=3\nn=4\n",
        ),
        (
            mapping("json", prefix="kind=(?P<kind>.)?"),
            b'kind=a {"n":"1"}\nkind=b {"n":"2"}\nkind=c {"n":"3"}\nkind= {"n":"4"}\n',
        ),
    ],
    ids=["logfmt", "text", "prefix"],
)
def test_lines_of_kinds_that_no_rule_is_for_are_unmatched(of: Mapping, data: bytes) -> None:
    reader = Reader(of, "n", tag="kind", kinds=("a", "b"))
    assert reader.read(data) == Made([("1",), ("2",)], unmatched=2)


def test_lines_of_which_nothing_is_read_count_too() -> None:
    assert read(LOGFMT, b"a=1\n") == Made([()])
    reader = Reader(LOGFMT, tag="kind", kinds=("a",))
    assert reader.read(b"kind=a\nkind=b\n") == Made([()], unmatched=1)


# ---- JSON behind a prefix ------------------------------------------------------------------------

LINES = b"""2026-11-20 INFO {"a": 1, "b": {"c": "x}"}}
stop {}
no object

"quoted {\xe9 {"a": 2}
12 ERROR {"a": 3, "level": "own"} trailing
12 ERROR {"a": 4, "level": "own"}
12 DEBUG [{"a": 5}]
"""


def test_what_stands_before_the_first_brace_is_dropped() -> None:
    assert read(mapping("json", prefix=""), LINES, "a", "b/c", "level") == Made(
        [(1, "x}", None), (None, None, None), (4, None, "own")],
        unmatched=1,
        blank=1,
        rejected=["malformed", "malformed", "malformed"],
    )


def test_groups_of_the_prefix_are_fields_and_the_objects_own_count_more() -> None:
    of = mapping("json", prefix=r"(?P<day>\d+) (?P<level>[A-Z]+)|(?P<word__one>stop) $")
    assert read(of, LINES, "a", "level", "day", "word/one") == Made(
        [(1, "INFO", "20", None), (None, None, None, "stop"), (4, "own", "12", None)],
        unmatched=2,
        blank=1,
        rejected=["malformed", "malformed"],
    )


def test_a_group_with_quotes_in_it_stays_a_text() -> None:
    of = mapping("json", prefix="^(?P<who>.*): $")
    assert read(of, b'"x", "a": 7, \\: {"a": 1}\n', "who", "a") == Made([('"x", "a": 7, \\', 1)])
