"""What moved since one looked last, as a scrape would see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.backfill.sampler import Seen, seen
from exporter.store.label_text import LabelText
from exporter.store.views import ViewTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exporter.store.series import Series
    from exporter.store.store import Store
    from exporter.store.table import Table
    from spec.model import View


class Movements:
    """Looks at stores, and at the views of them, which have the same numbers under other names."""

    def __init__(self, stores: Sequence[Store], views: Sequence[View]) -> None:
        """Nothing has moved yet."""
        self._stores = stores
        self._named: dict[int, LabelText] = {}
        self._views = [(view, store, ViewTable(view, store)) for view in views for store in stores]

    def take(self) -> list[Seen]:
        """Give what moved; it is published now."""
        moved = [
            (store, table, list(table.changed.values()))
            for store in self._stores
            for table in store.all_tables()
            if table.changed
        ]
        for store in self._stores:
            store.publish()
        found = [
            self._seen(store, table, series)
            for store, table, many in moved
            for series in many
            if series.visible()
        ]
        names = {(id(store), table.family.name) for store, table, _ in moved}
        for view, store, table in self._views:
            if {(id(store), view.of), (id(store), view.count)} & names:
                found += _seen_in(table)
        return found

    def _seen(self, store: Store, table: Table, series: Series) -> Seen:
        named = self._named.get(id(table))
        if named is None:
            named = self._named[id(table)] = LabelText(table.family.labels, store.constants)
        lines = series.lines(table.family, named, young=False)
        return seen(series, table.family, (line for line, _ in lines))


def _seen_in(table: ViewTable) -> Iterator[Seen]:
    """Part what a view shows into series: a histogram's have one bucket, the count and the sum."""
    lines = table.text(0.0).splitlines()
    size = 3 if table.family.type == "histogram" else 1
    for start in range(0, len(lines), size):
        few = lines[start : start + size]
        yield seen((id(table), few[0].rpartition(" ")[0]), table.family, few)
