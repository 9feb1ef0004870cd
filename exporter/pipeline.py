"""Moves blocks from sources to engines: once to the end, or following for as long as it runs."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import click

from exporter.model import FILE, Block, Noticed, Reject
from exporter.silence import Silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

    from exporter.commit import Committer
    from exporter.model import Engine, Plain, Source

Progress: TypeAlias = "Callable[[int, int], None]"
"""Told how many bytes are read and how many there are, as far as known."""

IDLE = 0.25
"""Seconds to wait when the sources have nothing more, or little."""

LONGEST_IDLE = 0.65
"""Seconds to wait at most: from a line to the scrape is to be less than a second."""

SHARE = 15
"""A look at everything takes at most one part in so many of the time, within the longest wait."""

RETRY = 1.0
"""Seconds until a commit that failed is tried again."""

SMALL, FULL = 4096, 32 * 1024
"""Blocks of fewer bytes are joined where streams need not be told apart; and to how many bytes."""

LITTLE = 256 * 1024
"""Bytes in a pass that are no reason to look again at once: more of them make larger blocks."""

PROGRESS_INTERVAL = 0.1
"""Seconds between two reports of progress."""

TURN = 256
"""Blocks that a source may give before the next one has its turn."""

HISTORY_PASSES = 3
"""Times that a source is read to its end, at most, until its history counts as read.

Each pass is shorter than the one before; a file that is always written to never has an empty one.
"""

WAITS = 24
"""Passes that may bring nothing though something waits to be read: some ten seconds in all.

New lines wait for a file beside them that is not decided; a file that can't be read waits for ever.
"""


class PipelineError(Exception):
    """Reading broke off for a reason that no input should cause. The message names it."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A source and the engine that takes its lines; `name` is the source's.

    `kept`: the source was read before, by an exporter that this one has taken over from.
    """

    name: str
    source: Source
    engine: Engine
    kept: bool = False


class Turns:
    """One lane's reading: passes over its source, cut into turns.

    `history`: what was there at the first start is not read yet, so what the lines say is not to
    be shown. `catching_up`: the same, or what was written while the exporter was down.
    """

    def __init__(self, lane: Lane) -> None:
        """Begin with history, unless a checkpoint says otherwise."""
        self.lane = lane
        self.catching_up = True
        self.history = True
        self._saved = False
        self._passes = self._waits = 0
        self._pass: Iterator[Block] | None = None
        self._brought = self._bytes = 0
        self.silence = Silence(lane.name)

    @property
    def brought(self) -> bool:
        """Whether the last pass brought anything."""
        return bool(self._brought)

    def take(self, most: int) -> bool:
        """Apply at most so many blocks. True if the source was read to its end."""
        if self._pass is None:
            self._pass = self.lane.source.blocks()
            self._brought = self._bytes = 0
        count = self.apply(itertools.islice(self._pass, most))
        self._brought += count
        if count == most:
            return False
        self._pass = None
        if self.catching_up:
            self.catching_up = not self._caught_up()
            self.history = self.history and self.catching_up
        return True

    def _caught_up(self) -> bool:
        """Tell after a pass whether that was the last of what was there at the start."""
        if self._brought:
            self._passes += 1
            return self._passes >= HISTORY_PASSES
        self._waits += 1
        return not self.lane.source.lag() or self._waits >= WAITS

    def save(self, *, whole: bool) -> Plain:
        """Tell once that the history is read."""
        if self.history or (self._saved and not whole):
            return None
        self._saved = True
        return True

    def restore(self, saved: Sequence[Plain]) -> None:
        """Take up that the history is read: what comes now is news, though it may be late."""
        self.history = not saved[-1]
        self._saved = not self.history
        if not self.history:
            self.lane.engine.history_is_read()

    @property
    def idle(self) -> bool:
        """Whether the last pass is over and brought little or nothing."""
        return self._pass is None and self._bytes < LITTLE

    def apply(self, blocks: Iterator[Block], told: Callable[[int], None] | None = None) -> int:
        """Hand blocks to the engine, and then what could not be read; give their number."""
        count = 0
        waiting: list[bytes] = []
        size, mixes = 0, self.lane.engine.mixes
        for block in self._read(blocks):
            count += 1
            if told:
                told(len(block.data))
            if mixes and len(block.data) < SMALL:
                # A thousand files with a line each cost little more than one with a thousand.
                waiting.append(block.data)
                size += len(block.data)
                if size < FULL:
                    continue
                block = Block(block.stream, b"".join(waiting))  # noqa: PLW2901 (it stands for them)
                waiting.clear()
                size = 0
            elif waiting:
                self._take(Block(block.stream, b"".join(waiting)))
                waiting.clear()
                size = 0
            self._take(block)
        if waiting:
            self._take(Block("", b"".join(waiting)))
        self.lane.engine.notice(self.lane.source.noticed())
        return count

    def _take(self, block: Block) -> None:
        self.lane.engine.apply(block)
        self._bytes += len(block.data)

    def _read(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Give the blocks; an error in reading ends them, and only them."""
        try:
            yield from blocks
        except OSError:
            self.lane.engine.notice(Noticed((Reject(FILE, "unreadable", 1),)))


class Pipeline:
    """Reads all lanes in turn, in one thread, and commits what was read now and then."""

    def __init__(
        self,
        turns: Sequence[Turns],
        committer: Committer,
        *,
        clock: Callable[[], float] = time.monotonic,
        running: Callable[[], float] = time.monotonic,
        idle: float = IDLE,
    ) -> None:
        """`running` is the exporter's running time, which ages what waits for an end."""
        self._committer = committer
        self._clock = clock
        self._running = running
        self._idle = idle
        self._turns = {each.lane.name: each for each in turns}
        self._settle()
        self._reading = False
        self._failure: PipelineError | None = None

    @property
    def reading(self) -> bool:
        """Whether somebody follows right now."""
        return self._reading

    @property
    def ready(self) -> bool:
        """Whether the history is read, and reading goes on."""
        return self._reading and not self._committer.failure and not any(self._behind.values())

    @property
    def history(self) -> bool:
        """Whether what is shown may lack some of what was there before a lane's first start."""
        return self._history

    @property
    def failure(self) -> PipelineError | None:
        """Why following broke off, if it did."""
        return self._failure

    def catching_up(self, name: str) -> bool:
        """Whether what is shown may lack some of what was there at the start."""
        return self._behind[name]

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
            with _explained(f"reading source {turns.lane.name!r}"):
                turns.apply(itertools.islice(blocks, 1), told)
        for turns, blocks in passes:
            with _explained(f"reading source {turns.lane.name!r}"):
                turns.apply(blocks, told)
                turns.apply(turns.lane.source.finish(), told)
                turns.lane.engine.finish()
            turns.catching_up = turns.history = False
        self._commit()
        if progress:
            progress(done, done)

    def follow(self, stop: threading.Event) -> None:
        """Read until `stop` is set, then commit.

        Raises PipelineError where a source or an engine fails in a way that it should count.
        """
        self._reading = True
        try:
            while not stop.is_set():
                began = self._clock()
                for turns in self._turns.values():
                    self._turn(turns)
                    self._commit_when_due(stop)
                if all(turns.idle for turns in self._turns.values()):
                    # However many files there are, looking at them takes a small share of the time.
                    stop.wait(min(max(self._idle, SHARE * (self._clock() - began)), LONGEST_IDLE))
            self._commit()
        except PipelineError as error:
            self._failure = error
            raise
        finally:
            self._reading = False

    def start(self, stop: threading.Event, ended: threading.Event) -> threading.Thread:
        """Follow in a thread of its own. `ended` is set when it breaks off: look at `failure`."""

        def run() -> None:
            try:
                self.follow(stop)
            except PipelineError:  # `follow` keeps it as the failure.
                ended.set()

        thread = threading.Thread(target=run, name="reading", daemon=True)
        thread.start()
        return thread

    def _turn(self, turns: Turns) -> None:
        with _explained(f"reading source {turns.lane.name!r}"):
            if turns.take(TURN):
                turns.lane.engine.tick(self._running())
                turns.silence.listen(self._clock(), heard=turns.brought)

    def _commit_when_due(self, stop: threading.Event) -> None:
        """Commit when it is time. While that fails nothing is read, so that nothing is lost."""
        if not self._committer.due():
            return
        while not self._commit() and not stop.is_set():
            stop.wait(RETRY)

    def _commit(self) -> bool:
        with _explained("the commit"):
            done = self._committer.commit()
        if done:
            self._settle()
        return done

    def _settle(self) -> None:
        """Take note of what the shown values hold: history is over when the last of it is shown.

        Scrapes between its last line and the commit must not see a part of it.
        """
        self._behind = {name: turns.catching_up for name, turns in self._turns.items()}
        self._history = any(turns.history for turns in self._turns.values())


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Say of what an exception is that should not be."""
    try:
        yield
    except Exception as error:
        message = f"{what} failed: {type(error).__name__}: {error}"
        raise PipelineError(f"{message}; this is a defect of the exporter") from error


@contextmanager
def progress_bar(stream: TextIO, label: str = "reading") -> Iterator[Progress | None]:
    """Show how far it is as a bar, while in the context; nothing unless on a terminal."""
    if not stream.isatty():
        yield None
        return
    with click.progressbar(length=1, label=label, file=stream, show_pos=False) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show
