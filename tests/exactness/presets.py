"""Follows logs of all presets while they are written, and kills the exporter again and again.

    python -m tests.exactness.presets --kills 30 --logs DIR

DIR holds a folder of logs for each preset, named by it; without it, the presets' own small logs are
taken. Logs of all presets are written at the same time, in pieces, documents in several versions;
the files of one preset one after the other, because some are copies of others that go on. At the
end the exporter must show what reading the whole files at once gives; only that a start without an
end still waits for it.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click
from prometheus_client.parser import text_string_to_metric_families

from exporter.assembly import Exporter, Settings
from exporter.store.exposition import families_of
from spec.load import load_preset, load_spec, preset_names
from tests.exactness.exporter_run import Run, Scraper
from tests.preset_logs import made

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PIECES = 12
"""Pieces in which a file is written, about."""

PATIENCE = 60.0
"""Seconds in which everything must be right at the end."""

MORE = 3.0
"""Seconds until a kill, at most, after the exporter answers."""

# The exporter's own, and lists of those that lead just now.
_OTHERS = ("agentgauge_", "agent_session_")


@dataclass(slots=True)
class Writing:
    """A file in the making: what is to be written, piece by piece, or version by version."""

    path: Path
    pieces: Iterator[bytes]
    whole: bool
    done: bool = False

    def write(self) -> None:
        """Write the next piece, or put the next version in the place of the last one."""
        piece = next(self.pieces, None)
        if piece is None:
            self.done = True
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.whole:
            fresh = self.path.with_suffix(".fresh")
            fresh.write_bytes(piece)
            fresh.replace(self.path)
            return
        with self.path.open("ab") as file:
            file.write(piece)


@dataclass(slots=True)
class Outcome:
    """What came out: kills, bytes written, scrapes, and everything that is wrong."""

    kills: int
    bytes: int
    scrapes: int
    wrong: list[str] = field(default_factory=list)


def follow(logs: Mapping[str, Path], folder: Path, kills: int, seed: int) -> Outcome:
    """Do it, below an empty folder: `logs` by preset, each a file or a folder."""
    chosen = random.Random(seed)
    spec = _spec(folder, logs)
    left = [list(_writings(preset, log, folder, chosen)) for preset, log in logs.items()]
    files = [one for of_preset in left for one in of_preset]
    share = len(files) * PIECES // (3 * kills + 1) + 1
    run = Run(spec, folder / "state")
    run.start()
    scraper = Scraper(run)
    try:
        lines = 0.0
        for _ in range(kills):
            left = _write(left, share, chosen)
            lines = _await_more(run, lines)
            left = _write(left, share, chosen)
            time.sleep(chosen.uniform(0, 0.7))
            run.kill()
            left = _write(left, share, chosen)
            run.start()
        _write(left, sys.maxsize, chosen)
        wrong = _differences(run, _wanted(spec))
    finally:
        scraper.end()
        run.kill()
    size = sum(one.path.stat().st_size for one in files)
    return Outcome(kills, size, scraper.scrapes, scraper.decreases + wrong)


def _spec(folder: Path, logs: Mapping[str, Path]) -> Path:
    """Write a spec with a source for each preset, whose series can be told apart."""
    sources = "".join(
        f"  - {{name: {preset}, file: {folder}/logs/{preset}, preset: {preset}, "
        f"labels: {{log: {preset}}}}}\n"
        for preset in logs
    )
    spec = folder / "agents.yaml"
    spec.write_text(f"version: 1\nfleet: exact\ntiming: {{born_at_zero: 0s}}\nsources:\n{sources}")
    return spec


def _writings(preset: str, log: Path, folder: Path, chosen: random.Random) -> Iterator[Writing]:
    """Give the files of a preset's logs, each to be written where the exporter looks."""
    document = load_preset(preset)[0].format == "document"
    paths = [log] if log.is_file() else sorted(path for path in log.rglob("*") if path.is_file())
    for path in paths:
        name = path.name if log.is_file() else str(path.relative_to(log))
        data = path.read_bytes()
        pieces = _versions(data) if document else _pieces(data, chosen)
        yield Writing(folder / "logs" / preset / name, pieces, whole=document)


def _pieces(data: bytes, chosen: random.Random) -> Iterator[bytes]:
    """Cut anywhere, within lines too; the last line is finished."""
    if not data.endswith(b"\n"):
        data += b"\n"
    cuts = sorted({0, len(data), *(chosen.randrange(len(data)) for _ in range(PIECES - 1))})
    return (data[start:end] for start, end in itertools.pairwise(cuts))


def _versions(data: bytes) -> Iterator[bytes]:
    """Give a run's document as it is after some steps, and then as a whole."""
    try:
        document = json.loads(data)
    except ValueError:
        return iter((data,))
    if not isinstance(document, dict) or not isinstance(document.get("trajectory"), list):
        return iter((data,))
    begun = {**document, "trajectory": document["trajectory"][:1], "info": {}}
    return iter((json.dumps(begun).encode(), data))


def _write(left: list[list[Writing]], most: int, chosen: random.Random) -> list[list[Writing]]:
    """Write pieces of the first files of any presets; give what is not whole yet."""
    while left and most:
        of_preset = chosen.choice(left)
        of_preset[0].write()
        most -= 1
        if of_preset[0].done:
            del of_preset[0]
            left = [other for other in left if other]
    return left


def _await_more(run: Run, lines: float) -> float:
    """Wait until more lines are read and safe; give how many there are now.

    Pieces may be parts of one line: then there are no more, and the wait is over after a while.
    """
    asked = None
    while True:
        samples = run.scrape()
        assert run.running, run.log.read_text()
        if samples is not None:
            asked = asked or time.monotonic()
            read = sum(v for k, v in samples.items() if k.startswith("agentgauge_lines_total"))
            if read > lines or time.monotonic() - asked > MORE:
                return read
        time.sleep(0.02)


def _wanted(spec: Path) -> dict[str, float]:
    """Read the files that are there now at once, in this process; what is open stays open."""
    read = load_spec(spec)
    exporter = Exporter(Settings(read.fleet, "1", serves=True), read.sources, read.families)
    for lane in exporter.lanes:
        for block in itertools.chain(lane.source.blocks(), lane.source.finish()):
            lane.engine.apply(block)
    exporter.committer.commit()
    texts = [text for store in exporter.stores for _, text in families_of(store.all_tables(), 0.0)]
    found = {}
    for family in text_string_to_metric_families("".join(texts)):
        for one in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(one.labels.items()))
            found[f"{one.name}{{{labels}}}"] = one.value
    return _agents(found)


def _agents(samples: Mapping[str, float]) -> dict[str, float]:
    plain = {name.removeprefix("gauge:"): value for name, value in samples.items()}
    return {name: value for name, value in plain.items() if not name.startswith(_OTHERS)}


def _differences(run: Run, wanted: Mapping[str, float]) -> list[str]:
    """Compare what is shown, as soon as it is right, with what is wanted; or after a while."""
    deadline = time.monotonic() + PATIENCE
    while True:
        shown = _agents(run.scrape() or {})
        wrong = [
            f"{name}: {shown.get(name)} instead of {wanted.get(name)}"
            for name in sorted({*shown, *wanted})
            if not _same(shown.get(name), wanted.get(name))
        ]
        if not wrong or time.monotonic() > deadline:
            return wrong
        time.sleep(0.1)


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-9 * max(1.0, abs(one))


@click.command()
@click.option("--kills", default=30, show_default=True, help="Times that it is killed.")
@click.option("--seed", type=int, help="What happens when; by chance unless given.")
@click.option("--logs", type=click.Path(exists=True, path_type=Path), help="Logs by preset.")
def main(kills: int, seed: int | None, logs: Path | None) -> None:
    """Kill the exporter again and again; exit with 1 if anything was wrong."""
    seed = random.randrange(10**6) if seed is None else seed
    names = preset_names()
    found = {path.name: path for path in logs.iterdir() if path.name in names} if logs else None
    with tempfile.TemporaryDirectory(prefix="agentgauge-presets-") as folder:
        outcome = follow(found or made(), Path(folder), kills, seed)
    click.echo(
        f"seed {seed}: {outcome.kills} kills, {outcome.bytes} bytes, {outcome.scrapes} scrapes, "
        f"{len(outcome.wrong)} wrong"
    )
    for line in outcome.wrong[:50]:
        click.echo(line)
    sys.exit(bool(outcome.wrong))


if __name__ == "__main__":
    main()
