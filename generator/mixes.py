"""Input series for a part of a whole: two counters, and what is read of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from generator.recording import counts_wholes
from generator.samples import Pace, labels, series

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from fractions import Fraction

    from generator.model import Series
    from spec.model import Family, Ratio, Spec


def unit_of(condition: Ratio, spec: Spec) -> str | None:
    """Give the unit of the quotient: a share where both are of one unit, else the part's."""
    units = [
        family.unit if family.type == "counter" else None
        for family in (spec.families[s.metric] for s in (condition.part, condition.of))
    ]
    return "ratio" if units[0] == units[1] else units[0]


@dataclass(frozen=True, slots=True)
class Mix:
    """Two counters: the part, and what with it makes the whole.

    `shared`: both are of one metric, so that the whole is the sum of the two; else the second is
    the whole by itself. `part_whole`, `other_whole`: whether they count whole things.
    """

    pace: Pace
    part_name: str
    other_name: str
    part: Map[str, str]
    other: Map[str, str]
    shared: bool
    part_whole: bool
    other_whole: bool

    def grow(self, part: Fraction, of: Fraction) -> tuple[Series, Series]:
        """Give series of which so much is the part of so much."""
        return self._series(self.pace.adds(part), self.pace.adds(self._beside(part, of)))

    def burst(self, part: Fraction, of: Fraction) -> tuple[Series, Series]:
        """Give the same, all at once."""
        beside = self.pace.bursts(self._beside(part, of))
        return self._series(self.pace.bursts(part), beside)

    def resume(self, part: Fraction, of: Fraction) -> tuple[Series, Series]:
        """Give the same, then a silence, then the same again."""
        beside = self.pace.resumes(self._beside(part, of))
        return self._series(self.pace.resumes(part), beside)

    def restart(self, part: Fraction, of: Fraction) -> tuple[Series, Series]:
        """Give the same, with a restart: in the midst of a part at once, else of both."""
        beside, restarted = self._beside(part, of), self.pace.adds_across_restart
        if self.pace.at_once:
            return self._series(restarted(part), self.pace.adds(beside))
        return self._series(restarted(part), restarted(beside))

    def idle(self) -> tuple[Series, Series]:
        """Give series that stand still."""
        return self._series(self.pace.idles(), self.pace.idles())

    def without_part(self, of: Fraction) -> Series:
        """Give a whole of which no part has ever happened."""
        return series(self.other_name, self.other, self.pace.adds(of))

    def at_most(self, share: Fraction, most: Fraction) -> Fraction:
        """Give a share that can be: a part is no more than the whole that it is counted in."""
        return min(share, most) if self.shared else share

    def _beside(self, part: Fraction, of: Fraction) -> Fraction:
        return of - part if self.shared else of

    def _series(self, part: str, other: str) -> tuple[Series, Series]:
        return (
            series(self.part_name, self.part, part),
            series(self.other_name, self.other, other),
        )


def mixed(condition: Ratio, by: tuple[str, ...], spec: Spec, pace: Pace) -> Mix:
    """Find series that make the part of a ratio, and series that with it make the whole."""
    part, of = condition.part, condition.of
    families = [spec.families[part.metric], spec.families[of.metric]]
    shared = part.metric == of.metric
    within = of.where if shared else ()
    # What is in the whole and not in the part breaks one matcher that only the part has.
    own = [m for m in part.where if m not in of.where]
    own.sort(key=lambda m: m.label in by)
    broken = [replace(own[0], negated=not own[0].negated)] if shared and own else []
    # Both must be of one group, so what fixes a label of `by` on one side holds on the other too.
    fixed = [m for m in (*part.where, *of.where) if m.label in by and m not in own[: len(broken)]]
    return Mix(
        pace=pace,
        part_name=_counter(families[0]),
        other_name=_counter(families[1]),
        part=labels(families[0], (*part.where, *within, *fixed), by, spec),
        other=labels(families[1], (*of.where, *broken, *fixed), by, spec),
        shared=shared,
        part_whole=counts_wholes(families[0]),
        other_whole=counts_wholes(families[1]),
    )


def _counter(family: Family) -> str:
    return f"{family.name}_count" if family.type == "histogram" else family.name
