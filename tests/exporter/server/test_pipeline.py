"""The pipeline hands every block on once, never stops for input, and never fails in silence."""

from __future__ import annotations

import io
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from exporter.commit import Committer
from exporter.model import FILE, LINE, Block, Noticed, Plain, Reject
from exporter.pipeline import TURN, WAITS, Lane, Pipeline, PipelineError, Turns, progress_bar
from exporter.sources.file import FileSource
from exporter.sources.stdin import StdinSource
from exporter.state import State
from exporter.store.store import Limit, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


class Heard:
    """An engine that writes down what it is told."""

    mixes = False

    def __init__(self) -> None:
        self.data = b""
        self.rejected: list[tuple[str, str, int]] = []
        self.ticks = 0
        self.finished = False

    def apply(self, block: Block) -> None:
        self.data += block.data

    def notice(self, noticed: Noticed) -> None:
        self.rejected += [(each.rule, each.reason, each.count) for each in noticed.rejects]

    def history_is_read(self) -> None:
        pass

    def drain(self) -> None:
        pass

    def forget_buffers(self) -> None:
        pass

    def save(self, *, whole: bool) -> Plain:  # noqa: ARG002 - the protocol's
        return None

    def restore(self, saved: Sequence[Plain]) -> None:
        pass

    def tick(self, now: float) -> None:  # noqa: ARG002 - the protocol's
        self.ticks += 1

    def finish(self) -> None:
        self.finished = True


class Broken(Heard):
    """An engine with a defect."""

    def apply(self, block: Block) -> None:
        raise KeyError(block.stream)


class Scripted:
    """A source that gives what the test says, pass by pass; a pass may be an exception."""

    def __init__(self, *passes: int | OSError) -> None:
        self.passes = list(passes)
        self.rejected: tuple[Reject, ...] = ()

    def blocks(self) -> Iterator[Block]:
        what = self.passes.pop(0) if self.passes else 0
        if isinstance(what, OSError):
            raise what
        for _ in range(what):
            yield Block("s", b"x\n")

    def finish(self) -> Iterator[Block]:
        yield Block("s", b"end\n")

    def lag(self) -> int:
        return 0

    def lag_seconds(self) -> float:
        return 0.0

    def streams(self) -> int:
        return 1

    def noticed(self) -> Noticed:
        rejected, self.rejected = self.rejected, ()
        return Noticed(rejected)

    def committed(self) -> None:
        pass

    def close(self) -> None:
        pass

    def save(self, *, whole: bool) -> Plain:  # noqa: ARG002 - the protocol's
        return None

    def restore(self, saved: Sequence[Plain]) -> None:
        pass


def piped(lanes: Sequence[Lane], **more: Any) -> Pipeline:  # noqa: ANN401 - as the pipeline's own
    """Make a pipeline that keeps nothing."""
    own = Store({}, Limit(1), time.monotonic)
    both = [(lane.source, lane.engine) for lane in lanes]
    committer = Committer(State({}), None, (), own, both, threading.Lock())
    return Pipeline([Turns(lane) for lane in lanes], committer, **more)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_once_reads_all_lanes_to_their_end_and_finishes_them(tmp_path: Path) -> None:
    whole = b"".join(b"line %d\n" % i for i in range(20_000))
    (tmp_path / "a.log").write_bytes(whole + b"last")
    (tmp_path / "b.log").write_bytes(b"b\n" * 1000)
    read, write = os.pipe()
    os.write(write, b"piped")
    os.close(write)
    lanes = [
        Lane("a", FileSource((f"{tmp_path}/a.log",)), Heard()),
        Lane("b", FileSource((f"{tmp_path}/b.log", f"{tmp_path}/none/*.log")), Heard()),
        Lane("stdin", StdinSource(read), Heard()),
    ]
    progress: list[tuple[int, int]] = []
    piped(lanes, clock=iter(range(10**6)).__next__).run_once(
        lambda done, total: progress.append((done, total))
    )
    os.close(read)
    heard = [lane.engine for lane in lanes]
    assert [engine.data for engine in heard] == [whole + b"last\n", b"b\n" * 1000, b"piped\n"]  # type: ignore[attr-defined]  # Heard
    assert all(engine.finished for engine in heard)  # type: ignore[attr-defined]  # Heard
    size = len(whole) + 2000 + len(b"last\npiped\n")
    assert progress[-1] == (size, size)
    # All is known as soon as each lane has begun, but for unfinished lines on their way.
    assert all(size - 100 < total <= size for _, total in progress[2:])
    assert progress == sorted(progress)
    assert all(done <= total for done, total in progress)


def test_following_goes_on_until_told_to_stop(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"1\n")
    engine = Heard()
    lanes = [Lane("a", FileSource((f"{tmp_path}/*.log",)), engine)]
    pipeline = piped(lanes, idle=0.005)
    assert (pipeline.reading, pipeline.ready, pipeline.catching_up("a")) == (False, False, True)
    stop = threading.Event()
    thread = pipeline.start(stop, threading.Event())
    until(lambda: pipeline.ready)
    assert pipeline.reading
    assert not pipeline.catching_up("a")
    with (tmp_path / "a.log").open("ab") as file:
        file.write(b"2\n")
    until(lambda: engine.data == b"1\n2\n")
    stop.set()
    thread.join()
    assert (pipeline.reading, pipeline.ready, pipeline.failure) == (False, False, None)
    assert engine.ticks > 0
    assert not engine.finished


def test_a_lane_with_much_to_read_does_not_keep_the_others_waiting() -> None:
    stop = threading.Event()
    order: list[str] = []

    class Noted(Heard):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def apply(self, block: Block) -> None:
            super().apply(block)
            order.append(self.name)
            if len(order) == 2 * TURN + 1:
                stop.set()

    lanes = [
        Lane("much", Scripted(10 * TURN), Noted("much")),
        Lane("one", Scripted(1), Noted("one")),
    ]
    piped(lanes).follow(stop)
    assert order[TURN] == "one"
    assert lanes[0].engine.ticks == 0  # type: ignore[attr-defined]  # not at its end


class Watching(Heard):
    """An engine that notes after each pass whether its turns still catch up, then stops reading."""

    def __init__(self, passes: int, stop: threading.Event) -> None:
        super().__init__()
        self.passes, self.stop = passes, stop
        self.seen: list[bool] = []
        self.turns: Turns | None = None

    def tick(self, now: float) -> None:
        super().tick(now)
        assert self.turns is not None
        self.seen.append(self.turns.catching_up)
        if self.ticks == self.passes:
            self.stop.set()


@pytest.mark.parametrize(("passes", "reads"), [([5, 0], 2), ([5, 5, 5, 5], 3), ([0], 1)])
def test_history_is_read_with_the_first_empty_pass_or_the_third(
    passes: list[int], reads: int
) -> None:
    stop = threading.Event()
    engine = Watching(reads, stop)
    pipeline = piped([Lane("s", Scripted(*passes), engine)], idle=0)
    engine.turns = pipeline._turns["s"]  # noqa: SLF001 - to look on
    pipeline.follow(stop)
    assert engine.seen == [True] * (reads - 1) + [False]


def test_what_a_source_could_not_read_reaches_the_engine() -> None:
    source, engine = Scripted(1), Heard()
    source.rejected = (Reject(LINE, "too_long", 2), Reject(FILE, "unreadable", 1))
    piped([Lane("s", source, engine)]).run_once()
    assert engine.rejected == [(LINE, "too_long", 2), (FILE, "unreadable", 1)]


def test_an_error_in_reading_is_counted_and_reading_goes_on() -> None:
    engine = Heard()
    stop = threading.Event()
    source = Scripted(OSError("disk"), 1)
    pipeline = piped([Lane("s", source, engine)], idle=0.001)
    thread = pipeline.start(stop, threading.Event())
    until(lambda: engine.data == b"x\n")
    stop.set()
    thread.join()
    assert engine.rejected == [(FILE, "unreadable", 1)]
    assert pipeline.failure is None


def test_a_defect_ends_reading_with_a_message_and_wakes_who_waits() -> None:
    pipeline = piped([Lane("main", Scripted(1), Broken())])
    ended = threading.Event()
    thread = pipeline.start(threading.Event(), ended)
    assert ended.wait(20)
    thread.join()
    assert not pipeline.reading
    assert not pipeline.ready
    message = "reading source 'main' failed: KeyError: 's'; this is a defect of the exporter"
    assert str(pipeline.failure) == message
    with pytest.raises(PipelineError, match="defect"):
        piped([Lane("main", Scripted(1), Broken())]).run_once()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_on_a_terminal_only() -> None:
    with progress_bar(io.StringIO()) as progress:
        assert progress is None
    terminal = Terminal()
    with progress_bar(terminal) as progress:
        assert progress is not None
        progress(50, 200)
        progress(200, 200)
    assert "100%" in terminal.getvalue()


class Blocks(Heard):
    """An engine that counts blocks, and takes lines of several streams in one."""

    mixes = True

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def apply(self, block: Block) -> None:
        super().apply(block)
        self.sizes.append(len(block.data))


class Sized(Scripted):
    """A source of one pass, with blocks of given sizes."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.sizes = sizes

    def blocks(self) -> Iterator[Block]:
        for number, size in enumerate(self.sizes):
            yield Block("s", b"%d" % (number % 10) * (size - 1) + b"\n")


def test_small_blocks_are_joined_in_their_order_where_streams_may_mix() -> None:
    sizes = (10, 20, 30_000, 30, *[4000] * 20, 40)
    apart, mixed = Heard(), Blocks()
    for engine in (apart, mixed):
        piped([Lane("s", Sized(*sizes), engine)]).run_once()
    assert mixed.data == apart.data
    assert sum(mixed.sizes) == sum(sizes) + len(b"end\n")
    assert len(mixed.sizes) < 10


class Held(Scripted):
    """A source that knows of more than it gives."""

    waiting = 0

    def lag(self) -> int:
        return self.waiting


def test_history_is_over_only_when_the_last_of_it_is_shown() -> None:
    stop = threading.Event()
    engine = Watching(2, stop)
    lane = Lane("s", Scripted(5, 0), engine)
    own = Store({}, Limit(1), time.monotonic)
    standing = Committer(State({}), None, (), own, [(lane.source, engine)], threading.Lock(),
                         clock=lambda: 0.0)  # fmt: skip
    engine.turns = Turns(lane)
    pipeline = Pipeline([engine.turns], standing, idle=0)
    seen: list[bool] = []
    finish = standing.commit

    def commit() -> bool:
        seen.append(pipeline.history)
        return finish()

    standing.commit = commit  # type: ignore[method-assign] # to look on
    pipeline.follow(stop)
    assert seen == [True]  # no commit was due before the last one, and it found nothing shown
    assert not pipeline.history
    assert not pipeline.catching_up("s")


@pytest.mark.parametrize(("waiting", "over"), [(0, 1), (10, WAITS)])
def test_a_pass_that_brings_nothing_ends_history_only_where_nothing_waits(
    waiting: int, over: int
) -> None:
    source = Held()
    source.waiting = waiting
    turns = Turns(Lane("s", source, Heard()))
    looks = 0
    while turns.history:
        turns.take(TURN)
        looks += 1
    assert looks == over


def test_a_commit_that_fails_by_a_defect_ends_reading_with_a_message() -> None:
    lane = Lane("s", Scripted(1), Heard())
    pipeline = piped([lane])

    def defect() -> bool:
        raise ValueError("no such thing")

    pipeline._committer.commit = defect  # type: ignore[method-assign] # noqa: SLF001 - a defect
    pipeline._committer.due = lambda: True  # type: ignore[method-assign] # noqa: SLF001 - at once
    ended = threading.Event()
    pipeline.start(threading.Event(), ended)
    assert ended.wait(20)
    assert str(pipeline.failure).startswith("the commit failed: ValueError: no such thing")
