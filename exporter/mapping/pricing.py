"""How the tokens of a cell become money when it is emptied, and which have no price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.mapping.cards import priced

if TYPE_CHECKING:
    from exporter.mapping.cards import Card
    from exporter.mapping.cells import Slot
    from exporter.mapping.ledger import Ledger
    from exporter.store.label_text import Labels
    from exporter.store.numbers import Number
    from exporter.store.series import Counter
    from spec.model import Family


@dataclass(frozen=True, slots=True)
class Bill:
    """How a cell's tokens become money: each slot's place in it, with the price of a token or None.

    `unpriced` counts tokens without a price; None where none can be, or nobody counts them.
    `spilled`: it counts those of other models, too.
    """

    rates: tuple[tuple[int, int | None], ...]
    unpriced: Counter | None = None
    spilled: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What tells cells apart that are billed differently."""
        return (self.rates, self.unpriced and self.unpriced.labels)

    def total(self, cell: list[Any]) -> tuple[Number | None, Number]:
        """Give what a cell's tokens cost, None if none has a price; and how many have none."""
        cost: Number | None = None
        unpriced: Number = 0
        for at, rate in self.rates:
            amount = cell[at]
            if amount is None:
                continue
            if rate is None:
                unpriced += amount
            else:
                cost = priced(amount, rate) + (cost or 0)
        return cost, unpriced


@dataclass(frozen=True, slots=True)
class Pricing:
    """What a rule's cells need to know: `places` are the updates that take what tokens cost.

    `tokens` are their slots, each with the place of its type among a cell's label values, where
    the model stands at `model`. `family` counts what has no price.
    """

    places: tuple[int, ...]
    tokens: tuple[tuple[Slot, int], ...]
    model: int
    family: Family | None

    def bill(self, ledger: Ledger, values: Labels, card: Card) -> Bill:
        """Make the bill of a cell with these labels."""
        rates = tuple(
            (slot.at, card.rates.get(slot.update.price_as or values[kind]))
            for slot, kind in self.tokens
        )
        if self.family is None or all(rate is not None for _, rate in rates):
            return Bill(rates)
        series, other = ledger.total(self.family, (values[self.model],), (0,))
        return Bill(rates, series, other)  # type: ignore[arg-type] # it is a counter
