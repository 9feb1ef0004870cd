"""A spec's sources put together: read by a pipeline, kept by a checkpoint, shown to scrapes."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

from exporter.commit import Committer
from exporter.mapping.cards import Prices
from exporter.mapping.engine import CompiledMapping
from exporter.mapping.ledger import REJECTS_TOTAL, Ledger
from exporter.mapping.plan import estimates
from exporter.model import LINE, Reject, SourceStatus, Status
from exporter.pipeline import Lane, Pipeline, Turns
from exporter.state import State
from exporter.store.exposition import (
    CONTENT_TYPE_OPENMETRICS,
    CONTENT_TYPE_PLAIN,
    exposition,
    families_of,
    gauges,
    wants_openmetrics,
)
from exporter.store.running_time import RunningTime
from exporter.store.sessions import Sessions
from exporter.store.store import Limit, Store
from exporter.store.views import ViewTable
from exporter.streams import Stream, how_read, open_stream
from spec.model import SERIES_LIMIT, TopSessions
from spec.prices import PriceList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from exporter.checkpoint import Checkpoint
    from exporter.commit import CommitStatus
    from exporter.mapping.samples import Samples
    from exporter.model import Durable
    from exporter.store.exposition import Shown
    from exporter.store.label_text import Labels
    from spec.model import Family, View
    from spec.model import Source as Declared

_UNLIMITED = Limit(2**62)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the exporter is to know besides its sources; times in seconds.

    `series_limit` is for all families together. `born_at_zero`: how long a new series shows 0;
    with 0, as for a single reading, it shows its value at once. `serves`: somebody will scrape.
    `sessions` says which of them are shown, `prices` what tokens cost where no log tells. `views`
    are our counters under the names of others.
    """

    fleet: str
    version: str
    born_at_zero: float = 0.0
    gauges_expire: float = float("inf")
    series_limit: int = SERIES_LIMIT
    serves: bool = False
    sessions: TopSessions = field(default_factory=TopSessions)
    prices: PriceList = field(default_factory=PriceList)
    views: tuple[View, ...] = ()


class _Asked(TypedDict):
    openmetrics: bool
    names: Sequence[str]


class Exporter:
    """Everything between the logs and the scrape, wired; nothing runs yet."""

    def __init__(
        self,
        settings: Settings,
        sources: Iterable[Declared],
        families: Mapping[str, Family],
        checkpoint: Checkpoint | None = None,
        *,
        kept: Mapping[str, Stream] | None = None,
        spools: Path | None = None,
        live: Callable[[], Mapping[str, Mapping[Labels, float]]] = dict,
        running: RunningTime | None = None,
    ) -> None:
        """Compile the mappings, and take up what the checkpoint holds.

        `kept` are streams of an exporter that this one takes over from: those that are read in the
        same way go on as they are. `spools` is where pushes are kept. `live` gives values of more
        gauges, by family. `running` is the running time where it is not that of this machine.

        Raises:
            CheckpointError: it is damaged.
            ListenError, SpoolError, SpecError: a push can't be received.
        """
        self._spools, self._more = spools, live
        self._kept, self._streams = dict(kept or {}), dict[str, Stream]()
        self._samples: dict[str, Samples] = {}
        self._engines: list[CompiledMapping] = []
        self._settings, self._families, self._started = settings, families, time.monotonic()
        self._lock = threading.Lock()
        self._running = running or RunningTime()
        self._own = self._store(Limit(_UNLIMITED.most), {})
        limit = Limit(settings.series_limit)
        self._declared = declared = tuple(sources)
        # Sources with the same constant labels write the same series.
        self._stores: dict[str, Store] = {}
        for source in declared:
            if (key := _key(source.labels)) not in self._stores:
                self._stores[key] = self._store(limit, source.labels)
        self._views = [
            ViewTable(view, store) for view in settings.views for store in self._stores.values()
        ]
        self._sessions = self._of_sessions()
        self._prices = Prices(settings.prices)
        self._priced_as_of = self._prices.as_of if _estimates(declared) else None
        try:
            self._turns = [Turns(self._lane(source)) for source in declared]
        except BaseException:
            for name, stream in self._streams.items():
                if self._kept.get(name) is not stream:
                    stream.close()
            raise
        state = State(self._parts())
        if checkpoint is not None:
            running_on = {self._position(turns.lane) for turns in self._turns if turns.lane.kept}
            state.restore(checkpoint.load(), but=running_on)
        lanes = [(turns.lane.source, turns.lane.engine) for turns in self._turns]
        self.committer = Committer(
            state, checkpoint, tuple(self._stores.values()), self._own, lanes, self._lock,
            gauges_expire=settings.gauges_expire, sessions=self._sessions,
        )  # fmt: skip
        self.committer.show()
        self.pipeline = Pipeline(self._turns, self.committer, running=self._running)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The sources with their engines, in the order in which they were declared."""
        return tuple(turns.lane for turns in self._turns)

    @property
    def engines(self) -> tuple[CompiledMapping, ...]:
        """The mappings at work, in the same order."""
        return tuple(self._engines)

    @property
    def stores(self) -> tuple[Store, ...]:
        """The agents' series."""
        return tuple(self._stores.values())

    def _store(self, limit: Limit, labels: Mapping[str, str]) -> Store:
        return Store(
            self._families,
            limit,
            self._running,
            constants=labels,
            born_at_zero=self._settings.born_at_zero,
        )

    def _of_sessions(self) -> Sessions | None:
        """Follow sessions where they are wanted and some mapping tells them apart."""
        shown = self._settings.sessions
        told = any(mapping.session for source in self._declared for mapping in source.mappings)
        if not (shown.keep and told):
            return None
        constants = {key: store.constants for key, store in self._stores.items()}
        return Sessions(self._families, constants, shown)

    def _lane(self, source: Declared) -> Lane:
        key = _key(source.labels)
        ledger = Ledger(
            source.name,
            self._stores[key],
            self._own,
            declares=self._settings.serves,
            sessions=self._sessions,
            name=key,
        )
        engine = CompiledMapping(
            source.mappings,
            self._families,
            ledger,
            self._running,
            wrapped=source.wrapped,
            prices=self._prices,
        )
        was = self._kept.get(source.name)
        goes_on = was is not None and was.how == how_read(source)
        stream = was if was and goes_on else open_stream(source, self._spools)
        self._streams[source.name] = stream
        self._samples[source.name] = engine.samples
        self._engines.append(engine)
        return Lane(source.name, stream.source, engine, kept=goes_on)

    @staticmethod
    def _position(lane: Lane) -> str:
        return f"positions:{type(lane.source).__name__}:{lane.name}"

    def _parts(self) -> dict[str, Durable]:
        """Name what a checkpoint holds."""
        parts: dict[str, Durable] = {"running": self._running, "own": self._own}
        for key, store in self._stores.items():
            parts[f"series:{key}"] = store
        if self._sessions is not None:
            parts["sessions"] = self._sessions
        for turns in self._turns:
            lane = turns.lane
            parts[self._position(lane)] = lane.source
            parts[f"memory:{lane.name}"] = lane.engine
            parts[f"history:{lane.name}"] = turns
        return parts

    def metrics(self, accept: str = "", names: Sequence[str] = ()) -> tuple[str, bytes]:
        """Give the content type and body of a scrape, by its Accept header.

        While history is read, the agents' families are left out: old logs must not look like an
        increase. `names` are those of the families that are wanted; without any, all are.
        """
        openmetrics = wants_openmetrics(accept)
        history = self.pipeline.history
        with self._lock:
            agents = [] if history else self._tables()
            asked: _Asked = {"openmetrics": openmetrics, "names": names}
            now = self._running()
            own = [
                *families_of(self._own.all_tables(), now, **asked),
                *gauges(self._live(), self._families, names=names),
            ]
            families = [*families_of(agents, now, **asked), *sorted(own)]
            body = exposition(families, openmetrics=openmetrics)
        return CONTENT_TYPE_OPENMETRICS if openmetrics else CONTENT_TYPE_PLAIN, body

    def _tables(self) -> list[Shown]:
        """Give the agents' families, those of one name together."""
        tables: list[Shown] = [*self._views]
        for store in self._stores.values():
            tables += store.all_tables()
        if self._sessions is not None:
            tables += self._sessions.tops
        return sorted(tables, key=lambda table: table.family.name)

    def status(self) -> Status:
        """Gather what the status page shows."""
        return Status(
            self._settings.version,
            self._settings.fleet,
            time.monotonic() - self._started,
            tuple(self._source_status(turns) for turns in self._turns),
            self._series(),
            reading=self.pipeline.reading,
            failure=self.committer.failure,
        )

    def let_go(self, but: Iterable[Declared]) -> dict[str, Stream]:
        """Close the streams that are not wanted, or wanted otherwise; give the others."""
        wanted = {source.name: how_read(source) for source in but}
        kept = {
            name: stream for name, stream in self._streams.items() if wanted.get(name) == stream.how
        }
        for name, stream in self._streams.items():
            if name not in kept:
                stream.close()
        return kept

    def start(self, stop: threading.Event, ended: threading.Event) -> threading.Thread:
        """Receive and read, until `stop` is set; `ended` is set where reading breaks off."""
        for name, stream in self._streams.items():
            if self._kept.get(name) is not stream:
                stream.start()
                self._kept[name] = stream
        return self.pipeline.start(stop, ended)

    def close(self) -> None:
        """Give back what the streams hold."""
        for stream in self._streams.values():
            stream.close()

    def _live(self) -> dict[str, Mapping[Labels, float]]:
        """Gather what is true of this moment only."""
        sources = [(turns.lane.name, turns.lane.source) for turns in self._turns]
        return {
            "agentgauge_build_info": {(self._settings.version,): 1},
            "agentgauge_catching_up": {
                (name,): int(self.pipeline.catching_up(name)) for name, _ in sources
            },
            "agentgauge_files": {(name,): source.streams() for name, source in sources},
            "agentgauge_lag_bytes": {(name,): source.lag() for name, source in sources},
            "agentgauge_lag_seconds": {(name,): source.lag_seconds() for name, source in sources},
            "agentgauge_series": self._held(),
            **(
                {"agentgauge_prices_timestamp_seconds": {(): self._priced_as_of}}
                if self._priced_as_of is not None
                else {}
            ),
            **(_of_commits(self.committer.status) if self._settings.serves else {}),
            **self._more(),
        }

    def _held(self) -> dict[Labels, float]:
        """Count the series of each family."""
        held: dict[Labels, float] = {}
        for table in self._tables():
            if count := table.visible():
                name = table.family.name
                held[name,] = held.get((name,), 0) + count
        return dict(sorted(held.items()))

    def _series(self) -> dict[str, int]:
        with self._lock:
            return {name: int(count) for (name,), count in self._held().items()}

    def _source_status(self, turns: Turns) -> SourceStatus:
        name, source = turns.lane.name, turns.lane.source
        lines = self._own.values("agentgauge_lines_total")
        rejects = self._own.values(REJECTS_TOTAL)
        samples = self._samples[name]
        return SourceStatus(
            name=name,
            lines={outcome: n for (of, outcome), n in lines.items() if of == name},
            streams=source.streams(),
            lag=source.lag(),
            late=source.lag_seconds(),
            catching_up=self.pipeline.catching_up(name),
            rejects=tuple(
                Reject(rule, why, n, samples.text(why) if rule == LINE else "")
                for (of, rule, why), n in sorted(rejects.items())
                if of == name
            ),
        )


def _estimates(sources: Iterable[Declared]) -> bool:
    """Tell whether any event is priced."""
    mappings = (mapping for source in sources for mapping in source.mappings)
    return any(estimates(event) for mapping in mappings for event in mapping.events)


def _of_commits(commits: CommitStatus) -> dict[str, dict[Labels, float]]:
    return {
        "agentgauge_checkpoint_age_seconds": {(): commits.age},
        "agentgauge_checkpoint_bytes": {(): commits.bytes},
        "agentgauge_checkpoint_duration_seconds": {(): commits.took},
    }


def _key(labels: Mapping[str, str]) -> str:
    """Name the series of sources that share their constant labels."""
    return json.dumps(dict(sorted(labels.items())))
