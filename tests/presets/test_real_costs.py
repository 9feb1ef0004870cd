"""What the logs of real agents cost, where they are at hand: reckoned again, line by line."""

from __future__ import annotations

import json
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from exporter.assembly import Exporter, Settings
from spec.load import load_preset
from spec.model import Source
from tests.preset_logs import REAL, needs_real_logs

if TYPE_CHECKING:
    from collections.abc import Iterator

MILLION = 1_000_000
# Dollars for a million tokens in February 2026, and how much dearer a long context was.
PRICES = {
    "claude-opus-4-6": ("5", "25", "0.5", "6.25", "10"),
    "claude-haiku-4-5-20251001": ("1", "5", "0.1", "1.25", "2"),
}
LONG = 200_000, (Fraction(2), Fraction(3, 2), Fraction(2), Fraction(2), Fraction(2))

pytestmark = needs_real_logs


def read(preset: str) -> dict[str, float]:
    """Give what each model cost; under `?` the tokens that have no price."""
    mapping, families = load_preset(preset)
    source = Source(preset, (str(REAL / preset),), (mapping,), {})
    exporter = Exporter(Settings(preset, "1"), (source,), families)
    exporter.pipeline.run_once()
    found: defaultdict[str, float] = defaultdict(float)
    for family in parse(exporter.metrics()[1].decode()):
        for sample in family.samples:
            if sample.name == "agent_cost_usd_total":
                found[sample.labels["model"]] += sample.value
            elif sample.name == "agent_unpriced_tokens_total":
                found["?"] += sample.value
    return dict(found)


def requests() -> Iterator[tuple[str, list[int]]]:
    """Give Claude Code's requests: the model and the largest numbers that any line tells."""
    largest: dict[tuple[str, ...], tuple[str, list[int]]] = {}
    for path in sorted((REAL / "claude-code").rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            usage = event.get("message", {}).get("usage")
            if event["type"] != "assistant" or not usage:
                continue
            hour = usage.get("cache_creation", {}).get("ephemeral_1h_input_tokens", 0)
            told = [
                usage["input_tokens"],
                usage["output_tokens"],
                usage.get("cache_read_input_tokens", 0),
                usage.get("cache_creation_input_tokens", 0) - hour,
                hour,
            ]
            key = (event["message"]["id"], event.get("requestId", ""))
            model, before = largest.get(key, (event["message"]["model"], told))
            largest[key] = model, list(map(max, before, told))
    yield from largest.values()


def test_claude_code_costs_what_its_requests_do() -> None:
    wanted: defaultdict[str, Fraction] = defaultdict(Fraction)
    for model, tokens in requests():
        whole = sum(tokens) - tokens[1]
        dearer = LONG[1] if whole > LONG[0] and "opus" in model else [Fraction(1)] * len(tokens)
        for price, times, amount in zip(PRICES[model], dearer, tokens, strict=True):
            wanted[model] += Fraction(price) * times * amount / MILLION
    assert read("claude-code") == pytest.approx({k: float(v) for k, v in wanted.items()}, abs=1e-9)
    assert float(sum(wanted.values())) == pytest.approx(12.555049, abs=1e-6)


def test_codex_costs_what_its_published_totals_do() -> None:
    cached, output = 7_075_200, 37_198
    uncached = 7_502_398 - cached
    dollars = (uncached * 1.75 + cached * 0.175 + output * 14) / MILLION
    assert read("codex") == pytest.approx({"gpt-5.3-codex": dollars}, abs=1e-9)
    assert dollars == pytest.approx(2.506529, abs=1e-6)
