"""Logs that real agents wrote, where they are at hand: the presets give their known totals."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from exporter.assembly import Exporter, Settings
from exporter.model import Block
from spec.load import load_preset
from spec.model import Source
from tests.compiled import Compiled
from tests.preset_logs import REAL, needs_real_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

BLOCK_LINES = 40
ORDERS: dict[str, Callable[[list[Path]], list[Path]]] = {
    "first to last": sorted,
    "last to first": lambda files: sorted(files, reverse=True),
}

pytestmark = needs_real_logs


@dataclass
class Totals:
    """What a preset made of some files: sums by family and labels."""

    samples: list[tuple[str, dict[str, str], float]] = field(default_factory=list)

    def by(self, family: str, *names: str, **where: str) -> dict[object, float]:
        """Add up a family by some labels; one name gives plain keys. Zeros are left out."""
        found: defaultdict[object, float] = defaultdict(float)
        for name, labels, value in self.samples:
            if name == family and where.items() <= labels.items():
                key = tuple(labels[one] for one in names)
                found[key[0] if len(key) == 1 else key] += value
        return {key: value for key, value in found.items() if value}

    def all(self, family: str, **where: str) -> float:
        """Add up a family."""
        return sum(self.by(family, "agent", **where).values())


@cache
def once(preset: str) -> Totals:
    """Read a folder as `export --once` does."""
    mapping, families = load_preset(preset)
    source = Source(preset, (str(REAL / preset),), (mapping,), {})
    exporter = Exporter(Settings(preset, "1"), (source,), families)
    exporter.pipeline.run_once()
    return totals_of(exporter.metrics()[1].decode())


def totals_of(exposition: str) -> Totals:
    families = parse(exposition)
    return Totals([(s.name, s.labels, s.value) for family in families for s in family.samples])


def feed(preset: str, blocks: Iterable[Block]) -> Totals:
    """Let a preset take blocks of lines."""
    mapping, families = load_preset(preset)
    engine = Compiled((mapping,), families)
    for block in blocks:
        engine.engine.apply(block)
    engine.engine.finish()
    text = engine.text()
    rejects = [
        ("agentgauge_rejects_total", {"rule": rule, "reason": reason}, float(count))
        for (rule, reason), count in engine.rejects().items()
    ]
    return Totals(totals_of(text).samples + rejects)


def logs(preset: str) -> list[Path]:
    return [path for path in (REAL / preset).rglob("*") if path.is_file()]


def by_turns(files: list[Path]) -> list[Block]:
    """Give the files' lines as they come when all of them grow at once."""
    cut = []
    for path in files:
        lines = path.read_bytes().splitlines(keepends=True)
        cut.append([
            Block(str(path), b"".join(lines[at : at + BLOCK_LINES]))
            for at in range(0, len(lines), BLOCK_LINES)
        ])  # fmt: skip
    return [block for turn in zip_longest(*cut) for block in turn if block]


def counters(totals: Totals) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Give the agents' counters; money to a billionth, for it is added up as it comes.

    Sessions are left out: they are counted beside the mapping.
    """
    return {
        (name, tuple(sorted(labels.items()))): round(value, 9)
        for name, labels, value in totals.samples
        if name.startswith("agent_") and name.endswith("_total") and name != "agent_sessions_total"
    }


def rejected(totals: Totals) -> list[tuple[str, dict[str, str], float]]:
    return [sample for sample in totals.samples if sample[0] == "agentgauge_rejects_total"]


def test_claude_code() -> None:
    read = once("claude-code")
    assert read.by("agent_llm_requests_total", "model", "outcome") == {
        ("claude-opus-4-6", "success"): 161, ("claude-haiku-4-5-20251001", "success"): 13,
    }  # fmt: skip
    assert read.by("agent_token_usage_total", "type") == {
        "input": 4211, "output": 42170, "cache_write": 334192, "cache_read": 16734173,
    }  # fmt: skip
    assert read.by("agent_token_usage_total", "type", model="claude-haiku-4-5-20251001") == {
        "input": 94, "output": 33, "cache_write": 13554, "cache_read": 299487,
    }  # fmt: skip
    calls = read.by("agent_tool_calls_total", "tool")
    assert (sum(calls.values()), calls["Bash"], calls["Read"]) == (220, 92, 49)
    assert read.by("agent_tool_calls_total", "outcome") == {"success": 203, "failure": 17}
    assert read.by("agent_llm_requests_total", "agent") == {
        "claude-code": 160, "claude-code-subagent": 13, "claude-code-compaction": 1,
    }  # fmt: skip


def test_codex() -> None:
    read = once("codex")
    assert read.by("agent_token_usage_total", "model", "type") == {
        ("gpt-5.3-codex", "input"): 7502398 - 7075200,
        ("gpt-5.3-codex", "cache_read"): 7075200,
        ("gpt-5.3-codex", "output"): 37198 - 18379,
        ("gpt-5.3-codex", "reasoning"): 18379,
    }
    calls = read.by("agent_tool_calls_total", "tool")
    assert (calls["exec_command"], calls["apply_patch"]) == (71, 22)
    assert read.by("agent_llm_requests_total", "model") == {"gpt-5.3-codex": 87}


def test_pi() -> None:
    read = once("pi")
    assert read.by("agent_llm_requests_total", "outcome") == {
        "success": 366 + 65, "aborted": 21, "failure": 1,
    }  # fmt: skip
    assert read.all("agent_cost_usd_total") == pytest.approx(30.330198, abs=1e-6)
    assert read.by("agent_token_usage_total", "model", "type") == {
        ("claude-sonnet-4-5", "input"): 1049,
        ("claude-sonnet-4-5", "output"): 83156,
        ("claude-sonnet-4-5", "cache_read"): 43229469,
        ("claude-sonnet-4-5", "cache_write"): 4296232,
    }
    assert read.by("agent_tool_calls_total", "tool") == {
        "bash": 192, "edit": 146, "read": 50, "write": 3,
    }  # fmt: skip
    assert read.by("agent_tool_calls_total", "outcome") == {
        "success": 391 - 19 - 18, "failure": 19, "abandoned": 18,
    }  # fmt: skip
    assert read.all("agent_errors_total") == 1


def test_aider() -> None:
    read = once("aider")
    assert read.all("agent_llm_requests_total") == 42
    assert read.all("agent_cost_usd_total") == pytest.approx(1.239836, abs=1e-6)
    assert read.by("agent_token_usage_total", "type") == {"input": 782715, "output": 14451}
    assert sum(v for name, _, v in read.samples if name == "agentgauge_lines_total") == 400


def test_openhands() -> None:
    read = once("openhands")
    assert read.by("agent_tasks_total", "outcome") == {"success": 2}
    assert read.all("agent_cost_usd_total") == pytest.approx(1.223646, abs=1e-6)


def test_swe_agent() -> None:
    read = once("swe-agent")
    assert read.by("agent_tasks_total", "outcome") == {"success": 7, "abandoned": 1}
    assert read.all("agent_steps_total") == 56
    assert read.all("agent_llm_requests_total") == 10
    assert read.all("agent_cost_usd_total") == pytest.approx(0.55791, abs=1e-6)
    assert read.by("agent_token_usage_total", "type") == {"input": 60002, "output": 569}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("preset", ["claude-code", "codex", "pi", "aider", "openhands"])
def test_the_order_of_files_makes_no_difference(preset: str, order: str) -> None:
    files = ORDERS[order](logs(preset))
    read = feed(preset, by_turns(files))
    assert counters(read) == counters(once(preset))


@pytest.mark.parametrize("preset", ["claude-code", "codex", "pi", "aider", "openhands"])
def test_nothing_that_a_real_agent_wrote_is_rejected(preset: str) -> None:
    assert rejected(once(preset)) == []


@pytest.mark.parametrize("preset", ["claude-code", "codex", "pi"])
def test_files_that_repeat_others_add_nothing(preset: str) -> None:
    blocks = by_turns(sorted(logs(preset)))
    again = [Block(f"{block.stream}.copy", block.data) for block in blocks]
    read = feed(preset, [*blocks, *again])
    assert counters(read) == counters(feed(preset, blocks))
    assert rejected(read) == []
