"""The bounds of a histogram's buckets, as what a log writes is compared with them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec.mapping import Update


def bucket_bounds(update: Update) -> list[int] | list[float]:
    """Give a histogram's bounds in the unit that the log writes, so that edges stay exact.

    Whole bounds are whole numbers: so are most of the values that they are compared with.
    """
    multiply, divide = update.scale
    bounds = [Fraction(str(b)) * divide / multiply for b in update.family.buckets]
    if all(bound.denominator == 1 for bound in bounds):
        return [int(bound) for bound in bounds]
    return [float(bound) for bound in bounds]
