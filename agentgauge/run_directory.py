"""The folder that `agentgauge up` works in: generated files, addresses, data and logs."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from generator.model import Artefact

GENERATED = ("alerts", "dashboards")


class InUseError(Exception):
    """Another `agentgauge up` works in this folder."""


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """Places below `root`, which is an absolute path."""

    root: Path

    @property
    def prometheus_config(self) -> Path:
        """What Prometheus is started with; its addresses and rules stand beside it."""
        return self.root / "alerts/prometheus.yml"

    @property
    def alertmanager_config(self) -> Path:
        """What Alertmanager is started with."""
        return self.root / "alerts/alertmanager.yml"

    def data(self, server: str) -> Path:
        """Where a server keeps what it knows."""
        return self.root / "data" / server

    def log(self, process: str) -> Path:
        """Where a process's output goes."""
        return self.root / "output" / f"{process}.log"

    def fill(self, artefacts: Iterable[Artefact], targets: Mapping[str, str]) -> None:
        """Replace the generated files, and write the addresses that Prometheus is to find.

        Args:
            artefacts: What the generator made.
            targets: Texts by their path beside Prometheus' configuration.

        Raises:
            OSError: a file can't be written.

        """
        for folder in GENERATED:
            # A rule file of an earlier run would be loaded too.
            shutil.rmtree(self.root / folder, ignore_errors=True)
        files = {artefact.path: artefact.text for artefact in artefacts}
        files |= {f"alerts/{path}": text for path, text in targets.items()}
        for path, text in files.items():
            place = self.root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")


@contextmanager
def run_directory(wanted: Path | None) -> Iterator[RunDirectory]:
    """Open a folder for one run, and keep others out of it; without a wish, one that is deleted.

    Raises:
        InUseError: another run is in there.
        OSError: it can't be made.

    """
    if wanted is None:
        with tempfile.TemporaryDirectory(prefix="agentgauge-") as temporary:
            yield RunDirectory(Path(temporary))
        return
    root = wanted.resolve()
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUseError(f"another `agentgauge up` is running in {root}") from error
        yield RunDirectory(root)
