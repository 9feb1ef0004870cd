"""How one source's mapping reaches the series: its own among those that it shares with others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.store.label_text import Labels
    from exporter.store.series import Counter, Histogram, Level, State
    from exporter.store.sessions import Record, Sessions
    from exporter.store.store import Store
    from spec.model import Family

OVERFLOW_TOTAL = "agentgauge_overflow_total"
REJECTS_TOTAL = "agentgauge_rejects_total"
EVICTIONS_TOTAL = "agentgauge_evictions_total"
FORGOTTEN_SESSIONS = "sessions"
"""The rule under which sessions are counted that were forgotten for want of room."""


@dataclass(slots=True)
class Ledger:
    """The agents' series in `store`, and the exporter's own counters in `own`.

    `history`: what is read now happened before anybody looked; its series are no news. `declares`:
    series that can be known before anything happens are shown at 0. `sessions` are those of all
    stores, None where nobody wants them; `name` tells this store's from others'.
    """

    source: str
    store: Store
    own: Store
    history: bool = True
    declares: bool = False
    sessions: Sessions | None = None
    name: str = ""

    def declare(self, family: Family, series: Iterable[Labels]) -> None:
        """Show counters and histograms at 0 that are not there yet."""
        for labels in series if self.declares else ():
            one, _ = self.store.total(family, labels, fresh=False)
            if one.plain() is None:
                one.begin(family)
                self.store.changed(family, one)

    def total(
        self, family: Family, labels: Labels, free: tuple[int, ...]
    ) -> tuple[Counter | Histogram, bool]:
        """Give a counter or histogram, and whether it stands for others too."""
        return self.store.total(family, labels, free, fresh=not self.history)

    def present(self, family: Family, labels: Labels) -> Level | State:
        """Give a gauge or a state."""
        return self.store.present(family, labels)

    def changed(self, family: Family, series: Counter | Histogram | Level | State) -> None:
        """Note that a series moved."""
        self.store.changed(family, series)

    def session(self, agent: str, session: str) -> Record:
        """Give the record of a session, and count it if it is new."""
        assert self.sessions is not None  # noqa: S101 (else no code asks for one)
        before, total = self.sessions.forgotten, self.sessions.total
        record, new = self.sessions.begin(self.name, agent, session)
        if new:
            series, other = self.total(total, (agent,), (0,))
            series.add(1)  # type: ignore[union-attr] # a counter
            self.changed(total, series)
            if other:
                self.overflowed(total, 1)
        if forgotten := self.sessions.forgotten - before:
            self.own.add(EVICTIONS_TOTAL, (self.source, FORGOTTEN_SESSIONS), forgotten)
        return record

    def overflowed(self, family: Family, events: int) -> None:
        """Count events whose labels had no room."""
        self.own.add(OVERFLOW_TOTAL, (family.name,), events)

    def reject(self, rule: str, reason: str, count: int) -> None:
        """Count what could not be used; a reason that is new is shown at 0 first, as all series."""
        labels = (self.source, rule, reason)
        self.own.add(REJECTS_TOTAL, labels, count, fresh=not self.history)
