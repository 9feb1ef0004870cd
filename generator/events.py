"""Input series of an SLO: events that went well and events that went wrong, one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from generator.bursts import runs
from generator.samples import labels, series
from spec.quantities import format_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Mapping as Map

    from generator.model import Series
    from spec.model import Family, Matcher, Selection, Slo, Spec


@dataclass(frozen=True, slots=True)
class Step:
    """What happened between a sample and the one before it; `restart`: counters begin anew."""

    well: int = 0
    wrong: int = 0
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Events:
    """The series of one group of an SLO."""

    slo: Slo
    spec: Spec

    @property
    def shown(self) -> Map[str, str]:
        """The labels by which the group is told apart."""
        having = self._labels(self.slo.part, ())
        return {name: having[name] for name in self.slo.by}

    def series(self, steps: Sequence[Step], *, part: bool = True) -> tuple[Series, ...]:
        """Give series in which these steps follow a first sample of 0.

        Without `part`, its series is not there, as before anything of it has happened.
        """
        if self.slo.within is not None:
            return self._histogram(steps)
        names = [self._name(side) for side in (self.slo.part, self.slo.total)]
        mine, others = (
            ([s.well for s in steps], [s.wrong for s in steps])
            if self.slo.good
            else ([s.wrong for s in steps], [s.well for s in steps])
        )
        if not self._shared:
            others = [s.well + s.wrong for s in steps]
        restarts = [s.restart for s in steps]
        counted = (
            series(names[0], self._labels(self.slo.part, self._within), _values(mine, restarts)),
            series(names[1], self._labels(self.slo.total, self._beside), _values(others, restarts)),
        )
        return counted if part else counted[1:]

    @property
    def _shared(self) -> bool:
        return self.slo.part.metric == self.slo.total.metric

    @property
    def _within(self) -> tuple[Matcher, ...]:
        """What the part must be beside itself, to be of the whole."""
        return self.slo.total.where if self._shared else ()

    @property
    def _beside(self) -> tuple[Matcher, ...]:
        """What keeps the rest out of the part: one matcher broken that only the part has."""
        if not self._shared:
            return ()
        own = [m for m in self.slo.part.where if m not in self.slo.total.where]
        own.sort(key=lambda m: m.label in self.slo.by)
        return (replace(own[0], negated=not own[0].negated),)

    def _labels(self, of: Selection, more: Iterable[Matcher]) -> dict[str, str]:
        family = self.spec.families[of.metric]
        # Both are of one group: what fixes one of its labels on one side holds on the other too.
        broken = {m.label for m in more if m not in self.slo.total.where}
        fixed = [
            m
            for m in (*self.slo.part.where, *self.slo.total.where)
            if m.label in self.slo.by and m.label not in broken
        ]
        return labels(family, (*of.where, *more, *fixed), self.slo.by, self.spec)

    def _name(self, of: Selection) -> str:
        return _counter(self.spec.families[of.metric])

    def _histogram(self, steps: Sequence[Step]) -> tuple[Series, ...]:
        """A histogram of two buckets: what was fast enough, and all."""
        having = self._labels(self.slo.total, ())
        name, bound = self.slo.total.metric, format_number(self.slo.within or 0)
        restarts = [s.restart for s in steps]
        well = _values([s.well for s in steps], restarts)
        every = _values([s.well + s.wrong for s in steps], restarts)
        le = bound if "." in bound else f"{bound}.0"
        return (
            series(f"{name}_bucket", {**having, "le": le}, well),
            series(f"{name}_bucket", {**having, "le": "+Inf"}, every),
            series(f"{name}_count", having, every),
        )


def _counter(family: Family) -> str:
    return f"{family.name}_count" if family.type == "histogram" else family.name


def _values(steps: Sequence[int], restarts: Sequence[bool]) -> str:
    """Write a counter's values in promtool's notation, equal ones together."""
    level, values = 0, [0]
    for step, restart in zip(steps, restarts, strict=True):
        level = step if restart else level + step
        values.append(level)
    return runs(map(str, values))
