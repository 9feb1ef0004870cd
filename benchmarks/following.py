"""`python -m benchmarks.following`: lines a second with the checkpoint, and with a memory of keys.

The same log is read by an exporter that follows it: as it is, and with every line's trace id
remembered (`dedupe`). Beside it, `export --once`, which keeps nothing. CPU time without the start.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from benchmarks.exporter import Contender, contenders, run
from benchmarks.followed import followed
from benchmarks.log import write_log

_PRESET = Path(__file__).parents[1] / "spec" / "presets" / "hardened-agent.yaml"
_DEDUPE = "    dedupe: trace_id\n"


def cpu_of_following(folder: Path, log: Path, preset: str, lines: int) -> tuple[float, float]:
    """Follow a log from its start; give the CPU seconds, and the resident memory in MB."""
    spec_path = folder / "agents.yaml"
    spec_path.write_text(
        f"version: 1\nfleet: bench\nsources:\n  - {{name: logs, file: {log}, preset: {preset}}}\n"
    )
    with followed(spec_path, Path(tempfile.mkdtemp(dir=folder))) as one:
        one.wait_for("agentgauge_lines_total", lines)
        return one.cpu(), one.resident()


def preset_with_dedupe(folder: Path) -> Path:
    """Write the hardened-agent preset with a memory of trace ids in its most frequent rules."""
    text = _PRESET.read_text(encoding="utf-8")
    for rule in ("step", "llm-call", "tool"):
        text = text.replace(f"  - name: {rule}\n", f"  - name: {rule}\n{_DEDUPE}", 1)
    path = folder / "with-dedupe.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@click.command()
@click.option("--lines", default=1_000_000, show_default=True, help="Lines of the log.")
def main(lines: int) -> None:
    """Print lines a second and resident memory of each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, empty = folder / "agents.jsonl", folder / "empty.jsonl"
        write_log(log, lines)
        empty.touch()
        once: Contender = contenders()[0]
        plain = lines / (run(once, log).seconds - run(once, empty).seconds)
        click.echo(f"{'export --once':32} {plain:>10,.0f} lines/s")
        start, _ = cpu_of_following(folder, empty, "hardened-agent", 0)
        for title, preset in (
            ("followed, with a checkpoint", "hardened-agent"),
            ("the same, and dedupe", str(preset_with_dedupe(folder))),
        ):
            seconds, resident = cpu_of_following(folder, log, preset, lines)
            speed = lines / (seconds - start)
            click.echo(
                f"{title:32} {speed:>10,.0f} lines/s, {speed / plain:.2f} of --once, "
                f"{resident:.0f} MB resident"
            )


if __name__ == "__main__":
    main()
