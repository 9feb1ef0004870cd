"""`python -m benchmarks.sessions`: MB a second of real agents' logs, beside parsing them alone.

Without PATH it reads made sessions of Claude Code, of the same kinds and sizes of lines as a real
one of 2.9 MB: three in four are progress, a tool's result is long, a request stands on two lines.
The start (imports, the preset) is not counted; the compiling of rules is, some 40 ms.
"""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from exporter.assembly import Exporter, Settings
from spec.load import load_preset
from spec.model import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (2.9, 29.0)
"""Of the made sessions, in MB."""

_START = datetime(2026, 1, 1, tzinfo=UTC)
_TOOLS = ("Bash", "Read", "Edit", "Grep", "Glob", "Write")
# A turn: a thought, a text, a call with its progress and its result. Bytes of text as measured.
_THINKING, _TEXT, _INPUT, _RESULT, _PROGRESS = 2400, 500, 700, 8000, 400
_HOOKS, _BASH = 5, 1


def write_session(path: Path, megabytes: float, seed: int = 1) -> None:
    """Write a session of about so many MB; the same bytes for the same seed."""
    chance = random.Random(seed)  # noqa: S311 (no secret: the same bytes every time)
    written, turn = 0, 0
    with path.open("w", encoding="utf-8") as file:
        while written < megabytes * 1e6:
            turn += 1
            for line in _turn(turn, chance):
                written += file.write(json.dumps(line, separators=(",", ":")) + "\n")


def _turn(number: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    at = _START + timedelta(seconds=20 * number)
    tool, call = chance.choice(_TOOLS), f"toolu_{number:08}"
    usage = {
        "input_tokens": chance.randrange(1, 40), "cache_creation_input_tokens": 1900,
        "cache_read_input_tokens": 40_000 + 300 * number, "output_tokens": 3,
    }  # fmt: skip
    blocks: list[dict[str, Any]] = [{"type": "text", "text": "t" * _TEXT}]
    if number % 8 == 0:
        blocks.insert(0, {"type": "thinking", "thinking": "t" * _THINKING, "signature": "s" * 400})
    blocks.append({"type": "tool_use", "id": call, "name": tool, "input": {"of": "i" * _INPUT}})
    for block in blocks:
        message = {
            "id": f"msg_{number:08}", "type": "message", "role": "assistant",
            "model": "claude-opus-4-6", "content": [block], "usage": usage,
        }  # fmt: skip
        yield _line("assistant", at, requestId=f"req_{number:08}", message=message)
        usage = {**usage, "output_tokens": chance.randrange(40, 900)}
    for progress in range(_HOOKS + _BASH):
        kind = "hook_progress" if progress < _HOOKS else "bash_progress"
        data = {"type": kind, "output": "p" * _PROGRESS}
        yield _line("progress", at, toolUseID=call, data=data)
    result = {"type": "tool_result", "tool_use_id": call, "content": "r" * _RESULT}
    message = {"role": "user", "content": [{**result, "is_error": chance.random() < 0.08}]}  # noqa: PLR2004
    yield _line("user", at + timedelta(seconds=3), message=message)


def _line(kind: str, at: datetime, **more: object) -> dict[str, object]:
    return {
        "parentUuid": "00000000-0000-4000-8000-000000000000", "isSidechain": False,
        "userType": "external", "cwd": "/home/user/project", "sessionId": "bench",
        "version": "2.1.0", "type": kind, **more,
        "uuid": "00000000-0000-4000-8000-000000000001", "timestamp": at.isoformat(),
    }  # fmt: skip


def read_once(preset: str, path: Path) -> float:
    """Read a log to its end; give the seconds that it took, without the start."""
    mapping, families = load_preset(preset)
    exporter = Exporter(
        Settings(preset, "1"), (Source(preset, (str(path),), (mapping,), {}),), families
    )
    began = time.perf_counter()
    exporter.pipeline.run_once()
    return time.perf_counter() - began


def parse_once(path: Path) -> float:
    """Parse every line into dicts, and do nothing with them; give the seconds."""
    began = time.perf_counter()
    with path.open("rb") as file:
        for line in file:
            orjson.loads(line)
    return time.perf_counter() - began


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--preset", default="claude-code", show_default=True, help="What PATH is read by.")
@click.option("--rounds", default=9, show_default=True, help="Times that it is read.")
def main(path: Path | None, preset: str, rounds: int) -> None:
    """Print seconds and MB a second of reading logs, and the ratio to parsing them alone."""
    if path is not None:
        report(preset, path, rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        for megabytes in SIZES:
            made = Path(folder, "session.jsonl")
            write_session(made, megabytes)
            report(preset, made, rounds)


def report(preset: str, path: Path, rounds: int) -> None:
    """Read a log so many times, and print the medians."""
    size = path.stat().st_size / 1e6
    reads = statistics.median(read_once(preset, path) for _ in range(rounds))
    parses = statistics.median(parse_once(path) for _ in range(rounds))
    click.echo(
        f"{preset}: {size:.1f} MB read in {reads:.3f} s, {size / reads:,.0f} MB/s; orjson.loads "
        f"alone {size / parses:,.0f} MB/s; ratio {parses / reads:.2f}"
    )


if __name__ == "__main__":
    main()
