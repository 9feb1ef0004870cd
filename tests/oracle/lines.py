"""Lines to try a mapping with: right ones, and everything that logs do to their readers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEEP = 20_000
"""Levels beyond what any reader follows; far from the border, which depends on the stack."""

JUNK = (
    "0", "1", "-1", "7.5", "-0.0", "1e999", "-1e999", "1" + "0" * 400, "9" * 5000, "1e300",
    "9007199254740993", '"12"', '"-3"', '"1.5e2"', '"1e999"', '"0x10"', '"١٢"', '""', '" "', '"x"',
    '"=x"', '"true"', "true", "false", "null", "{}", "[]", '{"a":1,"breaker":{}}', "[1,[2]]",
    '"caf\u00e9"', r'"\ud800"', r'"\ud83d\ude00"', r'"\\ud800"', r'"a\ud800\u0041"', r'"\u0000\n"',
    '"2024-11-27T19:09:17Z"', '"2024-11-27 19:09:18.1234567+01:00"', '"2024-11-27T19:09"',
    '"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-14:00"', '"2024-13-01T00:00:00Z"',
)  # fmt: skip
"""Values as JSON text; some hold what the typed decoder refuses, others what no float holds."""

TIMES = tuple(
    json.dumps(time)
    for time in (
        "2024-11-27T19:09:17Z", "2024-11-27T19:09:18.250Z", "2024-11-27T20:09:30+01:00",
        "2024-11-27T19:09:16", "2024-11-27", "yesterday",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Kinds:
    """How a log's lines look: texts of JSON values that each key may have."""

    values: Mapping[str, Sequence[str]]


def lines(kinds: Kinds, largest: int = 30) -> st.SearchStrategy[bytes]:
    """Give whole lines, each with its newline."""
    return st.lists(_line(kinds), max_size=largest).map(b"".join)


def cuts(data: bytes) -> st.SearchStrategy[list[bytes]]:
    """Give the same lines cut into blocks."""
    whole = [line + b"\n" for line in data.split(b"\n")[:-1]]
    places = st.sets(st.integers(0, len(whole)))
    return places.map(lambda at: _parts(whole, sorted({0, len(whole), *at})))


def _parts(whole: list[bytes], at: list[int]) -> list[bytes]:
    return [b"".join(whole[start:end]) for start, end in pairwise(at)]


def _line(kinds: Kinds) -> st.SearchStrategy[bytes]:
    fields = [
        st.integers(0, 23).flatmap(lambda dice, key=key, good=good: _field(key, good, dice))  # type: ignore[misc] # mypy can't infer defaults
        for key, good in kinds.values.items()
    ]
    more = st.lists(st.one_of(*fields, _other), max_size=2)
    return st.builds(
        lambda own, more, harm: _written([*own, *more], harm), st.tuples(*fields), more, _harm
    )


def _field(key: str, good: Sequence[str], dice: int) -> st.SearchStrategy[tuple[str, str]]:
    """Give a field: mostly a good one, now and then one that is not there, or junk."""
    values = st.just("") if dice in {20, 21} else _junk if dice > 21 else st.sampled_from(good)
    return values.map(lambda value: (key, value))


_junk = st.sampled_from(JUNK)
_other = st.tuples(st.sampled_from(("other", "prompt", "a.b", "")), _junk)
_harm = st.one_of(
    st.just(b"\n"),
    st.just(b"\n"),
    st.just(b"\n"),
    st.sampled_from(
        (b"\r\n", b" \n", b"\n\n", b"\x0c\n", b"}\n", b"{}\n", b"\n{}{}\n", b"\n[1]\n", b"\nnull\n",
         b'\n{"event_type":\n"step"}\n', b'\n{"a":{}\n,"b":{}}\n', b"\n\xef\xbb\xbf\n", b"\xff\n",
         b'\n{"prompt":"\xff"}\n', b'\n{"event_type":"step","agent_id":"\xe9"}\n', b"\n\x00\n",
         b'\n{"deep":' + b"[" * DEEP + b"\n", b'\n{"deep":' + b"[" * DEEP + b"]" * DEEP + b"}\n")
    ),
)  # fmt: skip


def _written(fields: list[tuple[str, str]], harm: bytes) -> bytes:
    body = ",".join(f"{json.dumps(key)}:{value}" for key, value in fields if value)
    return f"{{{body}}}".encode() + harm
