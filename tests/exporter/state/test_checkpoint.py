"""The checkpoint: whole or not at all, locked, and never overwritten where it is not understood."""

from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.checkpoint import FILE_NAME, LOCK_NAME, Checkpoint, CheckpointError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def written(folder: Path) -> Path:
    """A folder with three commits, closed."""
    checkpoint = Checkpoint(folder)
    checkpoint.commit({"a": 1}, whole=True)
    checkpoint.commit({"b": [2, "two", b"2"]}, whole=False)
    checkpoint.commit({"c": None}, whole=False)
    checkpoint.close()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(folder: Path) -> str:
    """Give the message with which a folder is refused; nothing in it may change."""
    before = contents(folder)
    with pytest.raises(CheckpointError) as caught:
        Checkpoint(folder).load()
    assert {**contents(folder), **before} == contents(folder)
    return str(caught.value).replace(str(folder), "DIR")


def test_records_come_back_in_their_order(written: Path) -> None:
    checkpoint = Checkpoint(written)
    assert checkpoint.load() == [{"a": 1}, {"b": [2, "two", b"2"]}, {"c": None}]
    checkpoint.close()


def test_a_record_of_everything_stands_alone(written: Path) -> None:
    checkpoint = Checkpoint(written)
    checkpoint.commit({"all": True}, whole=True)
    checkpoint.commit({"more": True}, whole=False)
    assert checkpoint.load() == [{"all": True}, {"more": True}]
    checkpoint.close()


def test_everything_is_wanted_first_and_when_changes_outgrow_it(folder: Path) -> None:
    checkpoint = Checkpoint(folder)
    assert checkpoint.wants_whole
    checkpoint.commit({"size": b"x" * 3_000_000}, whole=True)
    wanted = []
    for _ in range(5):
        wanted.append(checkpoint.wants_whole)
        checkpoint.commit({"size": b"x" * 900_000}, whole=False)
    assert wanted == [False, False, False, False, True]
    checkpoint.close()


def test_a_second_exporter_is_told_of_the_first(folder: Path) -> None:
    first = Checkpoint(folder)
    with pytest.raises(CheckpointError, match=r"another exporter is using .*state.*--state-dir"):
        Checkpoint(folder)
    first.close()
    Checkpoint(folder).close()


def test_a_folder_that_cannot_be_made_is_named_with_what_helps(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match=r"file/state can't be written .*--state-dir"):
        Checkpoint(tmp_path / "file" / "state")


def test_a_file_of_another_program_is_refused(folder: Path) -> None:
    folder.mkdir()
    db = sqlite3.connect(folder / FILE_NAME)
    db.execute("CREATE TABLE songs (title TEXT)")
    db.commit()
    db.close()
    said = refused(folder)
    assert said == f"DIR/{FILE_NAME} is not a checkpoint of agentgauge; choose another --state-dir"


def test_a_file_that_is_no_database_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(b"these are the days of our lives\n" * 200)
    assert "is damaged (it is no database); nothing was changed" in refused(folder)


def test_a_newer_versions_checkpoint_is_refused(written: Path) -> None:
    db = sqlite3.connect(written / FILE_NAME)
    db.execute("PRAGMA user_version = 999")
    db.commit()
    db.close()
    assert "was written by a newer version of agentgauge (format 999" in refused(written)


@pytest.mark.parametrize("left", [0, 100, 4096, 6000])
def test_a_torn_file_is_refused(written: Path, left: int) -> None:
    data = (written / FILE_NAME).read_bytes()
    (written / FILE_NAME).write_bytes(data[:left])
    assert "is damaged" in refused(written)


def test_a_file_that_is_gone_though_commits_were_made_is_refused(written: Path) -> None:
    (written / FILE_NAME).unlink()
    said = refused(written)
    assert "is damaged (it is empty)" in said
    assert "move DIR away to begin anew" in said


def test_a_bit_that_has_turned_is_found(written: Path) -> None:
    data = bytearray((written / FILE_NAME).read_bytes())
    at = data.index(b"two")
    data[at] ^= 1
    (written / FILE_NAME).write_bytes(data)
    assert "is damaged (a record's sum is wrong)" in refused(written)


def test_a_log_that_lost_its_end_is_refused_and_not_taken_for_the_past(folder: Path) -> None:
    # SQLite itself drops what is torn at the log's end, and goes back in time without a word.
    program = f"""
        from pathlib import Path; import os, signal
        from exporter.checkpoint import Checkpoint
        checkpoint = Checkpoint(Path({str(folder)!r}))
        for number in range(20):
            checkpoint.commit({{"number": number}}, whole=False)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert ended.returncode == -signal.SIGKILL
    log = folder / f"{FILE_NAME}-wal"
    log.write_bytes(log.read_bytes()[:-5000])
    with pytest.raises(CheckpointError, match=r"it ends at commit \d+, and 20 were made"):
        Checkpoint(folder)


def test_a_full_disk_costs_nothing_but_time(folder: Path) -> None:
    """A limit on the size of files stands for the disk: the error is as hard, and as sudden."""
    program = f"""
        import resource
        from pathlib import Path
        from exporter.checkpoint import Checkpoint, CheckpointError
        checkpoint = Checkpoint(Path({str(folder)!r}))
        checkpoint.commit({{"first": 1}}, whole=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
        for _ in range(3):
            try:
                checkpoint.commit({{"large": bytes(100_000)}}, whole=False)
                print("written")
            except CheckpointError as error:
                print(error)
        print(checkpoint.load())
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        checkpoint.commit({{"last": 2}}, whole=False)
        print(checkpoint.load())
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=True, capture_output=True, text=True
    )
    lines = ended.stdout.splitlines()
    assert all("checkpoint.db can't be written: the disk" in line for line in lines[:3])
    assert lines[3:] == ["[{'first': 1}]", "[{'first': 1}, {'last': 2}]"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 60_000


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 60))
def test_a_kill_at_any_moment_leaves_what_was_committed(number: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        program = f"""
            from pathlib import Path
            from exporter.checkpoint import Checkpoint
            checkpoint = Checkpoint(Path({place!r}))
            print("ready", flush=True)
            for number in range(10_000):
                checkpoint.commit({{"number": number}}, whole=number % 50 == 0)
                print(number, flush=True)
        """
        command = [sys.executable, "-c", textwrap.dedent(program)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(number + 1):
                process.stdout.readline()
            process.kill()
            told = [int(line) for line in process.stdout.read().split() if line.isdigit()]
        checkpoint = Checkpoint(Path(place))
        numbers = [record["number"] for record in checkpoint.load()]
        checkpoint.close()
        assert numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else True
        assert (numbers[-1] if numbers else -1) >= max(told, default=number - 1)


def test_the_lock_file_tells_the_last_commit(written: Path) -> None:
    assert (written / LOCK_NAME).read_text() == "00000000000000000003\n"


def test_a_checkpoint_that_could_not_even_be_opened_for_a_while_goes_on(folder: Path) -> None:
    checkpoint = Checkpoint(folder)
    checkpoint.commit({"first": 1}, whole=True)
    checkpoint._db.close()  # noqa: SLF001 - as after an error of the disk
    aside = folder / "aside"
    (folder / FILE_NAME).rename(aside)
    (folder / FILE_NAME).mkdir()
    for _ in range(2):
        with pytest.raises(CheckpointError, match=r"checkpoint\.db can't be (written|read)"):
            checkpoint.commit({"second": 2}, whole=True)
    (folder / FILE_NAME).rmdir()
    aside.rename(folder / FILE_NAME)
    checkpoint.commit({"third": 3}, whole=True)
    assert checkpoint.load() == [{"third": 3}]
    checkpoint.close()
