"""How much a counter grew over long windows: recordings, and what a case sees of them.

Reading 30 days of raw samples at every evaluation is dear. So what lies further back than a day is
summed up from recordings of single hours. Each hour counts from the last sample before it, so that
hours lie beside each other without a gap: nothing is lost or counted twice, and the sum weighs by
events, not by time. What it costs: the running hour is not in the sum yet, and an hour in which
Prometheus did not run counts only what it saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator import promql
from generator.model import Recording
from generator.recording import counts_wholes, grown, name, read, scope, subject
from spec.quantities import format_duration
from spec.rolling import HOUR, LONGEST_RAW

if TYPE_CHECKING:
    from fractions import Fraction

    from spec.model import Selection, Spec


@dataclass(frozen=True, slots=True)
class Counter:
    """Counters: series of a selection, kept apart by `by`; `suffix` is the part of a histogram."""

    of: Selection
    by: tuple[str, ...]
    suffix: str


def counter(of: Selection, by: tuple[str, ...], spec: Spec) -> Counter:
    """Take a counter, or the number of a histogram's observations."""
    return Counter(of, by, "_count" if spec.families[of.metric].type == "histogram" else "")


def growth(of: Counter, over: Fraction, spec: Spec) -> tuple[Recording, ...]:
    """Record how much counters grew over any window: the last one holds it, the others feed it."""
    if over <= LONGEST_RAW:
        return (grown(of.of, over, of.by, spec, of.suffix),)
    hour = _hour(of, spec)
    window = format_duration(over)
    expr = f"sum_over_time({read(hour, spec)}[{window}:{format_duration(HOUR)}])"
    record = name(of.by, subject(of.of) + of.suffix, f"increase{window}_hourly")
    return hour, Recording(record, expr)


def _hour(of: Counter, spec: Spec) -> Recording:
    """Record the growth of an hour, from the sample that stands before it."""
    window = format_duration(HOUR + spec.timing.scrape)
    total = promql.grown_exactly(scope(spec).select(of.of, of.suffix), window, of.by)
    expr = f"round({total})" if counts_wholes(spec.families[of.of.metric]) else total
    return Recording(name(of.by, subject(of.of) + of.suffix, "increase_hourly"), expr)
