"""Names of models, as agents write them, and the prices that they mean."""

from __future__ import annotations

import json
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest

from exporter.mapping.cards import Prices
from exporter.mapping.price_book import PriceBook
from spec.prices import KINDS, Clause, Model, Own, Period, PriceList, Rate, shipped_table

CASES = json.loads(Path(__file__).with_name("price_cases.json").read_text(encoding="utf-8"))
BOOK = PriceBook(PriceList())
MAKERS = ("anthropic", "openai", "google", "x-ai", "mistral", "deepseek", "moonshotai")

OPUS_46, SONNET_45, HAIKU_45, GPT_5 = (5, 25), (3, 15), (1, 5), (1.25, 10)
NAMES = {
    "claude-opus-4-6": OPUS_46,
    "claude-opus-4-6[1m]": OPUS_46,
    "Claude-Opus-4-6": OPUS_46,
    "anthropic/claude-opus-4.6": OPUS_46,
    "openrouter/anthropic/claude-opus-4.6": OPUS_46,
    "claude-sonnet-4-5-20250929": SONNET_45,
    "anthropic/claude-sonnet-4-5-20250929": SONNET_45,
    "vertex_ai/claude-sonnet-4-5@20250929": SONNET_45,
    "global.anthropic.claude-sonnet-4-5-20250929-v1:0": SONNET_45,
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0": (3.3, 16.5),
    "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0": (3.3, 16.5),
    "bedrock/converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0": (3.3, 16.5),
    "claude-haiku-4-5-20251001": HAIKU_45,
    "claude-opus-4-20250514": (15, 75),
    "anthropic.claude-3-5-sonnet-20240620-v1:0": (3, 15),
    "us.amazon.nova-pro-v1:0": (0.8, 3.2),
    "gpt-5": GPT_5,
    "gpt-5-2025-08-07": GPT_5,
    "gpt-5-20250807": GPT_5,
    "openai/gpt-5": GPT_5,
    "openai/responses/gpt-5": GPT_5,
    "azure/gpt-5": GPT_5,
    "gpt-5.3-codex": (1.75, 14),
    "ft:gpt-4o-2024-08-06:acme::x1": (3.75, 15),
    "text-embedding-3-small": (0.02, None),
    "o3": (2, 8),
    "models/gemini-2.5-pro": (1.25, 10),
    "gemini/gemini-2.5-pro": (1.25, 10),
    "vertex_ai/gemini-2.5-flash": (0.3, 2.5),
    "google/gemini-2.5-flash": (0.3, 2.5),
    "groq/llama-3.3-70b-versatile": (0.59, 0.79),
    "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo": (0.88, 0.88),
    "xai/grok-4": (3, 15),
    "qwen/qwen3-coder": (0.3, 1),
    "openai:gpt-5": GPT_5,
    "anthropic:claude-opus-4-6": OPUS_46,
    "google-gla:gemini-2.5-pro": (1.25, 10),
    "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-6-v1": (5.5, 27.5),
    "deepseek-r1:7b": None,
    "gpt-oss:20b": None,
    "ollama/llama3": None,
    "hosted_vllm/openai/gpt-oss-20b": None,
    "<synthetic>": None,
    "unknown": None,
    "": None,
    "/": None,
    "atlas-mini": None,
    "gpt-99": None,
    "claude": None,
    "my-own/atlas-mini": None,
    "x" * 300: None,
}


def base(price: Rate | None) -> float | None:
    first = price[0] if isinstance(price, tuple) else price
    return None if first is None else first / 1_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_name_means_these_prices(name: str) -> None:
    model = BOOK.find(name)
    newest = model.prices[-1] if model else None
    found = (base(newest.input), base(newest.output)) if newest else None
    assert found == NAMES[name]


def test_requests_cost_what_the_package_says_that_the_table_is_from() -> None:
    prices, wrong = Prices(PriceList()), []
    for name, provider, time, tier, tokens, dollars in CASES:
        whole = sum(tokens.get(kind, 0) for kind in KINDS if kind not in {"output", "reasoning"})
        for written in (f"{provider}/{name}", *([name] if provider in MAKERS else [])):
            card = prices.card(written, whole, datetime.fromisoformat(time), tier)
            cost = card.cost(tokens.items())
            if cost is None or Fraction(cost) / 10**12 != Fraction(dollars):
                wrong.append((written, time, tier, tokens, dollars, cost))
    # A name that says nothing of its maker, and is no more than a beginning.
    assert [case[0] for case in wrong] == ["computer-use"]
    assert len(CASES) > 300


def test_own_prices_come_first_and_an_exact_name_before_a_pattern() -> None:
    def own(pattern: str, price: int) -> Own:
        return Own(pattern, Model(match=Clause(), prices=(Period(input=price),)))

    prices = PriceList((own("Claude-*", 1), own("*opus*", 2), own("claude-opus-4-6", 3)))
    found = {
        name: (PriceBook(prices).find(name) or prices.own[0].model).prices[-1].input
        for name in ("claude-opus-4-6", "claude-opus-4-5", "my/OPUS", "gpt-5")
    }
    assert found == {
        "claude-opus-4-6": 3,
        "claude-opus-4-5": 1,
        "my/OPUS": 2,
        "gpt-5": 1_250_000,
    }


def test_without_the_table_only_own_prices_hold() -> None:
    assert PriceBook(PriceList(table=False)).find("gpt-5") is None


def test_every_model_of_the_table_can_be_read_and_has_a_price() -> None:
    for provider in shipped_table().providers:
        for model in provider.listed():
            assert any(
                getattr(period, kind) is not None for period in model.prices for kind in KINDS
            )
