"""Numbers in PromQL that say exactly what is meant."""

from __future__ import annotations

from fractions import Fraction

from spec.quantities import format_number


def is_decimal(value: Fraction) -> bool:
    """Tell whether a decimal of a few digits is the number itself."""
    return Fraction(format_number(value)) == value


def decimal(value: Fraction) -> str:
    """Write a number as a decimal, or as a division of whole numbers where there is none."""
    exact = is_decimal(value)
    return format_number(value) if exact else f"({value.numerator} / {value.denominator})"
