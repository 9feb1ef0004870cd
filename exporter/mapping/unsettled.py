"""Observations that are not final yet: a later line may tell larger numbers of the same thing."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from exporter.mapping.cells import scaled
from exporter.mapping.memory import Key, Memory
from exporter.store.series import OVERFLOW
from spec.mapping import UNSETTLED, UNSETTLED_FOR

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.mapping.cells import Slot
    from exporter.mapping.ledger import Ledger
    from exporter.model import Plain
    from exporter.store.label_text import Labels
    from exporter.store.series import Histogram

Amounts: TypeAlias = "tuple[int | float | None, ...]"
"""What each slot observes; None where nothing was told."""


class Unsettled(NamedTuple):
    """What is known of a key: amounts, the labels of each, when it was told, and if as history."""

    amounts: Amounts
    labels: tuple[Labels, ...]
    clock: float
    history: bool


class Settling(Memory[Unsettled]):
    """Observations of a rule that counts the largest numbers of each key, until they are final.

    A histogram can't take an observation back. So it is made when nothing new was told for
    UNSETTLED_FOR seconds of running time, or when more than UNSETTLED keys are younger. What comes
    still later is added to the sum alone.
    """

    def __init__(
        self,
        slots: Sequence[Slot],
        ledger: Ledger,
        bounds: Sequence[Sequence[float]],
        clock: Callable[[], float],
    ) -> None:
        """Make it empty. `bounds` are the buckets of each slot, in the unit of the log."""
        super().__init__(UNSETTLED)
        self.slots, self.ledger, self.bounds, self.clock = slots, ledger, bounds, clock

    def tell(self, key: Key, values: Labels, amounts: Amounts, *, first: bool) -> None:
        """Take what a line adds to a key; without a key it is final at once."""
        known: Unsettled | None = self._entries.get(key)
        history = self.ledger.history
        if known is not None:
            amounts = tuple(map(_sum, known.amounts, amounts))
            self.touch(key, Unsettled(amounts, known.labels, self.clock(), history))
            return
        told = Unsettled(amounts, self._labels(values), self.clock(), history)
        if first and key is not None:
            self.touch(key, told)
        else:
            self._observe(told, count=int(first))

    def settle(self, now: float) -> None:
        """Observe what nothing new was told of for long enough."""
        self._settle(key for key, one in self.items() if now - one.clock > UNSETTLED_FOR)

    def settle_history(self) -> None:
        """Observe what was told as history, before anybody looks."""
        self._settle(key for key, one in self.items() if one.history)

    def settle_all(self) -> None:
        """Observe everything: nothing comes any more."""
        self._settle(key for key, _ in self.items())

    def evict(self, key: Key) -> None:
        """Observe a key for want of room; nothing is lost by that."""
        told = self.remove(key)
        if told is not None:
            self._observe(told, count=1)

    def plain(self, value: Unsettled) -> Plain:
        """Give it as a checkpoint holds it."""
        amounts = [str(n) if isinstance(n, int) else n for n in value.amounts]
        return [amounts, value.labels, value.clock, value.history]

    def value(self, plain: Plain) -> Unsettled:
        """Take it from a checkpoint."""
        amounts, labels, clock, history = plain
        told = tuple(int(n) if isinstance(n, str) else n for n in amounts)
        return Unsettled(told, tuple(map(tuple, labels)), clock, history)

    def _settle(self, keys: Any) -> None:  # noqa: ANN401 (an iterable of keys)
        for key in list(keys):
            self.evict(key)

    def _labels(self, values: Labels) -> tuple[Labels, ...]:
        return tuple(slot.labels(values) for slot in self.slots)

    def _observe(self, told: Unsettled, *, count: int) -> None:
        for slot, bounds, labels, amount in zip(
            self.slots, self.bounds, told.labels, told.amounts, strict=True
        ):
            if amount is None:
                continue
            series: Histogram
            series, _ = self.ledger.total(slot.family, labels, slot.free)  # type: ignore[assignment] # of its kind
            counts = [0] * (len(bounds) + 1)
            counts[bisect_left(bounds, amount)] = count
            series.observe(counts, scaled(amount, slot.update.scale))
            self.ledger.changed(slot.family, series)
            if OVERFLOW in series.labels:
                self.ledger.overflowed(slot.family, 1)


def _sum(known: float | None, more: float | None) -> float | None:
    if known is None or more is None:
        return more if known is None else known
    return known + more
