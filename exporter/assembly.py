"""A spec's sources put together: read by a pipeline, shown by a registry, told by a status page."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from exporter.mapping.engine import CompiledMapping
from exporter.model import Reject, SourceStatus, Status
from exporter.pipeline import FairLock, Lane, Pipeline
from exporter.sources.file import FileSource
from exporter.sources.stdin import StdinSource
from exporter.store.collector import FleetCollector
from exporter.store.series import Now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.model import Counts, Source
    from exporter.store.series import Snapshot
    from spec.model import Family
    from spec.model import Source as Declared


@dataclass(frozen=True, slots=True)
class WatchedSource:
    """A source with its engine, as collector and status page see it."""

    name: str
    labels: Mapping[str, str]
    lane: Lane
    mapping: CompiledMapping
    pipeline: Pipeline

    def snapshot(self) -> Snapshot:
        """Give its series."""
        return self.mapping.snapshot()

    def counts(self) -> Counts:
        """Tell what became of its lines."""
        return self.mapping.counts()

    def lag(self) -> int:
        """Bytes not yet read."""
        return self.lane.source.lag()

    def files(self) -> int:
        """Files followed."""
        return self.lane.source.streams()

    def catching_up(self) -> bool:
        """Whether history is still being read."""
        return self.pipeline.catching_up(self.name)


class Exporter:
    """Everything between the logs and the scrape, wired; nothing runs yet."""

    def __init__(
        self,
        fleet: str,
        sources: Iterable[Declared],
        families: Mapping[str, Family],
        version: str,
        *,
        born_at_zero: float = 0.0,
    ) -> None:
        """Compile the mappings. `born_at_zero` is in seconds, 0 for a single reading."""
        self._fleet, self._version, self._started = fleet, version, time.monotonic()
        self._lock = FairLock()
        declared = tuple(sources)
        # Sources with the same constant labels write the same series: the latest event wins.
        shared: defaultdict[tuple[tuple[str, str], ...], Now] = defaultdict(Now)
        mappings = [
            CompiledMapping(
                source.mappings,
                families,
                born_at_zero=born_at_zero,
                now=shared[tuple(sorted(source.labels.items()))],
            )
            for source in declared
        ]
        lanes = [
            Lane(source.name, _stream(source), mapping)
            for source, mapping in zip(declared, mappings, strict=True)
        ]
        self.pipeline = Pipeline(lanes, self._lock)
        self._watched = tuple(
            WatchedSource(source.name, source.labels, lane, mapping, self.pipeline)
            for source, lane, mapping in zip(declared, lanes, mappings, strict=True)
        )
        self.registry = CollectorRegistry()
        self.collector = FleetCollector(self._watched, families, self._lock, version)
        self.registry.register(self.collector)

    def status(self) -> Status:
        """Gather what the status page shows."""
        with self._lock:
            sources = tuple(_source_status(watched) for watched in self._watched)
            series: Counter[str] = Counter()
            for _, snapshot in self.collector.snapshots():
                series.update(snapshot.sizes())
        uptime = time.monotonic() - self._started
        return Status(self._version, self._fleet, uptime, sources, dict(sorted(series.items())))


def _source_status(watched: WatchedSource) -> SourceStatus:
    counts = watched.counts()
    return SourceStatus(
        name=watched.name,
        lines=counts.lines,
        streams=watched.files(),
        lag=watched.lag(),
        catching_up=watched.catching_up(),
        rejects=tuple(Reject(rule, why, n) for (rule, why), n in sorted(counts.rejects.items())),
    )


def _stream(source: Declared) -> Source:
    if not source.files:
        return StdinSource()
    return FileSource(source.files, source.mappings[0].files)
