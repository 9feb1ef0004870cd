"""`python -m benchmarks.bomb`: a million different labels: memory, scrapes, and the totals.

An exporter follows a log in which every line names another tool. After each tenth its resident
memory and the time of a scrape are printed; at the end every line must be in the totals.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click

from benchmarks.followed import followed

_LINE = (
    '{{"event_type":"tool_call","agent_id":"agent-{0}","session_id":"s-{0}","tool":"tool-{1}-of-'
    'many","success":true,"latency_ms":{2},"timestamp":"2026-01-01T00:00:00Z"}}\n'
)


@click.command()
@click.option("--labels", default=1_000_000, show_default=True, help="Different label values.")
def main(labels: int) -> None:
    """Follow a log whose labels never come twice."""
    with tempfile.TemporaryDirectory(prefix="agentgauge-bomb-") as name:
        folder = Path(name)
        log, spec = folder / "agents.jsonl", folder / "agents.yaml"
        log.touch()
        spec.write_text(
            "version: 1\nfleet: bomb\ntiming: {born_at_zero: 0s}\n"
            f"sources:\n  - {{name: logs, file: {log}, preset: hardened-agent}}\n"
        )
        with followed(spec, folder / "state") as one:
            click.echo(f"{0:>9,} labels: {one.resident():.0f} MB resident")
            for tenth in range(10):
                first, last = labels * tenth // 10, labels * (tenth + 1) // 10
                with log.open("a", encoding="utf-8") as file:
                    file.writelines(_LINE.format(n % 50, n, n % 4000) for n in range(first, last))
                one.wait_for("agentgauge_lines_total", last)
                began = time.perf_counter()
                calls = one.metric("agent_tool_calls_total")
                scrape = (time.perf_counter() - began) * 1000
                click.echo(
                    f"{last:>9,} labels: {one.resident():.0f} MB resident, scrape {scrape:.0f} ms, "
                    f"{calls:,.0f} calls in {one.metric('agentgauge_series'):,.0f} series, "
                    f"{one.metric('agentgauge_overflow_total'):,.0f} overflowed"
                )


if __name__ == "__main__":
    main()
