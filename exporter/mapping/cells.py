"""Fused accumulators: one cell per set of labels of an event, projected to families at a scrape.

An event that moves five families costs one look-up of its labels and a few additions in a list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from exporter.store.series import MONEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.store.series import Labels, Level, SeriesBook, Snapshot, State
    from spec.mapping import Update
    from spec.model import Family

Cell: TypeAlias = list[Any]
"""[time of the newest event, events applied, label values, then the slots of the updates]."""

LAST, EVENTS, VALUES, FIRST_SLOT = 0, 1, 2, 3
# Before every event, in whatever zone: a cell that has seen no event with a time.
NO_TIME = datetime.min.replace(tzinfo=timezone(timedelta(hours=23, minutes=59)))


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an update's amount is in a cell. `labels` makes its series' label values.

    Increments share the cell's count of events; a histogram has its counts at `at`, its sum after.
    """

    update: Update
    at: int
    labels: Callable[[Labels], Labels]

    @property
    def family(self) -> Family:
        """The family that the update moves."""
        return self.update.family


def picker(indices: list[int]) -> Callable[[Labels], Labels]:
    """Make a function that picks values by their indices."""
    if len(indices) > 1:
        return itemgetter(*indices)
    return lambda values: tuple(values[index] for index in indices)


@dataclass(slots=True)
class Cells:
    """The cells of one rule. `agent` is the index of the label `agent`, None without one."""

    book: SeriesBook
    slots: tuple[Slot, ...]
    size: int
    last_event: Family | None
    agent: int | None
    cells: dict[object, Cell] = field(default_factory=dict)

    def miss(self, key: object, values: Labels) -> Cell:
        """Make the cell of a set of labels that was not seen before."""
        cell: Cell = [None] * self.size
        cell[LAST], cell[EVENTS], cell[VALUES] = NO_TIME, 0, values
        for slot in self.slots:
            labels = slot.labels(values)
            if slot.update.verb == "inc":
                self.book.touch(slot.family.name, labels)
            elif slot.update.verb == "set":
                cell[slot.at] = self._shared(slot, labels)
        self.cells[key] = cell
        return cell

    def _shared(self, slot: Slot, labels: Labels) -> Level | State:
        family = slot.family
        if family.type == "gauge":
            return self.book.level(family, labels)
        if family.type == "info":
            kept = zip(family.labels, labels, strict=True)
            return self.book.state(family, tuple(v for k, v in kept if k not in family.replaced))
        return self.book.state(family, labels)

    def begin(self, cell: Cell, number: int) -> Cell:
        """Give a slot its zero when its first amount comes; a rejected amount makes no series."""
        slot = self.slots[number]
        self.book.touch(slot.family.name, slot.labels(cell[VALUES]))
        if slot.update.verb == "observe":
            cell[slot.at] = [0] * (len(slot.family.buckets) + 1)
            cell[slot.at + 1] = 0
        else:
            cell[slot.at] = 0
        return cell

    def project(self, snapshot: Snapshot) -> None:
        """Add what the cells hold to their families' series."""
        for cell in self.cells.values():
            values = cell[VALUES]
            if self.agent is not None and self.last_event and cell[LAST] is not NO_TIME:
                at = cell[LAST].timestamp()
                snapshot.highest(self.last_event, (values[self.agent],), at)
            for slot in self.slots:
                self._project(slot, cell, slot.labels(values), snapshot)

    def _project(self, slot: Slot, cell: Cell, labels: Labels, snapshot: Snapshot) -> None:
        verb, (multiply, divide) = slot.update.verb, slot.update.scale
        if verb == "inc":
            amount = cell[EVENTS] * MONEY if slot.family.unit == "usd" else cell[EVENTS]
            snapshot.add(slot.family, labels, amount)
        elif verb == "set" or cell[slot.at] is None:
            return
        elif verb == "observe":
            total = Fraction(cell[slot.at + 1]) * multiply / divide
            snapshot.observe(slot.family, labels, cell[slot.at], total)
        else:
            amount = cell[slot.at] * multiply
            exact = Fraction(amount) / divide if divide != 1 else amount
            snapshot.add(slot.family, labels, exact)
