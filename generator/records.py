"""Scores: their recording rules, and the cases that prove each part and how they come together."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from generator.measuring import reading
from generator.model import ProvenRecord, Reckoning, Recording
from generator.promql import aggregate, quote
from generator.readings import readings
from generator.recording import name, read
from generator.samples import series
from spec.model import Increase, Value
from spec.quantities import format_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from generator.readings import Readings
    from spec.model import Part, Record, Spec

_STEP = Fraction(60)
_HALF = Fraction(1, 2)


def prove(record: Record, spec: Spec) -> ProvenRecord:
    """Make a score's recordings and cases: what each part reads, each part scaled, all of them."""
    scaled = {part.name: _scaled(part, record, spec) for part in record.parts}
    read_first = [one for part in record.parts for one in reading(part.of, record.by, spec)]
    return ProvenRecord(
        record,
        (*read_first, *scaled.values(), _score(record, scaled, spec)),
        tuple(_cases(record, scaled, spec)),
    )


def _scaled(part: Part, record: Record, spec: Spec) -> Recording:
    """Record a part: 0 at its worst and beyond, 1 at its best and beyond."""
    measured = read(reading(part.of, record.by, spec)[-1], spec)
    worst, span = format_number(part.worst), format_number(abs(part.best - part.worst))
    off = f"{measured} - {worst}" if part.best > part.worst else f"{worst} - {measured}"
    return Recording(
        name(record.by, record.name, "part"),
        f"clamp(({off}) / {span}, 0, 1)",
        {"part": part.name},
    )


def _score(record: Record, scaled: Map[str, Recording], spec: Spec) -> Recording:
    """Record the mean of the parts that are there, by their weights."""
    weights = {part.name: format_number(part.weight) for part in record.parts}
    parts = {name: read(one, spec) for name, one in scaled.items()}
    values = "\n  or\n".join(f"  {weights[name]} * {one}" for name, one in parts.items())
    there = "\n  or\n".join(f"  {weights[name]} + 0 * {one}" for name, one in parts.items())
    whole, most = (aggregate("sum", record.by, f"\n{one}\n") for one in (values, there))
    return Recording(record.name, f"{whole}\n/\n{most}")


# ---- cases --------------------------------------------------------------------------------------


def _cases(record: Record, scaled: Map[str, Recording], spec: Spec) -> Iterator[Reckoning]:
    for part in record.parts:
        yield from _of_part(part, record, scaled[part.name], spec)
    yield from _together(record, scaled, spec)


def _of_part(part: Part, record: Record, scaled: Recording, spec: Spec) -> Iterator[Reckoning]:
    """Give cases of one part alone: halfway, and at both of its ends, or beyond where it can be."""
    step = _step(part, record)
    of = readings(part.of, step, record.by, spec)
    kept = {**{name: of.having[name] for name in record.by}, "fleet": spec.fleet, "part": part.name}
    span = part.best - part.worst
    places = {
        "halfway": _at(part.worst + span / 2, of),
        "at its best": _at(part.best + span / 2, of),
        "at its worst": _at(part.worst - span / 2, of),
    }
    for place, level in places.items():
        share = min(max((level - part.worst) / span, Fraction(0)), Fraction(1))
        yield Reckoning(
            f"{part.name}: {place}",
            of.interval,
            of.series([None, level]),
            step,
            step,
            read(scaled, spec),
            ((kept, share),),
        )


def _together(record: Record, scaled: Map[str, Recording], spec: Spec) -> Iterator[Reckoning]:
    """Give cases of the parts' recordings: each alone, all, and none of them."""
    group = {name: f"{name}-1" for name in record.by}
    shown = {**group, "fleet": spec.fleet}
    score = f"{record.name}{{fleet={quote(spec.fleet)}}}"
    step = min(_step(part, record) for part in record.parts)
    most = sum((part.weight for part in record.parts), Fraction(0))

    def told(name: str, levels: Map[str, Fraction], value: Fraction | None) -> Reckoning:
        given = tuple(
            series(scaled[part].record, {**shown, "part": part}, f"{format_number(level)}x1")
            for part, level in levels.items()
        )
        expected = () if value is None else ((shown, value),)
        return Reckoning(name, step, given, step, step, score, expected)

    for part in record.parts:
        others = {other.name: Fraction(1) for other in record.parts if other is not part}
        yield told(f"{part.name} alone has a value", {part.name: _HALF}, _HALF)
        if others:
            lost = 1 - part.weight / most
            yield told(f"{part.name} is at its worst", {**others, part.name: Fraction(0)}, lost)
    yield told("there are no series", {}, None)


def _step(part: Part, record: Record) -> Fraction:
    """Give how far apart readings of a part are: of a gauge, as far as those of other parts."""
    own = _window(part)
    others = [window for other in record.parts if (window := _window(other))]
    return 2 * (own or min(others, default=_STEP / 2))


def _window(part: Part) -> Fraction | None:
    match part.of:
        case Value():
            return None
        case Increase():
            return part.of.per
        case _:
            return part.of.over


def _at(level: Fraction, of: Readings) -> Fraction:
    """Give what comes next to a level of all that can be read."""
    lowest = level if of.lowest is None else max(level, of.lowest + of.grain)
    most = lowest if of.highest is None else min(lowest, of.highest)
    return round(most / of.grain) * of.grain
