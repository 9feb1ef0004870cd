"""Durations, shares and amounts, as people write them in a spec."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

_SECONDS = {
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
    "w": Fraction(604800),
}
_DURATION = re.compile(r"(?:[0-9]+(?:ms|[smhdw]))+")
_PART = re.compile(r"([0-9]+)(ms|[smhdw])")
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)%")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_SIZE = re.compile(r"([0-9]{1,9})(KiB|MiB|GiB)")
_BYTES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_WRITTEN = {"s": "s", "sec": "s", "m": "m", "min": "m", "h": "h", "hour": "h", "d": "d", "day": "d"}


def parse_duration(text: str) -> Fraction:
    """Read a Prometheus duration (`90s`, `1h30m`, `500ms`) into seconds.

    Raises:
        ValueError: it is not a duration; the message says what would be one.
    """
    if not _DURATION.fullmatch(text):
        guess = re.fullmatch(r"([0-9]+)\s*(sec|min|hour|day|[smhd])[a-z]*", text.strip().lower())
        example = f"{guess[1]}{_WRITTEN[guess[2]]}" if guess else "5m"
        raise ValueError(f'"{text}" is not a duration; try {example}')
    return sum((int(n) * _SECONDS[u] for n, u in _PART.findall(text)), Fraction(0))


@lru_cache(maxsize=4096)
def format_duration(seconds: Fraction | float) -> str:
    """Write seconds as Prometheus does: the largest unit that divides them (`90m`, `1h`, `5m`)."""
    exact = Fraction(seconds)
    for unit in ("d", "h", "m", "s"):
        if exact and exact % _SECONDS[unit] == 0:
            return f"{exact // _SECONDS[unit]}{unit}"
    return f"{round(exact * 1000)}ms"


def parse_amount(value: object) -> Fraction:
    """Read a number, a share (`50%` is 0.5) or a duration (`5s` is 5), exactly.

    Raises:
        ValueError: it is none of them.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fraction(str(value))
    text = str(value)
    if share := _SHARE.fullmatch(text):
        return Fraction(share[1]) / 100
    if _NUMBER.fullmatch(text):
        return Fraction(text)
    if _DURATION.fullmatch(text):
        return parse_duration(text)
    raise ValueError(f'"{text}" is not a number, share or duration; try 5, 50% or 5s')


def parse_size(text: str) -> int:
    """Read a size (`256MiB`) into bytes.

    Raises:
        ValueError: it is none; the message says what would be one.
    """
    if not (size := _SIZE.fullmatch(text)):
        raise ValueError(f'"{text}" is not a size; try 256MiB')
    return int(size[1]) * _BYTES[size[2]]


def format_number(value: Fraction | float) -> str:
    """Write a number for PromQL: exact where a decimal can be, else to 15 significant digits."""
    exact = Fraction(str(value)) if isinstance(value, float) else Fraction(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    return f"{quotient:.15g}"
