"""What a compiled mapping gives, in the oracle's terms, also over restarts."""

from __future__ import annotations

import math
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from exporter.mapping.engine import CompiledMapping
from exporter.mapping.ledger import Ledger
from exporter.model import Block
from exporter.store.sessions import Sessions
from exporter.store.store import Limit, Store
from spec.model import TopSessions
from tests.oracle.interpreter import Oracle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.model import Durable
    from spec.mapping import Mapping as Preset
    from spec.model import Family

STREAM = "agents/a.jsonl"
SOURCE = "test"
TRILLIONTHS = 10**12
Numbers: TypeAlias = dict[str, dict[tuple[str, ...], Any]]


@dataclass
class Snapshot:
    """Series by family and labels: numbers; and buckets with their sum."""

    numbers: Numbers = field(default_factory=dict)
    histograms: Numbers = field(default_factory=dict)


@dataclass
class Counts:
    """What the exporter says of itself."""

    lines: dict[str, int]
    rejects: dict[tuple[str, str], int]
    evictions: dict[str, int]


class Exporter:
    """One source's mapping with its series. `restart` goes on from what was committed."""

    def __init__(self, mappings: tuple[Preset, ...], families: Mapping[str, Family]) -> None:
        self._mappings, self._families = mappings, families
        self._saved: list[list[Any]] = []
        self._start()

    def _start(self) -> None:
        limit = Limit(1_000_000)
        self.store = Store(self._families, limit, lambda: 0.0)
        self.own = Store(self._families, limit, lambda: 0.0)
        self.sessions = Sessions(self._families, {"": {}}, TopSessions())
        ledger = Ledger(SOURCE, self.store, self.own, sessions=self.sessions)
        self.engine = CompiledMapping(self._mappings, self._families, ledger, lambda: 0.0)
        self.parts: tuple[Durable, ...] = (self.store, self.own, self.sessions, self.engine)

    def apply(self, block: Block) -> None:
        """Take a block."""
        self.engine.apply(block)

    def finish(self) -> None:
        """The end."""
        self.engine.finish()

    def commit(self, *, whole: bool = False) -> None:
        """Save what changed, as bytes; or everything, in place of all that was saved."""
        self.engine.drain()
        if whole:
            self._saved.clear()
        tables = (self.store, self.own, self.sessions)
        series = [part.save(whole=whole or not self._saved) for part in tables]
        memory = self.engine.save(whole=whole or not self._saved)
        written = msgspec.msgpack.decode(msgspec.msgpack.encode(memory))
        self._saved.append([*deepcopy(series), written])
        self.store.publish()
        self.own.publish()

    def restart(self) -> None:
        """Commit, and begin anew from all that was committed."""
        self.commit()
        self._start()
        for number, part in enumerate(self.parts):
            part.restore([one[number] for one in self._saved if one[number] is not None])

    def snapshot(self) -> Snapshot:
        """Give all series of the agents."""
        self.engine.drain()
        found = Snapshot()
        for name, table in self.store.tables.items():
            family = self._families[name]
            for labels, series in table.series.items():
                if family.type == "histogram":
                    if series.counts is not None:
                        found.histograms.setdefault(name, {})[labels] = series
                elif family.type in {"counter", "gauge"}:
                    if series.value is not None:
                        found.numbers.setdefault(name, {})[labels] = series.value
                elif family.type == "info" and series.current is not None:
                    found.numbers.setdefault(name, {})[series.current] = 1
                else:
                    for state in series.seen:
                        whole = list(labels)
                        whole.insert(family.labels.index(family.state), state)
                        now = int(state == series.current)
                        found.numbers.setdefault(name, {})[tuple(whole)] = now
        found.numbers |= self._leaders()
        return found

    def _leaders(self) -> Numbers:
        """Give the sessions that are shown."""
        found: Numbers = {}
        for name, leaders in self.sessions.leaders().items():
            one = TRILLIONTHS if name == "agent_session_cost_usd" else 1
            if leaders:
                found[name] = {key[1:]: Fraction(value) / one for key, value in leaders}
        return found

    def counts(self) -> Counts:
        """Give the exporter's own counters."""
        self.engine.drain()
        lines = self.own.values("agentgauge_lines_total")
        rejects = self.own.values("agentgauge_rejects_total")
        evictions = self.own.values("agentgauge_evictions_total")
        return Counts(
            {outcome: count for (_, outcome), count in lines.items()},
            {(rule, reason): count for (_, rule, reason), count in rejects.items()},
            {rule: count for (_, rule), count in evictions.items() if count},
        )


def agree(
    mappings: tuple[Preset, ...],
    families: Mapping[str, Family],
    blocks: Iterable[bytes],
    turns: Iterable[tuple[str, str]] = (),
) -> Exporter:
    """Let both read the blocks, and compare all that they say.

    `turns` tell for each block from which stream it is, and what happens after it: "commit",
    "whole", "restart", or nothing.
    """
    engine, oracle = Exporter(mappings, families), Oracle(mappings, dict(families))
    told = iter(turns)
    for data in blocks:
        stream, happens = next(told, (STREAM, ""))
        engine.apply(Block(stream, data))
        oracle.lines(stream, data)
        if happens == "restart":
            engine.restart()
        elif happens:
            engine.commit(whole=happens == "whole")
    _agree(engine, oracle, families)
    engine.finish()
    oracle.finish()
    _agree(engine, oracle, families)
    return engine


def _agree(engine: Exporter, oracle: Oracle, families: Mapping[str, Family]) -> None:
    counts = engine.counts()
    assert Counter(counts.lines) == oracle.totals.lines
    assert Counter(counts.rejects) == oracle.totals.rejects
    assert Counter(counts.evictions) == oracle.totals.evictions
    snapshot = engine.snapshot()
    wanted = oracle.numbers()
    assert snapshot.numbers.keys() == wanted.keys()
    for name, series in snapshot.numbers.items():
        money = families[name].unit == "usd" and families[name].type == "counter"
        scale = TRILLIONTHS if money else 1
        assert series.keys() == wanted[name].keys(), name
        for labels, value in series.items():
            close(float(Fraction(value) / scale), wanted[name][labels], f"{name}{labels}")
    histograms = oracle.histograms()
    assert snapshot.histograms.keys() == histograms.keys()
    for name, all_of in snapshot.histograms.items():
        assert all_of.keys() == histograms[name].keys(), name
        for labels, histogram in all_of.items():
            assert (name, labels, histogram.counts) == (name, labels, histograms[name][labels][0])
            close(float(histogram.sum), histograms[name][labels][1], f"{name}{labels}")


def close(have: float, want: float, what: str) -> None:
    """Numbers are the same, but for what floats lose."""
    assert math.isclose(have, want, rel_tol=1e-9, abs_tol=1e-11), f"{what}: {have} is not {want}"
