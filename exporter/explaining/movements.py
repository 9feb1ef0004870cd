"""Which samples a record moved, and by how much: the series before and after."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from exporter.store.label_text import LabelText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exporter.store.label_text import Labels
    from exporter.store.store import Store
    from exporter.store.table import Table

_BUCKET = "_bucket{"


@dataclass(frozen=True, slots=True)
class Moved:
    """A sample with its labels, as in an exposition. Histograms are their count and sum.

    `added`: the value is what came to it; else it is what it was set to, None where others took
    its place.
    """

    sample: str
    value: Decimal | None
    added: bool

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.sample} is gone"
        # A sum of observations is a float, and so is what it was before.
        whole = self.value == self.value.to_integral_value()
        value = self.value if whole else Decimal(f"{self.value:.12g}")
        plain = f"{value.normalize():f}"
        if not self.added:
            return f"{self.sample} = {plain}"
        return f"{self.sample} {'' if value < 0 else '+'}{plain}"


class Movements:
    """Compares what a store shows with what it showed before."""

    def __init__(self, store: Store, constants: Mapping[str, str]) -> None:
        """`constants` are the labels that all series of the store carry."""
        self._store = store
        self._constants = constants
        self._before: dict[str, Decimal] = {}
        self._infos: dict[tuple[str, Labels], str] = {}

    def take(self) -> tuple[Moved, ...]:
        """Show what changed since the last call, and tell it."""
        changed = [
            (table, labels)
            for table in self._store.all_tables()
            for labels in table.changed
        ]  # fmt: skip
        self._store.publish()
        return tuple(moved for table, labels in changed for moved in self._of(table, labels))

    def _of(self, table: Table, labels: Labels) -> Iterator[Moved]:
        series, family = table.series[labels], table.family
        if not series.visible():
            return
        named = LabelText(family.labels, self._constants)
        adds = family.type in ("counter", "histogram")
        for line, _ in series.lines(family, named, young=False):
            if _BUCKET in line:
                continue
            sample, _, written = line.rpartition(" ")
            if family.type == "info":
                gone = self._infos.get((family.name, labels))
                self._infos[family.name, labels] = sample
                if gone is not None and gone != sample:
                    del self._before[gone]
                    yield Moved(gone, None, added=False)
            value, before = _number(written), self._before.get(sample)
            self._before[sample] = value
            if not adds:
                if value != before:
                    yield Moved(sample, value, added=False)
            elif before is None or value != before:
                yield Moved(sample, (value - (before or 0)).normalize(), added=True)


def _number(written: str) -> Decimal:
    """Read a sample's value, without the zeros that end it."""
    return Decimal(written).normalize()
