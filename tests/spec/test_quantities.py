"""Durations, shares and amounts are read exactly, and written as Prometheus writes them."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.quantities import format_duration, format_number, parse_amount, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0), ("30s", 30), ("5m", 300), ("1h30m", 5400), ("1d", 86400), ("2w", 1209600),
        ("500ms", Fraction(1, 2)), ("1m500ms", Fraction(121, 2)),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: Fraction) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "example"),
    [
        ("5minutes", "5m"), ("5 min", "5m"), ("1 hour", "1h"), ("10 SECONDS", "10s"),
        ("2days", "2d"),
        ("", "5m"), ("5", "5m"), ("m", "5m"), ("-5m", "5m"), ("1.5h", "5m"), ("5m ", "5m"),
        ("\u0665m", "5m"),
        ("PT5M", "5m"),
    ],
)  # fmt: skip
def test_what_is_no_duration_is_told_with_an_example(text: str, example: str) -> None:
    with pytest.raises(
        ValueError, match=re.escape(f'"{text}" is not a duration; try {example}') + "$"
    ):
        parse_duration(text)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (5, 5), (0.1, Fraction(1, 10)), ("5", 5), ("-2.5", Fraction(-5, 2)),
        ("50%", Fraction(1, 2)),
        ("99.9%", Fraction(999, 1000)), ("5s", 5), ("250ms", Fraction(1, 4)), ("1h", 3600),
        (1e-9, Fraction(1, 10**9)),
    ],
)  # fmt: skip
def test_amounts(value: object, amount: Fraction) -> None:
    assert parse_amount(value) == amount


@pytest.mark.parametrize(
    "value", ["", "lots", "5 %", "%", "-5%", "1e3", "5 s", True, None, [], "1.5h"]
)
def test_what_is_no_amount_is_told(value: object) -> None:
    with pytest.raises(ValueError, match="is not a number, share or duration; try 5, 50% or 5s"):
        parse_amount(value)


@given(st.fractions(min_value=0, max_value=10**7).map(lambda f: Fraction(round(f * 1000), 1000)))
def test_a_duration_that_is_written_is_read_as_the_same(seconds: Fraction) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0ms"),
        (90, "90s"),
        (5400, "90m"),
        (86400, "1d"),
        (Fraction(1, 2), "500ms"),
        (604800, "7d"),
    ],
)
def test_durations_are_written_in_the_largest_unit_that_fits(seconds: Fraction, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (0.1, "0.1"),
        (Fraction(1, 3), "0.333333333333333"),
        (-2.5, "-2.5"),
        (10**20, "1" + "0" * 20),
    ],
)
def test_numbers_are_written_exactly_where_a_decimal_can_be(value: Fraction, text: str) -> None:
    assert format_number(value) == text


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=6))
def test_a_decimal_that_is_written_is_read_as_the_same(value: object) -> None:
    exact = Fraction(str(value))
    assert Fraction(format_number(exact)) == exact
