"""Write what genai-prices itself says that requests cost, for our tests to say the same.

One case a line: a model's name as its provider writes it, the provider, the time, the tier, tokens
by their kind, and dollars.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from genai_prices import Usage, calc_price
from genai_prices import types as theirs
from genai_prices.data import providers

if TYPE_CHECKING:
    from collections.abc import Iterator

MAKERS = (
    "anthropic", "openai", "google", "x-ai", "mistral", "deepseek", "cohere", "moonshotai",
    "perplexity", "aws", "azure", "groq",
)  # fmt: skip
TIMES = (
    datetime(2025, 6, 1, 3, tzinfo=UTC),
    datetime(2026, 3, 1, 12, tzinfo=UTC),
    datetime(2026, 11, 20, 20, tzinfo=UTC),
)
# What a request is told to be, in their words and in ours.
TIERS: tuple[tuple[dict[str, str] | None, str], ...] = (
    (None, "standard"),
    ({"processing": "batch"}, "batch"),
    ({"service_tier": "priority"}, "priority"),
    ({"service_tier": "flex"}, "flex"),
)
SIZES = (
    {"input": 1000, "output": 300, "cache_read": 50_000, "cache_write": 2000},
    {"input": 150_000, "output": 2000, "cache_read": 150_000, "cache_write_1h": 70},
    {"input": 7, "output": 64_000, "cache_write": 10, "cache_write_1h": 20, "reasoning": 900},
    {"input": 600_000, "output": 1},
)


def main() -> None:
    """Write the cases to the standard output."""
    turn = count()
    lines = [
        json.dumps(_case(name, provider.id, next(turn)))
        for provider in providers
        if provider.id in MAKERS
        for model in provider.models
        for name in [_name(model.match)]
        if name and _asked(model)
    ]
    sys.stdout.write("[\n" + ",\n".join(lines) + "\n]\n")


def _asked(model: theirs.ModelInfo) -> bool:
    """Tell whether input and output of a model have prices, and nothing else has."""
    told = model.prices if isinstance(model.prices, list) else [model]
    extra = ("requests_kcount", "input_audio_mtok", "output_image_mtok")
    return all(
        one.prices.input_mtok is not None
        and one.prices.output_mtok is not None
        and not any(getattr(one.prices, key) for key in extra)
        for one in told
    )


def _name(clause: Any) -> str | None:  # noqa: ANN401 (one of their kinds)
    """Give a name that a condition fits, where it says one."""
    parts = getattr(clause, "or_", [clause])
    names: Iterator[str] = (
        text
        for kind in ("equals", "starts_with")
        for part in parts
        if (text := getattr(part, kind, None))
    )
    return next(names, None)


def _case(name: str, provider: str, turn: int) -> list[Any]:
    time, tokens = TIMES[turn % len(TIMES)], SIZES[turn // 2 % len(SIZES)]
    told, tier = TIERS[turn // 3 % len(TIERS)]
    long, short = tokens.get("cache_write_1h", 0), tokens.get("cache_write", 0)
    cached = tokens.get("cache_read", 0)
    thought = tokens.get("reasoning", 0)
    usage = Usage(
        input_tokens=tokens["input"] + cached + long + short,
        cache_read_tokens=cached,
        cache_write_tokens=long + short,
        cache_write_1h_tokens=long,
        output_tokens=tokens["output"] + thought,
        output_reasoning_tokens=thought,
    )
    price = calc_price(
        usage, name, provider_id=provider, genai_request_timestamp=time, price_context=told
    )
    dollars = format(price.total_price.normalize(), "f")
    return [name, provider, time.isoformat(), tier, tokens, dollars]


if __name__ == "__main__":
    main()
