"""How windows are counted: short ones from raw samples, long ones from recordings of hours."""

from __future__ import annotations

from fractions import Fraction

HOUR = Fraction(3600)

LONGEST_RAW = Fraction(86400)
"""Windows of up to a day are counted from raw samples, longer ones summed up from hours."""
