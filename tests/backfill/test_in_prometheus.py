"""Histories in a real Prometheus: its queries say what the logs say, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.backfill.histories import at, backfill, once, prometheus, samples, take_in, value
from tests.backfill.test_history import NOON, SMALL, event, write
from tests.preset_logs import needs_real_logs, real

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agentgauge.servers import Server

HOUR = 3600
CALLS_PER_HOUR = (30, 0, 120)
CALLS = 'agent_llm_requests_total{instance="made"}'
REAL = real()
# So long before its end a real history may begin: what was before still counts.
LATE = 1800


TOKENS = "agent_token_usage_total"
TOTALS = {
    ("claude-code", f'{TOKENS}{{type="input"}}'): 4_211,
    ("claude-code", f'{TOKENS}{{type="output"}}'): 42_170,
    ("claude-code", f'{TOKENS}{{type="cache_read"}}'): 16_734_173,
    ("claude-code", f'{TOKENS}{{type="cache_write"}}'): 334_192,
    ("claude-code", "agent_tool_calls_total"): 220,
    ("codex", f'{TOKENS}{{type=~"input|cache_read"}}'): 7_502_398,
    ("codex", f'{TOKENS}{{type="cache_read"}}'): 7_075_200,
    ("codex", f'{TOKENS}{{type=~"output|reasoning"}}'): 37_198,
    ("codex", 'agent_tool_calls_total{tool="exec_command"}'): 71,
    ("pi", "agent_cost_usd_total"): 30.330198,
    ("pi", f'{TOKENS}{{type="cache_read"}}'): 43_229_469,
    ("pi", 'agent_tool_calls_total{outcome="abandoned"}'): 18,
    ("aider", "agent_cost_usd_total"): 1.239836,
    ("aider", f'{TOKENS}{{type="input"}}'): 782_715,
    ("swe-agent", "agent_cost_usd_total"): 0.55791,
    ("swe-agent", f'{TOKENS}{{type="input"}}'): 60_002,
    ("openhands", "agent_cost_usd_total"): 1.223646,
}
"""What a correct reading of the real logs gives, summed over all other labels."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, int]]]:
    """Run one Prometheus with a history for each instance; give their last moments too."""
    folder = tmp_path_factory.mktemp("backfill")
    calls = [
        event(hour * HOUR + 5 + HOUR * n // count, took=0.2, usd=0.25)
        for hour, count in enumerate(CALLS_PER_HOUR)
        for n in range(count)
    ]
    log = write(folder / "made.jsonl", [*calls, event(3 * HOUR - 60, "load", load=0.5)])
    backfill("--preset", SMALL, log, "--to", folder / "made", "--label", "instance=made")
    for preset, path in REAL.items():
        whole = folder / f"whole-{preset}"
        backfill("--preset", preset, path, "--to", whole)
        since = datetime.fromtimestamp(_end(whole) - LATE, UTC).isoformat()
        options = ("--from", since, "--label", f"instance={preset}")
        backfill("--preset", preset, path, "--to", folder / preset, *options)
    ends = {name: _end(folder / name) for name in ("made", *REAL)}
    for name in ends:
        take_in(folder / name, folder / "data")
    with prometheus(folder / "data") as running:
        yield running, ends


def _end(history: Path) -> int:
    return max(time for rows in samples(history).values() for time, _ in rows)


@pytest.mark.parametrize(("hour", "calls"), list(enumerate(CALLS_PER_HOUR)))
def test_the_increase_of_an_hour_is_what_happened_in_it(
    server: tuple[Server, dict[str, int]], hour: int, calls: int
) -> None:
    running, _ = server
    end = NOON + (hour + 1) * HOUR
    increase = value(running, end, f"increase({CALLS}[1h])")
    assert increase == pytest.approx(calls, rel=0.05)
    cost = value(running, end, 'increase(agent_cost_usd_total{instance="made"}[1h])')
    assert cost == pytest.approx(calls / 4, rel=0.05)


def test_the_difference_between_two_moments_is_exact(
    server: tuple[Server, dict[str, int]],
) -> None:
    running, _ = server
    for hour, calls in enumerate(CALLS_PER_HOUR[1:], 1):
        assert value(running, NOON + (hour + 1) * HOUR, f"{CALLS} - {CALLS} offset 1h") == calls


def test_every_five_minutes_hold_a_rate_also_while_nothing_happens(
    server: tuple[Server, dict[str, int]],
) -> None:
    running, _ = server
    silent = NOON + 1.5 * HOUR
    assert value(running, silent, f"rate({CALLS}[5m])") == 0
    assert value(running, silent, f"count(count_over_time({CALLS}[1h]) >= 30)") == 1
    assert value(running, NOON + 2.5 * HOUR, f"rate({CALLS}[5m])") == pytest.approx(1 / 30, rel=0.3)


def test_quantiles_and_gauges_are_those_of_their_time(
    server: tuple[Server, dict[str, int]],
) -> None:
    running, _ = server
    buckets = 'agent_llm_latency_seconds_bucket{instance="made"}'
    quantile = f"histogram_quantile(0.5, sum by (le) (rate({buckets}[30m])))"
    assert 0.1 < value(running, NOON + 2.5 * HOUR, quantile) <= 0.25
    load = value(running, NOON + 3 * HOUR, 'agent_resource_utilization_ratio{instance="made"}')
    assert load == 0.5


@needs_real_logs
@pytest.mark.parametrize("preset", list(REAL))
def test_the_totals_of_real_logs_are_those_of_export_once(
    server: tuple[Server, dict[str, int]], preset: str
) -> None:
    running, ends = server
    found = at(running, ends[preset], f'{{job="agentgauge",instance="{preset}"}}')
    assert found == pytest.approx(once(preset, REAL[preset]))


@needs_real_logs
@pytest.mark.parametrize(("preset", "selector"), list(TOTALS))
def test_queries_give_the_known_totals_of_real_logs(
    server: tuple[Server, dict[str, int]], preset: str, selector: str
) -> None:
    running, ends = server
    name, _, matchers = selector.rstrip("}").partition("{")
    every = f'{name}{{instance="{preset}",{matchers}}}'
    total = value(running, ends[preset], f"sum({every})")
    assert total == pytest.approx(TOTALS[preset, selector], rel=0, abs=1e-6)
