"""A full disk, a missing permission, a torn checkpoint: a clear message, and never a wrong number.

Run as root, the exporter is run as nobody: what root may do, no permission stops.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exporter.checkpoint import FILE_NAME
from tests.exactness.exporter_run import Run, Scraper, wait_for_lines
from tests.exactness.kill import differences, spec_for
from tests.exactness.logs import Log
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that nobody owns, outside of pytest's, which only the owner may enter."""
    with tempfile.TemporaryDirectory(prefix="agentgauge-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("logs", "state"):
            (folder / part).mkdir()
            if os.geteuid() == 0:
                os.chown(folder / part, 65534, 65534)
        yield folder


@pytest.fixture
def log(folder: Path) -> Iterator[Log]:
    log = Log(folder / "logs", "a.log", "rename", seed=1)
    yield log
    log.close()


def unprivileged(*before: str) -> tuple[str, ...]:
    """Give what stands before a command, for nobody to run it."""
    return (*before, *(NOBODY if os.geteuid() == 0 else ()))


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    run = Run(spec_for(folder), folder / "state", prefix=unprivileged())
    yield run
    run.kill()


def test_on_a_full_disk_nothing_new_is_shown_and_nothing_is_lost(folder: Path, log: Log) -> None:
    # A limit on the size of files stands for the disk: what is written fails just the same.
    limit = 300_000
    limited = ("prlimit", f"--fsize={limit}:unlimited", "--")
    run = Run(spec_for(folder), folder / "state", prefix=unprivileged(*limited))
    run.start()
    scraper = Scraper(run)
    try:
        log.write(100)
        wait_for_lines(run, log.lines)

        def failed() -> bool:
            log.write(200)
            return "checkpoint.db can't be written: the disk" in run.log.read_text()

        eventually(failed, "message of the full disk")
        log.rotate()
        log.write(500)
        samples = run.scrape()
        assert samples is not None
        shown = sum(v for k, v in samples.items() if k.startswith("agentgauge_lines_total"))
        assert shown < log.lines
        with urllib.request.urlopen(f"{run.url}/", timeout=5) as page:  # noqa: S310 - of this machine
            assert "Waiting for the disk" in page.read().decode()
        run.kill()  # what was not safe must be read again
        run.start()
        time.sleep(1)
        lift = [*unprivileged(), "prlimit", f"--pid={run.pid}", "--fsize=unlimited"]
        subprocess.run(lift, check=True)
        samples = wait_for_lines(run, log.lines)
        assert differences(samples, log.totals) == []
    finally:
        scraper.end()
        run.kill()
    assert scraper.decreases == []


def test_a_log_that_may_not_be_read_goes_on_where_it_was_when_it_may(
    folder: Path, log: Log, run: Run
) -> None:
    run.start()
    log.write(100)
    wait_for_lines(run, log.lines)
    path = folder / "logs" / "a.log"
    path.chmod(0)
    run.kill()
    log.write(100)
    run.start()
    unreadable = "agentgauge_rejects_total{reason=unreadable,rule=file,source=logs}"

    def counted() -> bool:
        return (run.scrape() or {}).get(unreadable) == 1

    eventually(counted, "reject of an unreadable file")
    assert "can't be read" in run.log.read_text()
    path.chmod(0o644)
    samples = wait_for_lines(run, log.lines)
    assert differences(samples, log.totals) == []


@pytest.mark.parametrize("how", ["torn", "foreign", "gone"])
def test_a_checkpoint_that_is_damaged_is_refused_and_one_put_back_goes_on(
    folder: Path, log: Log, run: Run, how: str
) -> None:
    run.start()
    log.write(300)
    wait_for_lines(run, log.lines)
    run.kill()
    kept = folder / "kept"
    shutil.copytree(folder / "state", kept)
    file = folder / "state" / FILE_NAME
    if how == "torn":
        for path in file.parent.glob(f"{FILE_NAME}*"):
            os.truncate(path, path.stat().st_size // 2)
    elif how == "foreign":
        file.write_bytes(b"something else\n" * 1000)
    else:
        for path in file.parent.glob(f"{FILE_NAME}*"):
            path.unlink()
    run.start()
    assert run.wait() == 1
    said = run.log.read_text().splitlines()[-1]
    assert f"{FILE_NAME} is damaged" in said
    assert "Put back a copy of the folder, or move" in said
    for path in file.parent.iterdir():
        path.unlink()
    for path in kept.iterdir():
        shutil.copy2(path, file.parent)
        if os.geteuid() == 0:
            os.chown(file.parent / path.name, 65534, 65534)
    log.write(100)
    run.start()
    samples = wait_for_lines(run, log.lines)
    assert differences(samples, log.totals) == []


def test_a_second_exporter_on_one_state_exits_with_a_sentence(folder: Path, run: Run) -> None:
    run.start()
    wait_for_lines(run, 0)
    second = Run(spec_for(folder), folder / "state", prefix=unprivileged())
    second.start()
    assert second.wait() == 1
    assert "another exporter is using" in second.log.read_text()


def test_a_state_folder_that_may_not_be_written_is_named(folder: Path) -> None:
    (folder / "state").chmod(0o555)
    run = Run(spec_for(folder), folder / "state", prefix=unprivileged())
    run.start()
    assert run.wait() == 1
    assert "state can't be written (Permission denied)" in run.log.read_text()
