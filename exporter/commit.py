"""Commits: what was read becomes safe, and only then visible."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.checkpoint import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from exporter.checkpoint import Checkpoint
    from exporter.model import Engine, Source
    from exporter.state import State
    from exporter.store.sessions import Sessions
    from exporter.store.store import Store

INTERVAL = 0.5
"""Seconds between two commits, at least: a line is seen after this and one look at the files."""

HEARTBEAT = 60.0
"""Seconds after which the running time is saved, whatever else happens."""

SWEEP = 60.0
"""Seconds between two searches for gauges that are too old."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """How commits fare. `age` is the time since the last, `took` how long it was, in seconds.

    `bytes` is the size of the checkpoint; `failure` says why the last one failed, or "".
    """

    age: float
    took: float
    bytes: int
    failure: str


class Committer:
    """Drains what was read into the series, saves it, and shows it. One thread calls it.

    Without a checkpoint nothing is saved, and everything is shown.
    """

    def __init__(  # noqa: PLR0917 (the parts that a commit joins)
        self,
        state: State,
        checkpoint: Checkpoint | None,
        stores: Sequence[Store],
        own: Store,
        lanes: Sequence[tuple[Source, Engine]],
        lock: AbstractContextManager[object],
        *,
        gauges_expire: float = float("inf"),
        sessions: Sessions | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`lock` guards what is shown. `gauges_expire` is in seconds."""
        self._state, self._checkpoint, self._stores, self._own = state, checkpoint, stores, own
        self._lanes, self._lock, self._clock = lanes, lock, clock
        self._gauges_expire, self._sessions = gauges_expire, sessions
        self._at = self._swept = self._written = clock()
        self._took, self._bytes, self._failure = 0.0, 0, ""

    @property
    def status(self) -> CommitStatus:
        """Tell how commits fare; from any thread."""
        return CommitStatus(self._clock() - self._at, self._took, self._bytes, self._failure)

    @property
    def failure(self) -> str:
        """Why the last commit failed, or "". Then, nothing should be read until one succeeds."""
        return self._failure

    def due(self) -> bool:
        """Whether enough time has passed since the last commit."""
        return self._clock() - self._at >= INTERVAL

    def commit(self) -> bool:
        """Make safe and show what was read; tell whether that went well."""
        began = self._clock()
        for _, engine in self._lanes:
            engine.drain()
        self._sweep(began)
        if self._checkpoint is not None:
            whole = bool(self._failure) or self._checkpoint.wants_whole
            record = self._state.save(whole=whole)
            if set(record) <= {"running"} and not whole and began - self._written < HEARTBEAT:
                self._at = began
                return True
            try:
                self._checkpoint.commit(record, whole=whole)
            except CheckpointError as error:
                self._failed(str(error))
                return False
            self._bytes = self._checkpoint.size
        if self._failure:
            _LOG.info("the checkpoint can be written again")
        self._failure = ""
        self.show()
        for source, _ in self._lanes:
            source.committed()
        self._at = self._written = self._clock()
        self._took = self._at - began
        return True

    def show(self) -> None:
        """Show what is safe."""
        with self._lock:
            for store in (*self._stores, self._own):
                store.publish()
            if self._sessions is not None:
                self._sessions.publish()

    def _failed(self, why: str) -> None:
        self._own.add("agentgauge_checkpoint_failures_total", (), 1)
        if why != self._failure:
            _LOG.error("%s; nothing more is read until it can, and nothing is lost", why)
        self._failure = why

    def _sweep(self, now: float) -> None:
        """Remove gauges of agents that are gone, and the buffers, which may still hold them."""
        if now - self._swept < SWEEP:
            return
        self._swept = now
        if sum(store.expire(self._gauges_expire) for store in self._stores):
            for _, engine in self._lanes:
                engine.forget_buffers()
