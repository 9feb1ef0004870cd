"""What is shown under the names of others is exact over kills."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from tests.exactness.exporter_run import Run, wait_for_lines
from tests.names.reading import read, text
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
THEIRS = ("gen_ai_", "mcp_client_", "claude_code_")


def final(samples: Mapping[str, float]) -> dict[str, float]:
    """Give theirs, but for answers that are observed only after a minute of silence."""
    waits = "gen_ai_client_token_usage_"
    return {
        name: value
        for name, value in samples.items()
        if name.startswith(THEIRS) and not (name.startswith(waits) and "claude" in name)
    }


def named(exposition: str) -> dict[str, float]:
    """Give samples by name and labels, as a run gives them."""
    found = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_nothing_is_lost_and_nothing_counts_twice_over_kills(tmp_path: Path) -> None:
    for name in ("calls.yaml", "agents.yaml"):
        (tmp_path / name).write_text((HERE / name).read_text())
    spec = tmp_path / "agents.yaml"
    spec.write_text(f"{spec.read_text()}timing: {{born_at_zero: 0s}}\n")
    lines = (HERE / "calls.jsonl").read_text().splitlines(keepends=True)
    run = Run(spec, tmp_path / "state")
    run.start()
    try:
        done = 0
        for end in (8, 11, len(lines)):  # amid a session's totals, and a tool call
            with (tmp_path / "calls.jsonl").open("a") as log:
                log.write("".join(lines[done:end]))
            wait_for_lines(run, end)
            run.kill()
            run.start()
            done = end
        once = final(named(text(read(spec))))
        eventually(lambda: final(run.scrape() or {}) == once, "the totals of a single reading")
    finally:
        run.kill()
