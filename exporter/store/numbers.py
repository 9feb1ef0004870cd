"""Numbers of series: exact where they can be, kept in a checkpoint, written as Prometheus does."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from prometheus_client.utils import floatToGoString

if TYPE_CHECKING:
    from exporter.model import Plain

MONEY = 10**12
"""Money is added as whole trillionths of a dollar, so that sums do not depend on the order."""

Number: TypeAlias = "int | float | Fraction"

_LARGEST = 2**63
_SHORT = 100_000


def plain_number(number: Number) -> Plain:
    """Make a number fit for a checkpoint: large whole numbers and fractions become texts."""
    if isinstance(number, float) or (isinstance(number, int) and -_LARGEST <= number < _LARGEST):
        return number
    return str(number)


def number_from(plain: Plain) -> Number:
    """Read back what `plain_number` made."""
    if not isinstance(plain, str):
        return plain  # type: ignore[no-any-return] # an int or a float
    return Fraction(plain) if "/" in plain else int(plain)


def written(number: Number) -> str:
    """Write a number as a sample's value, as Go would."""
    if number.__class__ is int and 0 <= number < _SHORT:
        return f"{number}.0"
    return str(floatToGoString(float(number)))  # type: ignore[no-untyped-call] # the library's
