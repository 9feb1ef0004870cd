"""Recordings of what can be read at any time: an increase, a ratio, a quantile, a level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import recording
from generator.mixes import unit_of
from generator.model import Recording
from generator.recording import grown, level, quotient, read
from spec.model import Increase, Quantile, Ratio, Value
from spec.quantities import format_number

if TYPE_CHECKING:
    from fractions import Fraction

    from spec.model import Measured, Spec


def reading(of: Measured, by: tuple[str, ...], spec: Spec) -> tuple[Recording, ...]:
    """Record what is read, and what that reads; the last of them is the reading itself."""
    match of:
        case Increase():
            return (grown(of.of, _window(of.per), by, spec),)
        case Value():
            return (level(of.of, of.aggregate, by, spec),)
        case Ratio():
            over = _window(of.over)
            part, whole = grown(of.part, over, by, spec), grown(of.of, over, by, spec)
            ratio = quotient(part, whole, over, spec)
            return (whole, part, ratio, *_enough(ratio, whole, of.at_least, spec))
        case Quantile():
            over = _window(of.over)
            count = grown(of.of, over, by, spec)
            measured = recording.quantile(of, over, count, by, spec)
            return (count, measured, *_enough(measured, count, of.at_least, spec))


def unit_read(of: Measured, spec: Spec) -> str | None:
    """Give the unit of what is read."""
    return unit_of(of, spec) if isinstance(of, Ratio) else spec.families[of.of.metric].unit


def _enough(
    reading: Recording, total: Recording, least: Fraction, spec: Spec
) -> tuple[Recording, ...]:
    """Record a reading only where there was enough to read it from: nothing else is learnt."""
    if not least:
        return ()
    number = format_number(least)
    name = f"{reading.record}_of_{number.replace('.', '_')}"
    return (Recording(name, f"{read(reading, spec)}\nand\n{read(total, spec)} >= {number}"),)


def _window(seconds: Fraction | None) -> Fraction:
    if seconds is None:
        raise ValueError("only a panel's query may have no window")
    return seconds
