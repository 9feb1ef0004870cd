"""What the compiled rules work on: memories, cells, series and counts of one source."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exporter.mapping.memories import Memories
from exporter.mapping.values import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from exporter.mapping.cards import Prices
    from exporter.mapping.cells import Cells, Slot
    from exporter.mapping.ledger import Ledger
    from exporter.mapping.pairs import Pairs
    from exporter.mapping.plan import Plan, Rule
    from exporter.mapping.unsettled import Settling
    from exporter.model import Durable
    from exporter.store.label_text import Labels
    from exporter.store.series import Level
    from spec.model import Family


@dataclass(slots=True)
class Runtime:
    """The state of one source's mapping. `plan` says which rules there are.

    `last_event` and `unpriced` are families that no rule names: the time of an agent's newest
    event, and tokens without a price.
    """

    plan: Plan
    ledger: Ledger
    last_event: Family | None
    clock: Callable[[], float]
    prices: Prices
    unpriced: Family | None
    cells: dict[tuple[int, str | None], Cells] = field(default_factory=dict)
    memories: Memories = field(init=False)
    rejects: Counter[tuple[str, str]] = field(default_factory=Counter)
    evicted: Counter[str] = field(default_factory=Counter)
    memos: list[dict[Any, Any]] = field(default_factory=list)
    levels: dict[tuple[str, Labels], tuple[Family, Level]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.memories = Memories(self.plan, self.clock, self.in_progress)

    @property
    def open_pairs(self) -> dict[str, Pairs]:
        """The starts that wait for their ends."""
        return self.memories.open_pairs

    def settling(self, rule: Rule, slots: Sequence[Slot]) -> Settling:
        """Give the observations of a rule that are not final yet."""
        return self.memories.settling(rule, slots, self.ledger)

    @property
    def unsettled(self) -> Iterable[Settling]:
        """The observations of all rules that are not final yet."""
        return self.memories.unsettled.values()

    def durable_memories(self) -> dict[str, tuple[str, Durable]]:
        """Give all memories by their lasting names, each with what defines it."""
        return dict(self.memories.named)

    def reject(self, rule: int, reason: str) -> None:
        """Count what a rule could not use."""
        self.count_reject(self.plan.rules[rule].name, reason, 1)

    def count_reject(self, rule: str, reason: str, count: int) -> None:
        """Count what could not be used, until it is drained."""
        self.rejects[rule, reason] += count

    def in_progress(self, family: Family, labels: Labels) -> Level:
        """Give the level that counts open pairs."""
        known = self.levels.get((family.name, labels))
        if known is not None and known[1].attached:
            return known[1]
        level = self.ledger.present(family, labels)
        level.counts = True  # type: ignore[union-attr] # a gauge
        self.levels[family.name, labels] = family, level  # type: ignore[assignment] # the same
        return level  # type: ignore[return-value] # the same

    def applied(self) -> dict[str, int]:
        """Count the events that each rule was applied to since the last drain.

        A rule that moves nothing, and gives no agent, keeps no count.
        """
        counts: Counter[str] = Counter()
        for (place, _), cells in self.cells.items():
            counts[self.plan.rules[place].name] += cells.events()
        return dict(counts)

    def drain(self) -> None:
        """Empty cells, counts and levels into the series."""
        for cells in self.cells.values():
            cells.drain()
        for (rule, reason), count in self.rejects.items():
            self.ledger.reject(rule, reason, count)
        self.rejects.clear()
        for family, level in self.levels.values():
            if level.value != level.shown:
                self.ledger.changed(family, level)

    def evictions(self) -> list[tuple[str, int]]:
        """Give how many keys each rule has forgotten since the last call."""
        now = self.memories.evicted()
        more, self.evicted = now - self.evicted, now
        return list(more.items())

    def clear_cells(self) -> None:
        """Throw away the buffers and all that refers to them; they are drained."""
        for cells in self.cells.values():
            cells.clear()
        for memo in self.memos:
            memo.clear()
        self.levels = {key: pair for key, pair in self.levels.items() if pair[1].value}

    def any_number(
        self,
        read: Callable[[Any], Any],
        value: object,
        minus: tuple[object, ...],
        rule: int,
        skip_absent: bool,  # noqa: FBT001 (called by compiled code only)
    ) -> float | None:
        """Read a number and subtract others from it; None where it was skipped or rejected."""
        if value is None and skip_absent:
            return None
        read_all = [read(value), *(read(part) for part in minus if part is not None)]
        for one in read_all:
            if isinstance(one, str):
                self.reject(rule, one)
                return None
        top, *rest = read_all
        result = top - sum(rest) if rest else top
        checked = number(result)
        if isinstance(checked, str):
            self.reject(rule, checked)
            return None
        return checked

    def amount(
        self,
        read: Callable[[Any], Any],
        value: object,
        minus: tuple[object, ...],
        rule: int,
        skip_absent: bool,  # noqa: FBT001 (called by compiled code only)
    ) -> float | None:
        """Read a number that must not be negative, for a counter or histogram."""
        result = self.any_number(read, value, minus, rule, skip_absent)
        if result is not None and result < 0:
            self.reject(rule, "negative")
            return None
        return result
