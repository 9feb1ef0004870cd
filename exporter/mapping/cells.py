"""Fused accumulators: one cell per set of labels of an event, emptied into the series at a commit.

An event that moves five families costs one look-up of its labels and a few additions in a list.
Cells are buffers: between two commits they may be thrown away and made again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from exporter.store.numbers import MONEY
from exporter.store.series import OVERFLOW, Exemplar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from exporter.mapping.cards import Card
    from exporter.mapping.ledger import Ledger
    from exporter.mapping.pricing import Bill, Pricing
    from exporter.store.label_text import Labels
    from exporter.store.numbers import Number
    from exporter.store.series import Counter, Histogram, Level, State
    from spec.mapping import Update
    from spec.model import Family

Cell: TypeAlias = list[Any]
"""[time of the newest event, events since the last commit, label values, series (the time of the
agent's newest event, one a slot, and how tokens are priced), an event's id for exemplars, then the
slots of the updates]."""

LAST, EVENTS, VALUES, SERIES, EXEMPLAR, FIRST_SLOT = 0, 1, 2, 3, 4, 5
# Before every event, in whatever zone: a cell that has seen no event with a time.
NO_TIME = datetime.min.replace(tzinfo=timezone(timedelta(hours=23, minutes=59)))
# A longer label value is cut: it would be copied into every line of every scrape.
LONGEST_LABEL = 1024
# Of an exemplar's label, name and value together: OpenMetrics allows no more.
LONGEST_EXEMPLAR = 128


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an update's amount is in a cell. `labels` makes its series' label values.

    Increments share the cell's count of events; a histogram has its counts at `at`, its sum after.
    `free` are the places of labels that may hold anything, and so may become too many. `traced`:
    a histogram keeps its last value too, for an exemplar.
    """

    update: Update
    at: int
    labels: Callable[[Labels], Labels]
    free: tuple[int, ...] = ()
    traced: bool = False

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
    """The cells of one rule. `agent` is the index of the label `agent`, None without one.

    `spilled` holds the cells of events whose labels had no room of their own, by their series.
    """

    ledger: Ledger
    slots: tuple[Slot, ...]
    size: int
    last_event: Family | None
    agent: int | None
    exemplar: str | None = None
    pricing: Pricing | None = None
    cells: dict[object, Cell] = field(default_factory=dict)
    spilled: dict[tuple[object, ...], Cell] = field(default_factory=dict)

    def miss(self, key: object, values: Labels, card: Card | None = None) -> Cell:
        """Give the cell of a set of labels that is not at hand. `card` prices its tokens."""
        short = tuple(v if len(v) <= LONGEST_LABEL else f"{v[:LONGEST_LABEL]}…" for v in values)
        last = self._last(short)
        series: list[Counter | Histogram | Level | State] = []
        spilled = short != values or bool(last and not last.attached)
        for slot in self.slots:
            labels = slot.labels(short)
            if slot.update.verb == "set":
                series.append(self.ledger.present(slot.family, self._own(slot, labels)))
                spilled = spilled or not series[-1].attached  # type: ignore[union-attr] # a gauge
            else:
                one, other = self.ledger.total(slot.family, labels, slot.free)
                series.append(one)
                spilled = spilled or other
        bill = self.pricing.bill(self.ledger, short, card) if self.pricing and card else None
        spilled = spilled or bool(bill and bill.spilled)
        if not spilled:
            cell = self.cells[key] = self._make(short, series, last, bill)
            return cell
        # Not under its own key, or a flood of labels would be a flood of cells.
        place: tuple[object, ...] = tuple(
            one.labels if one is not None and getattr(one, "attached", True) else None
            for one in (last, *series)
        )
        place += (bill and bill.key,)
        cell = self.spilled.get(place) or self._make(short, series, last, bill)
        self.spilled[place] = cell
        return cell

    def _last(self, values: Labels) -> Level | None:
        """Give the gauge that holds the time of an agent's newest event."""
        if self.agent is None or self.last_event is None:
            return None
        return self.ledger.present(self.last_event, (values[self.agent],))  # type: ignore[return-value] # a gauge

    def _make(
        self, values: Labels, series: list[Any], last: Level | None, bill: Bill | None
    ) -> Cell:
        cell: Cell = [NO_TIME, 0, values, (last, series, bill), None]
        cell += [None] * (self.size - FIRST_SLOT)
        for slot, one in zip(self.slots, series, strict=True):
            if slot.update.verb == "set":
                cell[slot.at] = one
        return cell

    def _own(self, slot: Slot, labels: Labels) -> Labels:
        """Leave out the labels that tell an info family's states apart."""
        family = slot.family
        if family.type != "info":
            return labels
        kept = zip(family.labels, labels, strict=True)
        return tuple(value for name, value in kept if name not in family.replaced)

    def begin(self, cell: Cell, number: int) -> Cell:
        """Give a slot its zero when its first amount comes; a rejected amount makes no series."""
        slot = self.slots[number]
        if slot.update.verb == "observe":
            cell[slot.at] = [0] * (len(slot.family.buckets) + 1)
            cell[slot.at + 1] = 0
        else:
            cell[slot.at] = 0
        return cell

    def events(self) -> int:
        """Count the events since the last time that they were emptied."""
        return sum(cell[EVENTS] for cell in self._moved())

    def drain(self) -> None:
        """Empty all cells into their series."""
        for cell in self._moved():
            self._drain_cell(cell)
            cell[EVENTS] = 0

    def clear(self) -> None:
        """Throw the cells away; they are empty."""
        self.cells.clear()
        self.spilled.clear()

    def _moved(self) -> Iterator[Cell]:
        yield from [cell for cell in self.cells.values() if cell[EVENTS]]
        yield from [cell for cell in self.spilled.values() if cell[EVENTS]]

    def _drain_cell(self, cell: Cell) -> None:
        ledger = self.ledger
        last, all_of, bill = cell[SERIES]
        if last is not None and self.last_event and cell[LAST] is not NO_TIME:
            last.set(cell[LAST].timestamp(), cell[LAST])
            ledger.changed(self.last_event, last)
        if bill is not None:
            self._price(cell, bill, all_of)
        for slot, series in zip(self.slots, all_of, strict=True):
            if slot.update.verb == "set":
                over = not series.attached
            else:
                over = OVERFLOW in series.labels
                if not self._drain_slot(slot, series, cell):
                    continue
            ledger.changed(slot.family, series)
            if over:
                ledger.overflowed(slot.family, cell[EVENTS])

    def _price(self, cell: Cell, bill: Bill, all_of: list[Any]) -> None:
        """Add what the cell's tokens cost, and count those that have no price."""
        ledger, pricing = self.ledger, self.pricing
        cost, unpriced = bill.total(cell)
        if pricing is not None and cost is not None:
            for place in pricing.places:
                slot, series = self.slots[place], all_of[place]
                series.add(cost)
                self._exemplify(series, cell, float(Fraction(cost) / MONEY))
                ledger.changed(slot.family, series)
                if OVERFLOW in series.labels:
                    ledger.overflowed(slot.family, cell[EVENTS])
        if pricing is not None and pricing.family and bill.unpriced is not None and unpriced:
            bill.unpriced.add(unpriced)
            ledger.changed(pricing.family, bill.unpriced)
            if OVERFLOW in bill.unpriced.labels:
                ledger.overflowed(pricing.family, cell[EVENTS])

    def _drain_slot(self, slot: Slot, series: Any, cell: Cell) -> bool:  # noqa: ANN401 (of the family's kind)
        """Empty one slot; tell whether the series has moved."""
        verb, scale, at = slot.update.verb, slot.update.scale, slot.at
        if verb == "inc":
            amount = cell[EVENTS]
            series.add(amount * MONEY if slot.family.unit == "usd" else amount)
            self._exemplify(series, cell, 1.0)
            return True
        amount = cell[at]
        if amount is None:
            return False
        if verb == "observe":
            if not any(amount):
                return False
            series.observe(amount, scaled(cell[at + 1], scale))
            if self.exemplar and cell[at + 2] is not None:
                self._exemplify(series, cell, float(scaled(cell[at + 2], scale)))
                cell[at + 2] = None
            cell[at], cell[at + 1] = [0] * len(amount), 0
            return True
        if amount or series.value is None:
            series.add(scaled(amount, scale))
            self._exemplify(series, cell, float(scaled(amount, scale)))
            cell[at] = 0
            return True
        return False

    def _exemplify(self, series: Counter | Histogram, cell: Cell, value: float) -> None:
        event = cell[EXEMPLAR]
        if self.exemplar and event and len(event) + len(self.exemplar) <= LONGEST_EXEMPLAR:
            time = None if cell[LAST] is NO_TIME else cell[LAST].timestamp()
            series.exemplar = Exemplar(self.exemplar, event, value, time)


def scaled(amount: Number, scale: tuple[int, int]) -> Number:
    """Take an amount to its family's base unit, exactly where it is a whole number."""
    multiply, divide = scale
    if divide == 1:
        return amount * multiply
    if isinstance(amount, int):
        exact = Fraction(amount * multiply, divide)
        return exact.numerator if exact.denominator == 1 else exact
    return amount * multiply / divide
