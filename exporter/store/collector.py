"""The series as prometheus-client collects them: agents' families, then the exporter's own."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol, TypeAlias

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector

from exporter.store.series import MONEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from prometheus_client.core import Metric

    from exporter.model import Counts
    from exporter.store.series import Histogram, Labels, Snapshot
    from spec.model import Family

LabelNames: TypeAlias = tuple[str, ...]


class Watched(Protocol):
    """A source as the collector sees it: what it has counted, and how far it is behind."""

    @property
    def name(self) -> str:
        """Its name in the spec."""
        ...

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels that every series of it carries."""
        ...

    def snapshot(self) -> Snapshot:
        """Its series."""
        ...

    def counts(self) -> Counts:
        """What became of its lines."""
        ...

    def lag(self) -> int:
        """Bytes not yet read."""
        ...

    def files(self) -> int:
        """Files followed."""
        ...

    def catching_up(self) -> bool:
        """Whether history is still being read."""
        ...


class FleetCollector(Collector):
    """Yields every family of every source, sorted, so that the same state gives the same text.

    While any source reads history, the agents' families are left out: old logs must not look
    like an increase.
    """

    def __init__(
        self,
        sources: Iterable[Watched],
        families: Mapping[str, Family],
        lock: AbstractContextManager[object],
        version: str,
    ) -> None:
        """`lock` guards the sources' series: it is held while they are copied, not written."""
        self._sources, self._families = tuple(sources), families
        self._lock, self._version = lock, version

    def describe(self) -> Iterable[Metric]:
        """Nothing is known before the first scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Copy the state, then write it."""
        with self._lock:
            catching_up = any(source.catching_up() for source in self._sources)
            snapshots = [] if catching_up else self.snapshots()
            own = self._own()
        yield from _metrics(snapshots, self._families)
        series: Counter[str] = Counter()
        for _, snapshot in snapshots:
            series.update(snapshot.sizes())
        own["agentgauge_series"] = {(name,): count for name, count in series.items()}
        for name in sorted(own):
            yield _numbers(self._families[name], [({}, own[name])])

    def snapshots(self) -> list[tuple[Mapping[str, str], Snapshot]]:
        """Give all series, those of sources with the same constant labels together.

        The caller holds the lock.
        """
        joined: dict[tuple[tuple[str, str], ...], Snapshot] = {}
        for source in self._sources:
            constants = tuple(sorted(source.labels.items()))
            if constants in joined:
                joined[constants].join(source.snapshot(), self._families)
            else:
                joined[constants] = source.snapshot()
        return [(dict(constants), snapshot) for constants, snapshot in joined.items()]

    def _own(self) -> dict[str, dict[Labels, float]]:
        """Gather the exporter's own metrics."""
        own: defaultdict[str, dict[Labels, float]] = defaultdict(dict)
        own["agentgauge_build_info"][self._version,] = 1
        for source in self._sources:
            counts = source.counts()
            for outcome, number in counts.lines.items():
                own["agentgauge_lines_total"][source.name, outcome] = number
            for (rule, reason), number in counts.rejects.items():
                shown = 0 if (rule, reason) in counts.young else number
                own["agentgauge_rejects_total"][source.name, rule, reason] = shown
            for rule, number in counts.evictions.items():
                own["agentgauge_evictions_total"][source.name, rule] = number
            own["agentgauge_bytes_total"][source.name,] = counts.bytes
            own["agentgauge_lag_bytes"][source.name,] = source.lag()
            own["agentgauge_files"][source.name,] = source.files()
            own["agentgauge_catching_up"][source.name,] = int(source.catching_up())
        return own


def _metrics(
    snapshots: list[tuple[Mapping[str, str], Snapshot]], families: Mapping[str, Family]
) -> Iterator[Metric]:
    names = {name for _, s in snapshots for part in (s.numbers, s.histograms) for name in part}
    for name in sorted(names):
        family = families[name]
        if family.type == "histogram":
            yield _histograms(family, [(c, s.histograms.get(name, {})) for c, s in snapshots])
        else:
            yield _numbers(family, [(c, s.numbers.get(name, {})) for c, s in snapshots])


def _numbers(
    family: Family, parts: list[tuple[Mapping[str, str], Mapping[Labels, float | Fraction]]]
) -> Metric:
    make: Callable[..., CounterMetricFamily | GaugeMetricFamily] = (
        CounterMetricFamily if family.type == "counter" else GaugeMetricFamily
    )
    whole = MONEY if family.unit == "usd" and family.type == "counter" else 1
    metric = make(family.name, family.help)
    suffix = "_total" if family.type == "counter" else ""
    for constants, series in parts:
        for labels in sorted(series):
            value = float(Fraction(series[labels]) / whole) if whole != 1 else float(series[labels])
            metric.add_sample(metric.name + suffix, _named(family, labels, constants), value)
    return metric


def _histograms(
    family: Family, parts: list[tuple[Mapping[str, str], Mapping[Labels, Histogram]]]
) -> Metric:
    metric = HistogramMetricFamily(family.name, family.help)
    bounds = [*(repr(float(b)) for b in family.buckets), "+Inf"]
    for constants, series in parts:
        for labels in sorted(series):
            named = _named(family, labels, constants)
            count = 0
            for bound, more in zip(bounds, series[labels].counts, strict=True):
                count += more
                metric.add_sample(f"{family.name}_bucket", {**named, "le": bound}, count)
            metric.add_sample(f"{family.name}_count", named, count)
            metric.add_sample(f"{family.name}_sum", named, float(series[labels].sum))
    return metric


def _named(family: Family, labels: Labels, constants: Mapping[str, str]) -> dict[str, str]:
    return {**dict(zip(family.labels, labels, strict=True)), **constants}
