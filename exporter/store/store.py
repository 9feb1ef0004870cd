"""All series that share their constant labels, by family, within limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.store.series import OVERFLOW, Level, State
from exporter.store.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.model import Plain
    from exporter.store.label_text import Labels
    from exporter.store.series import Counter, Histogram
    from spec.model import Family


@dataclass(slots=True)
class Limit:
    """How many series there may be in all, and how many there are."""

    most: int
    held: int = 0


class Store:
    """Tables of families. One thread changes it; `publish` and what reads texts need a lock.

    Beyond a family's limit, or that of all together, a counter's free label values become
    `__overflow__`, so that totals stay right; a gauge, which has no total, is not kept. A set of
    labels that is there already always has its place.
    """

    def __init__(
        self,
        families: Mapping[str, Family],
        limit: Limit,
        clock: Callable[[], float],
        *,
        constants: Mapping[str, str] | None = None,
        born_at_zero: float = 0.0,
    ) -> None:
        """Make it empty. `clock` is the running time; `born_at_zero` is in seconds."""
        self.tables: dict[str, Table] = {}
        self.constants = dict(constants or {})
        self._families = families
        self._limit = limit
        self._clock = clock
        self._born_at_zero = born_at_zero

    def table(self, family: Family) -> Table:
        """Give a family's table."""
        table = self.tables.get(family.name)
        if table is None:
            table = self.tables[family.name] = Table(family, self.constants)
        return table

    def all_tables(self) -> list[Table]:
        """Give all tables; from any thread."""
        return list(self.tables.values())

    def total(
        self, family: Family, labels: Labels, free: Sequence[int] = (), *, fresh: bool = True
    ) -> tuple[Any, bool]:
        """Give the counter or histogram with these labels, and whether it stands for others too.

        `free` are the places of labels that may hold anything. `fresh`: if it is new, it is shown
        at 0 first.
        """
        table = self.table(family)
        series = table.series.get(labels)
        if series is not None:
            return series, False
        if not free or self._fits(table):
            return self._make(table, labels, fresh=fresh), False
        instead = tuple(OVERFLOW if at in free else v for at, v in enumerate(labels))
        series = table.series.get(instead) or self._make(table, instead, fresh=fresh)
        return series, True

    def present(self, family: Family, labels: Labels) -> Level | State:
        """Give the gauge, or the state without its own label; a lone one if there is no room."""
        table = self.table(family)
        series: Level | State | None = table.series.get(labels)
        if series is not None:
            return series
        if self._fits(table):
            made: Level | State = self._make(table, labels, fresh=False)
            return made
        return (Level if family.type == "gauge" else State)(labels, attached=False)

    def changed(self, family: Family, series: Counter | Histogram | Level | State) -> None:
        """Note that a series moved: it is saved by the next commit, and then shown."""
        if isinstance(series, Level | State):
            if not series.attached:
                return
            series.touched = self._clock()
        self.table(family).changed[series.labels] = series

    def add(self, name: str, labels: Labels, amount: int, *, fresh: bool = False) -> None:
        """Add to a counter of the exporter's own."""
        family = self._families[name]
        if not amount and labels in self.table(family).series:
            return
        series, _ = self.total(family, labels, fresh=fresh)
        series.add(amount)
        self.changed(family, series)

    def values(self, name: str) -> dict[Labels, int]:
        """Give what the counters of one of the exporter's own families hold; from any thread."""
        table = self.tables.get(name)
        series = list(table.series.items()) if table else []
        return {labels: int(one.value or 0) for labels, one in series}

    def expire(self, age: float) -> int:
        """Remove gauges that were not set for so many seconds; give their number."""
        latest = self._clock() - age
        removed = sum(table.remove_unset_since(latest) for table in self.tables.values())
        self._limit.held -= removed
        return removed

    def save(self, *, whole: bool) -> Plain:
        """Give what changed, by family: what the family is, and its series."""
        saved = {
            name: [table.signature, rows]
            for name, table in self.tables.items()
            if (rows := table.saved(whole=whole))
        }
        return saved or None

    def restore(self, saved: Sequence[Plain]) -> None:
        """Take up what was saved; what the spec knows no more, or differently, is left out."""
        before = sum(len(table.series) for table in self.tables.values())
        for part in saved:
            for name, (signature, rows) in part.items():
                family = self._families.get(name)
                if family is not None and self.table(family).signature == signature:
                    self.table(family).restore(rows)
        self._limit.held += sum(len(table.series) for table in self.tables.values()) - before

    def publish(self) -> None:
        """Show what changed. It is safe in the checkpoint now, or there is none."""
        now = self._clock()
        for table in self.tables.values():
            table.publish(now, self._born_at_zero)

    def _fits(self, table: Table) -> bool:
        limit = self._limit
        return len(table.series) < table.family.limit and limit.held < limit.most

    def _make(self, table: Table, labels: Labels, *, fresh: bool) -> Any:  # noqa: ANN401 (of the family's kind)
        self._limit.held += 1
        return table.make(labels, fresh=fresh and self._born_at_zero > 0)
