"""Our counters under the names of others: made anew at each scrape, and kept nowhere.

They are as exact as ours, go on where ours go on, and are born at zero with ours.
"""

from __future__ import annotations

import re
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from exporter.store.label_text import LabelText, braced
from exporter.store.numbers import MONEY, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.store.label_text import Labels
    from exporter.store.numbers import Number
    from exporter.store.store import Store
    from exporter.store.table import Table
    from spec.model import View, Way


class ViewTable:
    """What a view shows of one store's series. Several of these may become one."""

    def __init__(self, view: View, store: Store) -> None:
        """Look at a store."""
        self.family = view.family
        self._view = view
        self._store = store
        self._named = LabelText(view.family.labels, store.constants)
        self._known: dict[tuple[str, Labels], Labels | None] = {}

    def visible(self) -> int:
        """Count the series that scrapes see."""
        return len(self._totals(self._view.of, 0.0))

    def text(self, now: float) -> str:
        """Write the samples; `now` is the running time."""
        totals = sorted(self._totals(self._view.of, now).items())
        if self.family.type == "histogram":
            counts = self._totals(self._view.count, now)
            return "".join(self._observed(labels, counts[labels], sum_) for labels, sum_ in totals)
        return "".join(
            f"{self.family.name}{braced(self._named.text(labels))} {self._written(total)}\n"
            for labels, total in totals
        )

    def text_with_exemplars(self, now: float) -> str:
        """Write the samples for OpenMetrics: the same, exemplars stand with our own."""
        return self.text(now)

    def _observed(self, labels: Labels, count: Number, total: Number) -> str:
        """Write a histogram of which nothing is known but how many there were, and their sum."""
        name, around = self.family.name, braced(self._named.text(labels))
        before, after = self._named.around_le(labels)
        return (
            f"{name}_bucket{{{before}+Inf{after}}} {written(count)}\n"
            f"{name}_count{around} {written(count)}\n"
            f"{name}_sum{around} {self._written(total)}\n"
        )

    def _written(self, total: Number) -> str:
        return written(Fraction(total) / MONEY if self.family.unit == "usd" else total)

    def _totals(self, name: str, now: float) -> defaultdict[Labels, Number]:
        """Add up our series of a family that are one of theirs."""
        totals: defaultdict[Labels, Number] = defaultdict(int)
        table = self._store.tables.get(name)
        for ours, value in table.totals(now) if table else ():
            key = name, ours
            if key not in self._known:
                self._known[key] = self._theirs(table, ours) if table else None
            theirs = self._known[key]
            if theirs is not None:
                totals[theirs] += value
        return totals

    def _theirs(self, table: Table, ours: Labels) -> Labels | None:
        """Give the labels that a series of ours has there; None where it is not shown."""
        values = dict(zip(table.family.labels, ours, strict=True))
        asked = (
            (values[label], name) for label, name in self._view.where.items() if label in values
        )
        if not all(_begins(value, name) for value, name in asked):
            return None
        theirs = tuple(self._made(values))
        return theirs if len(theirs) == len(self.family.labels) else None

    def _made(self, values: dict[str, str]) -> Iterator[str]:
        for way in self._view.labels.values():
            made = way.text if way.label is None else _value(values[way.label], way)
            if made is not None:
                yield made


def _begins(value: str, name: str) -> bool:
    """Tell whether a value is a name, or one that goes on from it: `a` and `a-b`, but not `ab`."""
    return value == name or value.startswith(f"{name}-")


def _value(ours: str, way: Way) -> str | None:
    if way.table is not None:
        return way.table.get(ours, way.other)
    if way.classes:
        return next((name for name, sign in way.classes if re.search(sign, ours)), way.other)
    return ours
