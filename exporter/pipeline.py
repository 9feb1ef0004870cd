"""Moves blocks from sources to engines: once to the end, or following for as long as it runs."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import click

from exporter.model import FILE, Reject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import TextIO

    from exporter.model import Block, Engine, Source

Progress: TypeAlias = "Callable[[int, int], None]"
"""Told how many bytes are read and how many there are, as far as known."""

IDLE = 0.25
"""Seconds to wait when the sources have nothing more, or little."""

FEW = 8
"""Blocks in a pass that are no reason to look again at once: more of them make larger blocks."""

PROGRESS_INTERVAL = 0.1
"""Seconds between two reports of progress."""

TURN = 256
"""Blocks that a source may give before the next one has its turn."""

HISTORY_PASSES = 3
"""Times that a source is read to its end, at most, until its history counts as read.

Each pass is shorter than the one before; a file that is always written to never has an empty one.
"""


class PipelineError(Exception):
    """Reading broke off for a reason that no input should cause. The message names it."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A source and the engine that takes its lines; `name` is the source's."""

    name: str
    source: Source
    engine: Engine


class FairLock:
    """A lock that whoever waits gets next: a reader in a tight loop can't keep scrapes out.

    A plain lock goes to whoever is running, which is the thread that has just given it back.
    """

    def __init__(self) -> None:
        self._queue = threading.Lock()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._queue:
            self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()


class _Turns:
    """One lane's reading: passes over its source, cut into turns."""

    def __init__(self, lane: Lane, lock: AbstractContextManager[object]) -> None:
        self.lane = lane
        self.catching_up = True
        self._lock = lock
        self._passes = 0
        self._pass: Iterator[Block] | None = None
        self._brought = 0

    def take(self, most: int) -> bool:
        """Apply at most so many blocks. True if the source was read to its end."""
        if self._pass is None:
            self._pass = self.lane.source.blocks()
            self._brought = 0
        count = self.apply(itertools.islice(self._pass, most))
        self._brought += count
        if count == most:
            return False
        self._pass = None
        self._passes += 1
        if not self._brought or self._passes >= HISTORY_PASSES:
            self.catching_up = False
        return True

    @property
    def idle(self) -> bool:
        """Whether the last pass is over and brought little or nothing."""
        return self._pass is None and self._brought < FEW

    def apply(self, blocks: Iterator[Block], told: Callable[[int], None] | None = None) -> int:
        """Hand blocks to the engine, and then what could not be read; give their number."""
        count = 0
        for block in self._read(blocks):
            with self._lock:
                self.lane.engine.apply(block)
            count += 1
            if told:
                told(len(block.data))
        self._reject(self.lane.source.rejects())
        return count

    def _read(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Give the blocks; an error in reading ends them, and only them."""
        try:
            yield from blocks
        except OSError:
            self._reject((Reject(FILE, "unreadable", 1),))

    def _reject(self, rejects: Sequence[Reject]) -> None:
        with self._lock:
            for reject in rejects:
                self.lane.engine.reject(reject.rule, reject.reason, reject.count)


class Pipeline:
    """Reads all lanes in turn, in one thread.

    `lock` guards the series: it is held for one block at a time, so a scrape never waits longer.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        lock: AbstractContextManager[object],
        *,
        clock: Callable[[], float] = time.monotonic,
        idle: float = IDLE,
    ) -> None:
        self._lock = lock
        self._clock = clock
        self._idle = idle
        self._turns = {lane.name: _Turns(lane, lock) for lane in lanes}
        self._reading = False
        self._failure: PipelineError | None = None

    @property
    def reading(self) -> bool:
        """Whether somebody follows right now."""
        return self._reading

    @property
    def ready(self) -> bool:
        """Whether the history is read, and reading goes on."""
        return self._reading and not any(turns.catching_up for turns in self._turns.values())

    @property
    def failure(self) -> PipelineError | None:
        """Why following broke off, if it did."""
        return self._failure

    def catching_up(self, name: str) -> bool:
        """Whether a lane still reads what was there at the start."""
        return self._turns[name].catching_up

    def run_once(self, progress: Progress | None = None) -> None:
        """Read everything to its end, then finish every engine. Raises as `follow` does."""
        done, due = 0, self._clock()

        def told(size: int) -> None:
            nonlocal done, due
            done += size
            if progress and self._clock() >= due:
                progress(done, done + sum(t.lane.source.lag() for t in self._turns.values()))
                due = self._clock() + PROGRESS_INTERVAL

        passes = [(turns, turns.lane.source.blocks()) for turns in self._turns.values()]
        # The first block of each, so that every source knows how much there is.
        for turns, blocks in passes:
            with _explained(turns.lane.name):
                turns.apply(itertools.islice(blocks, 1), told)
        for turns, blocks in passes:
            with _explained(turns.lane.name):
                turns.apply(blocks, told)
                turns.apply(turns.lane.source.finish(), told)
                with self._lock:
                    turns.lane.engine.finish()
            turns.catching_up = False
        if progress:
            progress(done, done)

    def follow(self, stop: threading.Event) -> None:
        """Read until `stop` is set, which it also is if reading breaks off.

        Raises PipelineError where a source or an engine fails in a way that it should count.
        """
        self._reading = True
        try:
            while not stop.is_set():
                for turns in self._turns.values():
                    self._turn(turns)
                if all(turns.idle for turns in self._turns.values()):
                    stop.wait(self._idle)
        except PipelineError as error:
            self._failure = error
            raise
        finally:
            self._reading = False
            stop.set()

    def start(self, stop: threading.Event) -> threading.Thread:
        """Follow in a thread of its own. Whoever waits for `stop` then looks at `failure`."""

        def run() -> None:
            with suppress(PipelineError):  # `follow` keeps it as the failure.
                self.follow(stop)

        thread = threading.Thread(target=run, name="reading", daemon=True)
        thread.start()
        return thread

    def _turn(self, turns: _Turns) -> None:
        with _explained(turns.lane.name):
            if turns.take(TURN):
                with self._lock:
                    turns.lane.engine.tick(self._clock())


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Say of which source an exception is that should not be."""
    try:
        yield
    except Exception as error:
        message = f"reading source {name!r} failed: {type(error).__name__}: {error}"
        raise PipelineError(f"{message}; this is a defect of the exporter") from error


@contextmanager
def progress_bar(stream: TextIO) -> Iterator[Progress | None]:
    """Show the bytes read as a bar, while in the context; nothing unless on a terminal."""
    if not stream.isatty():
        yield None
        return
    with click.progressbar(length=1, label="reading", file=stream, show_pos=False) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show
