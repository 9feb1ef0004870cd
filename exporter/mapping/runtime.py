"""What the compiled rules work on: memories, cells, series and counts of one source."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exporter.mapping.memory import Pairs, Seen, Streaks
from exporter.mapping.values import number

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.mapping.cells import Cells
    from exporter.mapping.plan import Plan, Rule
    from exporter.store.series import Labels, Level, SeriesBook
    from spec.model import Family


REJECTS = "agentgauge_rejects_total"


@dataclass(slots=True)
class Runtime:
    """The state of one source's mapping. `plan` says which rules there are."""

    plan: Plan
    book: SeriesBook
    last_event: Family | None
    clock: Callable[[], float]
    cells: dict[tuple[int, str | None], Cells] = field(default_factory=dict)
    memories: dict[int, Seen | Streaks] = field(default_factory=dict)
    open_pairs: dict[str, Pairs] = field(default_factory=dict)
    rejects: Counter[tuple[str, str]] = field(default_factory=Counter)

    def memory(self, rule: int, fresh: Any) -> Any:  # noqa: ANN401 (a Seen or a Streaks)
        """Give a rule's memory, the fresh one where it has none yet."""
        return self.memories.setdefault(rule, fresh)

    def pairs(self, rule: Rule) -> Pairs:
        """Give the pairs that a rule starts or ends."""
        name = rule.event.pair.name if rule.event.pair else rule.event.abandoned or ""
        key = f"{rule.mapping.name}.{name}"
        if key not in self.open_pairs:
            start = self.start_of(rule)
            within = start.event.pair.within if start.event.pair else 0.0
            self.open_pairs[key] = Pairs(within, self.clock)
        return self.open_pairs[key]

    def start_of(self, rule: Rule) -> Rule:
        """Find the rule that starts what this one ends."""
        name = rule.event.pair.name if rule.event.pair else rule.event.abandoned
        return next(
            other
            for other in self.plan.rules
            if other.mapping is rule.mapping
            and other.event.pair
            and other.event.pair.role == "start"
            and other.event.pair.name == name
        )

    def kept_index(self, rule: Rule, label: str) -> int:
        """Tell where a start keeps the value of a label."""
        return list(self.start_of(rule).event.labels).index(label)

    def reject(self, rule: int, reason: str) -> None:
        """Count what a rule could not use."""
        self.count_reject(self.plan.rules[rule].name, reason, 1)

    def count_reject(self, rule: str, reason: str, count: int) -> None:
        """Count what could not be used; a reason that is new is shown at 0 first, as all series."""
        self.book.touch(REJECTS, (rule, reason))
        self.rejects[rule, reason] += count

    def young_rejects(self) -> frozenset[tuple[str, str]]:
        """Name the rules and reasons that are still to be shown at 0."""
        return frozenset(key for key in self.rejects if self.book.is_young(REJECTS, key))

    def in_progress(self, family: Family, labels: Labels) -> Level:
        """Give the level that counts open pairs."""
        return self.book.level(family, labels)

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
