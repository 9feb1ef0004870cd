"""The exporter as a server: follows, serves, reloads, until a signal ends it."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import click

from agentgauge import __version__
from agentgauge.spec_argument import complain
from exporter.assembly import Exporter
from exporter.checkpoint import Checkpoint, CheckpointError
from exporter.server.errors import ListenError
from exporter.server.pages import Views, fleet_application
from exporter.server.web_config import PLAIN, load_web_config
from exporter.server.web_server import WebServer
from exporter.spool.spool import SpoolError
from exporter.status import render_status
from spec.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from exporter.assembly import Settings
    from exporter.streams import Stream
    from spec.model import Family, Source

Declared: TypeAlias = "Callable[[], tuple[Settings, tuple[Source, ...], Mapping[str, Family]]]"
"""Reads the spec; raises SpecError where it is wrong."""

_LOG = logging.getLogger("agentgauge")
_PATIENCE = 30.0
_UNUSABLE = (SpecError, CheckpointError, ListenError, SpoolError)


@dataclass(frozen=True, slots=True)
class Serving:
    """Where the state is kept, and where what is served."""

    folder: Path
    address: str
    telemetry_path: str
    web_config: Path | None


class Watch:
    """The exporter that runs now, in a thread of its own; another takes its place at a reload."""

    def __init__(
        self, declared: Declared, checkpoint: Checkpoint, spools: Path, ended: threading.Event
    ) -> None:
        """Read the spec and take up the state. Raises what Exporter does."""
        self._declared, self._checkpoint, self._ended = declared, checkpoint, ended
        self._spools = spools
        self._guard = threading.Lock()
        self._reloaded, self._reloaded_at = True, time.time()
        self._now = declared()
        self.failure: str | None = None
        self.exporter = self._made({})

    def start(self) -> None:
        """Read from now on."""
        self._stop = threading.Event()
        self._thread = self.exporter.start(self._stop, self._ended)

    def stop(self) -> None:
        """Read no more; what was read is committed."""
        self._stop.set()
        self._thread.join(timeout=_PATIENCE)

    def reload(self) -> str | None:
        """Read the spec again and go on with it; give what is wrong with it, if anything is.

        Then, the old one goes on.
        """
        with self._guard:
            problem = self._reload()
            self._reloaded = problem is None
            if problem is None:
                self._reloaded_at = time.time()
                _LOG.info("the spec was read again")
            else:
                _LOG.error("the spec was not taken over: %s", problem)
            return problem

    def _reload(self) -> str | None:
        try:
            wanted = self._declared()
        except SpecError as error:
            return "\n".join(map(str, error.problems))
        self.stop()
        if failure := self.exporter.committer.failure:
            self.start()
            return failure
        # What is read otherwise is closed first: it may hold an address that is wanted.
        kept = self.exporter.let_go(but=wanted[1])
        before, problem = self._now, None
        try:
            self._now = wanted
            self.exporter = self._made(kept)
        except _UNUSABLE as error:
            problem = str(error)
            self._now = before
            self._go_back(kept)
        self.start()
        return problem

    def _go_back(self, kept: dict[str, Stream]) -> None:
        """Take up the spec that was in force; if not even that is possible, the exporter ends."""
        try:
            self.exporter = self._made(kept)
        except _UNUSABLE as error:
            self.failure = f"neither the new spec nor the old one can be taken up: {error}"
            self._ended.set()

    def _made(self, kept: dict[str, Stream]) -> Exporter:
        return Exporter(
            *self._now, self._checkpoint, kept=kept, spools=self._spools, live=self._live
        )

    def _live(self) -> dict[str, dict[tuple[str, ...], float]]:
        return {
            "agentgauge_config_last_reload_success_timestamp_seconds": {(): self._reloaded_at},
            "agentgauge_config_last_reload_successful": {(): int(self._reloaded)},
        }


def serve(declared: Declared, serving: Serving) -> NoReturn:
    """Follow and serve until a signal comes or reading breaks off."""
    ended, wake, wanted = threading.Event(), threading.Event(), threading.Event()
    try:
        checkpoint = Checkpoint(serving.folder)
        watch = Watch(declared, checkpoint, serving.folder / "spool", wake)
        views = Views(
            metrics=lambda accept, names: watch.exporter.metrics(accept, names),  # noqa: PLW0108 (it changes)
            healthy=lambda: watch.exporter.pipeline.reading,
            ready=lambda: watch.exporter.pipeline.ready,
            status_page=lambda: render_status(watch.exporter.status(), serving.telemetry_path),
            telemetry_path=serving.telemetry_path,
            reload=watch.reload,
        )
        web = load_web_config(serving.web_config) if serving.web_config else PLAIN
        server = WebServer(serving.address, fleet_application(views), web)
    except SpecError as error:
        complain(error)
        sys.exit(1)
    except (CheckpointError, ListenError, SpoolError) as error:
        raise click.ClickException(str(error)) from error

    def end(*_: object) -> None:
        ended.set()
        wake.set()

    def reload(*_: object) -> None:
        wanted.set()
        wake.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    signal.signal(signal.SIGHUP, reload)
    watch.start()
    server.start()
    fields = {"address": server.url, "state": str(serving.folder), "version": __version__}
    _LOG.info("serving", extra={"fields": fields})
    while not ended.is_set() and not (watch.failure or watch.exporter.pipeline.failure):
        wake.wait(1.0)  # short waits: a signal is handled between them
        wake.clear()
        if wanted.is_set():
            wanted.clear()
            watch.reload()
    server.stop()
    watch.stop()
    failure = watch.failure or watch.exporter.pipeline.failure
    watch.exporter.close()
    checkpoint.close()
    if failure is not None:
        _LOG.error(str(failure))
        sys.exit(1)
    sys.exit(0)
