"""A compiled mapping with the series that it moves, without a stream and without a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exporter.mapping.engine import CompiledMapping
from exporter.mapping.ledger import REJECTS_TOTAL, Ledger
from exporter.model import Block
from exporter.store.exposition import exposition, families_of
from exporter.store.running_time import RunningTime
from exporter.store.store import Limit, Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from exporter.mapping.cards import Prices
    from exporter.store.label_text import Labels
    from exporter.store.series import Histogram
    from spec.mapping import Mapping as Preset
    from spec.model import Family

SOURCE = "logs"


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: float = 100.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


@dataclass
class Snapshot:
    """All series at one moment: money in whole trillionths."""

    numbers: dict[str, dict[Labels, float | Fraction]] = field(default_factory=dict)
    histograms: dict[str, dict[Labels, Histogram]] = field(default_factory=dict)


class Compiled:
    """An engine with stores of its own, or with those of another."""

    def __init__(
        self,
        mappings: tuple[Preset, ...],
        families: Mapping[str, Family],
        *,
        beside: Compiled | None = None,
        labels: Mapping[str, str] | None = None,
        born_at_zero: float = 0.0,
        limit: int = 100_000,
        wrapped: str = "",
        declares: bool = False,
        prices: Prices | None = None,
    ) -> None:
        """Compile. `beside`: its series are those of the other, unless there are labels."""
        self.families = families
        self.clock: Clock = beside.clock if beside else Clock()
        self.running: RunningTime = beside.running if beside else RunningTime(self.clock)
        self.source: str = f"{beside.source}-2" if beside else SOURCE

        def store(most: int, constants: Mapping[str, str] | None = None) -> Store:
            return Store(
                families, Limit(most), self.running, constants=constants, born_at_zero=born_at_zero
            )

        self.store: Store = beside.store if beside and not labels else store(limit, labels)
        self.own: Store = beside.own if beside else store(10**9)
        ledger = Ledger(self.source, self.store, self.own, declares=declares)
        self.engine = CompiledMapping(
            mappings, families, ledger, self.running, wrapped=wrapped, prices=prices
        )

    def feed(self, *lines: str | bytes, stream: str = "log") -> None:
        """Let it take lines, in one block."""
        data = b"".join(one.encode() if isinstance(one, str) else one for one in _ended(lines))
        self.engine.apply(Block(stream, data))

    def commit(self) -> None:
        """Drain and show, as a commit does."""
        self.engine.drain()
        self.store.publish()
        self.own.publish()

    def text(self, *, openmetrics: bool = False) -> str:
        """Give the agents' exposition as it is now; shows what was not committed too."""
        self.commit()
        tables = [self.store.tables[name] for name in sorted(self.store.tables)]
        families = families_of(tables, self.running(), openmetrics=openmetrics)
        return exposition(families, openmetrics=openmetrics).decode()

    def shown(self) -> dict[str, float]:
        """Give the agents' samples, by name and labels."""
        lines = (line.rpartition(" ") for line in self.text().splitlines() if line[0] != "#")
        return {name: float(value) for name, _, value in lines}

    def own_shown(self) -> dict[str, float]:
        """Give the exporter's own samples."""
        self.commit()
        tables = [self.own.tables[name] for name in sorted(self.own.tables)]
        text = exposition(families_of(tables, self.running())).decode()
        lines = (line.rpartition(" ") for line in text.splitlines() if line[0] != "#")
        return {name: float(value) for name, _, value in lines}

    def lines(self) -> dict[str, int]:
        """Count its lines by what became of them."""
        self.engine.drain()
        values = self.own.values("agentgauge_lines_total").items()
        return {outcome: n for (source, outcome), n in values if source == self.source}

    def rejects(self) -> dict[tuple[str, str], int]:
        """Count what it rejected, by rule and reason."""
        self.engine.drain()
        values = self.own.values(REJECTS_TOTAL).items()
        return {(rule, why): n for (source, rule, why), n in values if source == self.source}

    def snapshot(self) -> Snapshot:
        """Give the true values of all series."""
        self.engine.drain()
        found = Snapshot()
        for name, table in self.store.tables.items():
            for labels, series in table.series.items():
                _take(found, name, table.family, labels, series)
        return found


def _take(found: Snapshot, name: str, family: Family, labels: Labels, series: object) -> None:
    numbers: dict[Labels, float | Fraction] = {}
    match family.type:
        case "histogram":
            if series.counts is not None:  # type: ignore[attr-defined] # a histogram
                found.histograms.setdefault(name, {})[labels] = series  # type: ignore[assignment] # the same
            return
        case "stateset":
            at = family.labels.index(family.state or "")
            for one in series.seen:  # type: ignore[attr-defined] # a state
                whole = (*labels[:at], str(one), *labels[at:])
                numbers[whole] = int(one == series.current)  # type: ignore[attr-defined] # the same
        case "info":
            if series.current is not None:  # type: ignore[attr-defined] # a state
                numbers[series.current] = 1  # type: ignore[attr-defined] # the same
        case _:
            if series.value is not None:  # type: ignore[attr-defined] # a counter or gauge
                numbers[labels] = series.value  # type: ignore[attr-defined] # the same
    if numbers:
        found.numbers.setdefault(name, {}).update(numbers)


def _ended(lines: tuple[str | bytes, ...]) -> list[str | bytes]:
    return [line + ("\n" if isinstance(line, str) else b"\n") for line in lines]  # type: ignore[operator] # each with its own
