"""The spool keeps what it acknowledged, and gives it once, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from exporter.model import Block, Noticed, Reject
from exporter.spool.frames import HEAD_SIZE
from exporter.spool.segments import FIRST
from exporter.spool.source import BLOCK_SIZE, PUSH, STREAM, SpoolSource
from exporter.spool.spool import Spool, SpoolError, SpoolFull

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from exporter.model import Plain

ROOT = Path(__file__).parents[3]
LIMIT = 1 << 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


_OPEN: list[Spool | SpoolSource] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


def opened(folder: Path, limit: int) -> Spool:
    """Open a spool until the test is over."""
    spool = Spool(folder, limit)
    _OPEN.append(spool)
    return spool


def reading(spool: Spool) -> SpoolSource:
    """Read a spool until the test is over."""
    source = SpoolSource(spool)
    _OPEN.append(source)
    return source


def stored(saved: Plain) -> Plain:
    """Give what a checkpoint gives back."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(saved))


def lines(blocks: Iterable[Block]) -> list[bytes]:
    return b"".join(block.data for block in blocks).splitlines()


def restarted(folder: Path, saves: list[Plain]) -> SpoolSource:
    source = reading(opened(folder, LIMIT))
    source.restore([stored(saved) for saved in saves])
    return source


def segments(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_what_was_appended_is_read_in_order(folder: Path) -> None:
    spool = opened(folder, LIMIT)
    source = reading(spool)
    spool.append(None, b"a\nb\n")
    spool.append("key", b"c\n")
    assert list(source.blocks()) == [Block(STREAM, b"a\nb\nc\n")]
    assert list(source.blocks()) == []
    spool.append(None, b"d\n")
    assert list(source.finish()) == [Block(STREAM, b"d\n")]


def test_what_is_read_is_not_read_again_after_a_restart(folder: Path) -> None:
    spool = opened(folder, LIMIT)
    source = reading(spool)
    spool.append(None, b"a\n")
    list(source.blocks())
    saves = [source.save(whole=True)]
    spool.append(None, b"b\n")
    assert lines(restarted(folder, saves).blocks()) == [b"b"]
    assert lines(restarted(folder, []).blocks()) == [b"a", b"b"]


def test_a_large_push_comes_in_blocks_of_whole_lines_and_goes_on_inside(folder: Path) -> None:
    wanted = [b"%d" % number * 50 for number in range(5000)]
    wanted[2500] = b"x" * (3 * BLOCK_SIZE)
    spool = opened(folder, LIMIT)
    spool.append("large", b"".join(line + b"\n" for line in wanted))
    spool.append("large", b"never\n")
    source, count = reading(spool), 0
    got: list[bytes] = []
    met: list[Reject] = []
    while block := next(source.blocks(), None):  # a restart after every block
        assert block.data.endswith(b"\n")
        assert len(block.data) <= BLOCK_SIZE or block.data.count(b"\n") == 1
        got += block.data.splitlines()
        met += source.noticed().rejects
        source, count = restarted(folder, [source.save(whole=True)]), count + 1
    assert got == wanted
    assert count > 20
    assert met == [Reject(PUSH, "repeat", 1)]


def test_a_push_whose_key_was_there_counts_as_nothing(folder: Path) -> None:
    spool = opened(folder, LIMIT)
    source = reading(spool)
    for key, body in (("1", b"a\n"), (None, b"b\n"), ("1", b"a\n"), (None, b"b\n"), ("2", b"a\n")):
        spool.append(key, body)
    assert lines(source.blocks()) == [b"a", b"b", b"b", b"a"]
    assert source.noticed() == Noticed((Reject(PUSH, "repeat", 1),))
    assert source.noticed() == Noticed()


def test_keys_are_known_after_a_restart_and_only_new_ones_are_saved(folder: Path) -> None:
    spool = opened(folder, LIMIT)
    source = reading(spool)
    saves = [source.save(whole=True)]
    for key in ("1", "2", "3"):
        spool.append(key, key.encode() + b"\n")
        list(source.blocks())
        saves.append(source.save(whole=False))
    assert [len(saved["keys"]) for saved in saves] == [0, 16, 16, 16]
    assert source.save(whole=False) is None
    spool.append("2", b"again\n")
    spool.append("4", b"4\n")
    assert lines(restarted(folder, saves).blocks()) == [b"4"]


def test_the_oldest_keys_are_forgotten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporter.spool.source.KEYS", 2)
    spool = opened(folder, LIMIT)
    source = reading(spool)
    for key in ("1", "2", "3", "2", "1"):
        spool.append(key, key.encode() + b"\n")
    assert lines(source.blocks()) == [b"1", b"2", b"3", b"1"]
    assert len(source.save(whole=True)["keys"]) == 2 * 16


def test_segments_are_removed_when_they_are_read_and_that_is_saved(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.spool.spool.SEGMENT_SIZE", 1000)
    spool = opened(folder, LIMIT)
    source = reading(spool)
    for _ in range(20):
        spool.append(None, b"x" * 199 + b"\n")
    assert len(segments(folder)) == 5
    assert len(lines(source.blocks())) == 20
    assert len(segments(folder)) == 5
    source.save(whole=False)
    assert len(segments(folder)) == 5
    source.committed()
    assert len(segments(folder)) == 1
    assert (source.lag(), source.lag_seconds()) == (0, 0.0)


def test_a_full_spool_takes_no_more_until_reading_is_saved(folder: Path) -> None:
    spool = opened(folder, 300)
    source = reading(spool)
    spool.append(None, b"x" * 200 + b"\n")
    with pytest.raises(SpoolFull):
        spool.append(None, b"x" * 100 + b"\n")
    list(source.blocks())
    source.save(whole=False)
    with pytest.raises(SpoolFull):
        spool.append(None, b"x" * 100 + b"\n")
    source.committed()
    spool.append(None, b"x" * 100 + b"\n")


def test_lag_is_what_waits_on_disk(folder: Path) -> None:
    spool = opened(folder, LIMIT)
    source = reading(spool)
    assert (source.lag(), source.lag_seconds(), source.streams()) == (0, 0.0, 1)
    spool.append(None, b"a\n")
    assert source.lag() == HEAD_SIZE + 2
    path = segments(folder)[0]
    os.utime(path, (time.time() - 100,) * 2)
    assert restarted(folder, []).lag_seconds() >= 100
    list(source.blocks())
    assert (source.lag(), source.lag_seconds()) == (0, 0.0)


@pytest.mark.parametrize("size", [1, HEAD_SIZE - 1, HEAD_SIZE, HEAD_SIZE + 1])
def test_a_torn_end_is_cut_off_and_the_rest_is_read(folder: Path, size: int) -> None:
    spool = opened(folder, LIMIT)
    spool.append(None, b"a\n")
    spool.append(None, b"b\n")
    path = segments(folder)[0]
    os.truncate(path, path.stat().st_size - size)
    source = restarted(folder, [])
    assert lines(source.blocks()) == [b"a"]
    assert path.stat().st_size == FIRST + HEAD_SIZE + 2
    assert source.noticed() == Noticed()


def test_a_segment_of_which_only_the_head_is_torn_is_removed(folder: Path) -> None:
    opened(folder, LIMIT).append(None, b"a\n")
    os.truncate(segments(folder)[0], FIRST - 1)
    assert lines(restarted(folder, []).blocks()) == []
    assert segments(folder) == []


def test_damage_costs_the_rest_of_its_segment_and_is_counted(folder: Path) -> None:
    for name in ("a", "b", "c"):  # each process begins a segment
        spool = opened(folder, LIMIT)
        for number in range(3):
            spool.append(None, b"%s%d\n" % (name.encode(), number))
    with segments(folder)[1].open("r+b") as file:
        file.seek(FIRST + 2 * HEAD_SIZE + 3)
        file.write(b"!")
    source = reading(spool)
    assert lines(source.blocks()) == [b"a0", b"a1", b"a2", b"b0", b"c0", b"c1", b"c2"]
    assert source.noticed() == Noticed((Reject(PUSH, "damaged", 1),))


def test_damage_in_the_segment_that_is_written_does_not_stop_what_comes_later(folder: Path) -> None:
    spool = opened(folder, LIMIT)
    source = reading(spool)
    spool.append(None, b"a\n")
    with segments(folder)[0].open("r+b") as file:
        file.seek(FIRST)
        file.write(b"!")
    assert lines(source.blocks()) == []
    spool.append(None, b"b\n")
    assert lines(source.blocks()) == [b"b"]
    assert source.noticed() == Noticed((Reject(PUSH, "damaged", 1),))


def test_a_segment_that_somebody_removed_is_counted(folder: Path) -> None:
    opened(folder, LIMIT).append(None, b"a\n")
    spool = opened(folder, LIMIT)
    spool.append(None, b"b\n")
    source = reading(spool)
    segments(folder)[0].unlink()
    assert lines(source.blocks()) == [b"b"]
    assert source.noticed() == Noticed((Reject(PUSH, "vanished", 1),))


def test_a_spool_that_was_emptied_is_not_taken_for_the_old_one(folder: Path) -> None:
    spool = opened(folder, LIMIT)
    spool.append(None, b"a" * 99 + b"\n")
    source = reading(spool)
    list(source.blocks())
    saves = [source.save(whole=True)]
    segments(folder)[0].unlink()
    opened(folder, LIMIT).append(None, b"b" * 199 + b"\n")
    assert lines(restarted(folder, saves).blocks()) == [b"b" * 199]


def test_a_segment_that_can_not_be_read_is_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(folder, LIMIT)
    source = reading(spool)
    spool.append(None, b"a\n")
    with monkeypatch.context() as patched:
        patched.setattr("exporter.spool.frames.os.pread", _broken)
        assert [lines(source.blocks()), lines(source.blocks())] == [[], []]
    assert source.noticed() == Noticed((Reject(PUSH, "unreadable", 1),))
    assert lines(source.blocks()) == [b"a"]


def _broken(*_: object) -> bytes:
    raise OSError(5, "Input/output error")


def test_many_senders_share_a_wait_for_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(folder, LIMIT)
    spool.append(None, b"first\n")
    waits, all_are_waiting = 0, threading.Event()
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        nonlocal waits
        waits += 1
        all_are_waiting.wait(20)
        fsync(descriptor)

    monkeypatch.setattr("exporter.spool.segments.os.fsync", slow)
    senders = [
        threading.Thread(target=spool.append, args=(str(number), b"%d\n" % number))
        for number in range(16)
    ]
    for sender in senders:
        sender.start()
    deadline = time.monotonic() + 20
    while waits + len(spool._queue) < len(senders):  # noqa: SLF001 - the moment at which all wait
        assert time.monotonic() < deadline
        time.sleep(0.001)
    all_are_waiting.set()
    for sender in senders:
        sender.join()
    assert waits == 2
    got = lines(reading(spool).blocks())
    assert sorted(got) == sorted([b"first", *(b"%d" % n for n in range(16))])


def test_a_closed_spool_takes_nothing(folder: Path) -> None:
    spool = opened(folder, LIMIT)
    spool.append(None, b"a\n")
    spool.close()
    with pytest.raises(SpoolError, match="stopping"):
        spool.append(None, b"b\n")
    assert lines(reading(spool).blocks()) == [b"a"]


def test_a_folder_that_can_not_be_used_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="file/spool: the spool can't be used: Not a directory"):
        opened(tmp_path / "file" / "spool", LIMIT)


# ---- errors of the disk --------------------------------------------------------------------------


FULL_DISK = """
import resource, sys
from pathlib import Path
from exporter.spool.source import SpoolSource
from exporter.spool.spool import Spool, SpoolError
spool = Spool(Path(sys.argv[1]), 1 << 30)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
for number in range(3):
    spool.append(None, b"%d" % number * 300 + b"\\n")
    for _ in range(2):
        try:
            spool.append(None, b"y" * 2000 + b"\\n")
        except SpoolError as error:
            print(error)
for block in SpoolSource(spool).blocks():
    print(sorted(set(block.data.decode())))
"""


def test_a_disk_that_refuses_keeps_the_spool_readable(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        *["the disk refuses: File too large"] * 6,
        "['\\n', '0', '1', '2']",
    ]
    assert len(segments(folder)) == 3
    source = restarted(folder, [])
    assert [line[:1] for line in lines(source.blocks())] == [b"0", b"1", b"2"]
    assert source.noticed() == Noticed()


def test_a_wait_for_the_disk_that_fails_acknowledges_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = opened(folder, LIMIT)
    spool.append(None, b"a\n")
    with monkeypatch.context() as patched:
        patched.setattr("exporter.spool.segments.os.fsync", _broken)
        with pytest.raises(SpoolError, match="the disk refuses: Input/output error"):
            spool.append(None, b"b\n")
    spool.append(None, b"c\n")
    assert lines(reading(spool).blocks()) == [b"a", b"c"]
    assert lines(restarted(folder, []).blocks()) == [b"a", b"c"]


# ---- kills ---------------------------------------------------------------------------------------


SENDER = """
import sys
from pathlib import Path
from exporter.spool.spool import Spool
spool = Spool(Path(sys.argv[1]), 1 << 30)
for number in range(int(sys.argv[2]), 1 << 30):
    spool.append(str(number), b"%d" % number * 20 + b"\\n")
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_what_was_acknowledged_before_a_kill_counts_once(folder: Path) -> None:
    number = 0
    saves: list[Plain] = []
    got: list[bytes] = []
    for run in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", SENDER, folder, str(number)], cwd=ROOT, stdout=subprocess.PIPE
        ) as sender:
            assert sender.stdout
            for _ in range(20 + 7 * run):
                number = int(sender.stdout.readline()) + 1
            sender.send_signal(signal.SIGKILL)
            rest = sender.stdout.read().split()
        # The sender never knows of the last one, and repeats it.
        number = int(rest[-1]) + 1 if rest else number
        source = restarted(folder, saves)
        got += lines(source.blocks())
        saves.append(source.save(whole=not saves))
        source.committed()
        source.close()
    acknowledged = [b"%d" % n * 20 for n in range(number)]
    assert got[:number] == acknowledged
    assert len(got) - number in {0, 1}


# ---- any order -----------------------------------------------------------------------------------


class AnyOrder(RuleBasedStateMachine):
    """Appending, reading, saving, kills and torn writes, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name) / "spool"
        self.appended: list[tuple[str | None, list[bytes]]] = []
        self.saves: list[Plain] = []
        self.safe: list[bytes] = []
        self.fresh: list[bytes] = []
        self.start()

    def start(self) -> None:
        self.spool = Spool(self.folder, LIMIT)
        self.source = SpoolSource(self.spool)
        self.source.restore([stored(saved) for saved in self.saves])
        self.reading: Iterator[Block] | None = None
        self.whole = not self.saves

    def close(self) -> None:
        self.source.close()
        self.spool.close()

    @rule(
        key=st.sampled_from([None, "a", "b", "c"]), sizes=st.lists(st.integers(0, 60), min_size=1)
    )
    def append(self, key: str | None, sizes: list[int]) -> None:
        number = len(self.appended)
        body = [b"%d:" % number + b"x" * size for size in sizes]
        self.spool.append(key, b"".join(line + b"\n" for line in body))
        self.appended.append((key, body))

    @rule()
    def read_one(self) -> None:
        self.reading = self.reading or self.source.blocks()
        block = next(self.reading, None)
        if block is None:
            self.reading = None
        else:
            self.fresh += block.data.splitlines()

    @rule()
    def read_all(self) -> None:
        self.fresh += lines(self.reading or ())
        self.fresh += lines(self.source.blocks())
        self.reading = None

    @rule(written=st.booleans())
    def save(self, *, written: bool) -> None:
        saved = self.source.save(whole=self.whole)
        self.whole = not written
        if written:
            if saved is not None:
                self.saves.append(saved)
            self.safe += self.fresh
            self.fresh = []
            self.source.committed()

    @rule(torn=st.integers(0, 100))
    def kill(self, torn: int) -> None:
        """Lose all that was not saved; a push may have been under way."""
        self.fresh = []
        self.close()
        last = segments(self.folder)[-1:]
        for path in last:
            with path.open("ab") as file:
                file.write(os.urandom(torn))
        self.start()

    @precondition(lambda self: len(self.saves) > 3)
    @rule()
    def compact(self) -> None:
        """Read all saves back and save them as one, as a new checkpoint is."""
        self.kill(0)
        self.saves = [self.source.save(whole=True)]
        self.whole = False

    def expected(self) -> list[bytes]:
        seen: set[str] = set()
        wanted: list[bytes] = []
        for key, body in self.appended:
            if key is None or key not in seen:
                wanted += body
            if key is not None:
                seen.add(key)
        return wanted

    @invariant()
    def nothing_comes_twice_or_out_of_order(self) -> None:
        got = self.safe + self.fresh
        assert got == self.expected()[: len(got)]

    def teardown(self) -> None:
        self.read_all()
        assert self.safe + self.fresh == self.expected()
        self.close()
        self.temporary.cleanup()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if request.node.name == "runTest":
        monkeypatch.setattr("exporter.spool.source.BLOCK_SIZE", 64)
        monkeypatch.setattr("exporter.spool.spool.SEGMENT_SIZE", 400)
        monkeypatch.setattr("exporter.spool.segments.os.fsync", lambda _: None)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
