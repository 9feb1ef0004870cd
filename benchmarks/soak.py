"""`python -m benchmarks.soak`: many files followed for a while: CPU, memory, descriptors.

A process of its own writes to all files in turn, so many lines a second in total. Every ten seconds
a line is printed. At the end every line must have been counted.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks.followed import followed

_WRITER = """
import sys, time
from pathlib import Path
folder, files, rate, seconds = Path(sys.argv[1]), *map(int, sys.argv[2:])
logs = [(folder / f"agent-{n}.jsonl").open("ab", buffering=0) for n in range(files)]
line = '{{"event_type":"tool_call","agent_id":"agent-{0}","session_id":"s-{1}","tool":"grep",' \\
       '"success":true,"latency_ms":{2},"timestamp":"2026-01-01T00:00:00Z","message":"{3}"}}\\n'
began, written = time.monotonic(), 0
while (passed := time.monotonic() - began) < seconds:
    due = int(passed * rate)
    for number in range(written, due):
        text = line.format(number % 20, number // 5000, number % 4000, "x" * 150)
        logs[number % files].write(text.encode())
    written = due
    time.sleep(0.02)
print(written)
"""


@click.command()
@click.option("--files", default=1000, show_default=True, help="Files that are written to.")
@click.option("--rate", default=5000, show_default=True, help="Lines a second, in total.")
@click.option("--seconds", default=600, show_default=True, help="How long.")
def main(files: int, rate: int, seconds: int) -> None:
    """Follow so many files, and print what it costs."""
    with tempfile.TemporaryDirectory(prefix="agentgauge-soak-") as name:
        folder = Path(name)
        (folder / "logs").mkdir()
        spec = folder / "agents.yaml"
        spec.write_text(
            "version: 1\nfleet: soak\nsources:\n"
            f"  - {{name: logs, file: '{folder}/logs/*.jsonl', preset: hardened-agent}}\n"
        )
        arguments = [str(folder / "logs"), str(files), str(rate), str(seconds)]
        with followed(spec, folder / "state") as one:
            time.sleep(2)
            click.echo(f"idle: {one.resident():.0f} MB resident, {one.descriptors()} descriptors")
            writer = subprocess.Popen(
                [sys.executable, "-c", _WRITER, *arguments], stdout=subprocess.PIPE, text=True
            )
            began, spent, first = time.monotonic(), one.cpu(), one.cpu()
            while writer.poll() is None:
                time.sleep(10)
                now = one.cpu()
                click.echo(
                    f"{time.monotonic() - began:5.0f} s: {(now - spent) / 10:6.1%} of a core, "
                    f"{one.resident():.0f} MB, {one.descriptors()} descriptors, "
                    f"checkpoint {one.metric('agentgauge_checkpoint_bytes') / 1e6:.1f} MB, "
                    f"commit {one.metric('agentgauge_checkpoint_duration_seconds') * 1000:.0f} ms"
                )
                spent = now
            written = int(writer.communicate()[0])
            one.wait_for("agentgauge_lines_total", written)
            share = (one.cpu() - first) / (time.monotonic() - began)
            counted = one.metric("agentgauge_lines_total")
            click.echo(
                f"{share:.1%} of a core in all; {written} lines written, {counted:.0f} counted"
            )


if __name__ == "__main__":
    main()
