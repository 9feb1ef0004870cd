"""Write `spec/prices.json`: what tokens cost, out of the installed package genai-prices.

Prices become whole trillionths of a dollar a token, which are millionths of a dollar for a million
tokens. What is not told by tokens (searches, hours, pictures) is left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import version
from typing import Any, TypeAlias

from genai_prices import types as theirs
from genai_prices.data import providers

Plain: TypeAlias = dict[str, Any]

# Makers of models, and those who host the models of others under names of their own. The first
# that a model's name fits is asked.
PROVIDERS = (
    "anthropic", "openai", "google", "x-ai", "mistral", "deepseek", "cohere", "moonshotai",
    "minimax", "zhipuai", "meta", "perplexity", "voyageai", "cursor", "aws", "azure", "databricks",
    "cerebras", "fireworks", "groq", "together", "openrouter",
)  # fmt: skip
KINDS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
}
# What a request may be told to be, and what we call it. The rest is not told by any log.
TIERS = {
    ("processing", "batch"): "batch",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("service_tier", "fast"): "fast",
    ("speed", "fast"): "fast",
}
MILLION = 1_000_000


def main() -> None:
    """Write the table to the standard output."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--date", required=True, help="the day that the prices were true")
    date = options.parse_args().date
    by_id = {provider.id: provider for provider in providers}
    told = f"genai-prices {version('genai-prices')}"
    write = sys.stdout.write
    write(f'{{"source": {json.dumps(told)}, "date": {json.dumps(date)}, "providers": [\n')
    write(",\n".join(_provider(by_id[name]) for name in PROVIDERS))
    write("\n]}\n")


def _provider(provider: theirs.Provider) -> str:
    """Write a provider, one line a model."""
    head: Plain = {"id": provider.id}
    if provider.provider_match:
        head["called"] = _clause(provider.provider_match)
    if provider.model_match:
        head["makes"] = _clause(provider.model_match)
    if provider.fallback_model_providers:
        head["else"] = [name for name in provider.fallback_model_providers if name in PROVIDERS]
    models = [line for model in provider.models if (line := _model(model))]
    listed = ",\n".join(f"  {line}" for line in models)
    return f'{json.dumps(head)[:-1]}, "models": [\n{listed}\n]}}'


def _model(model: theirs.ModelInfo) -> str | None:
    """Write a model; None where no token of it has a price."""
    told = model.prices if isinstance(model.prices, list) else None
    periods = [_period(one.constraint, one.prices) for one in told or ()]
    if told is None:
        periods = [_period(None, model.prices)]
    if not any(set(period) & set(KINDS) for period in periods):
        return None
    written: Plain = {"match": _clause(model.match), "prices": periods}
    variants = [
        {"tier": tier, **_period(variant.constraint, variant.prices)}
        for variant in model.price_variants or ()
        for tier in [TIERS.get(next(iter(variant.when.items())))]
        if tier and len(variant.when) == 1
    ]
    if variants:
        written["tiers"] = variants
    return json.dumps(written, separators=(",", ":"))


def _period(constraint: Any, prices: theirs.ModelPrice) -> Plain:  # noqa: ANN401 (either kind, or None)
    """Give prices, and when they hold: from a day on, or at certain hours of every day (UTC)."""
    period: Plain = {}
    if isinstance(constraint, theirs.StartDateConstraint):
        period["from"] = constraint.start_date.isoformat()
    elif isinstance(constraint, theirs.TimeOfDateConstraint):
        ends = (constraint.start_time, constraint.end_time)
        period["between"] = [end.strftime("%H:%M:%S") for end in ends]
    for kind, key in KINDS.items():
        price = getattr(prices, key)
        if isinstance(price, theirs.TieredPrices):
            steps = [(step.start, _whole(step.price)) for step in price.tiers]
            period[kind] = [_whole(price.base), *(part for step in steps for part in step)]
        elif price is not None:
            period[kind] = _whole(price)
    return period


def _whole(dollars: Any) -> int:  # noqa: ANN401 (a Decimal)
    return int((dollars * MILLION).to_integral_value())


def _clause(clause: Any) -> Plain:  # noqa: ANN401 (one of their kinds)
    """Give a condition on a name: any of some texts, in some place of it."""
    if isinstance(clause, theirs.ClauseAnd):
        return {"all": [_clause(part) for part in clause.and_]}
    parts = clause.or_ if isinstance(clause, theirs.ClauseOr) else [clause]
    written: Plain = {}
    for part in parts:
        if isinstance(part, theirs.ClauseAnd | theirs.ClauseOr):
            written.setdefault("any", []).append(_clause(part))
            continue
        ((kind, text),) = vars(part).items()
        name = {"equals": "is", "starts_with": "starts", "ends_with": "ends"}.get(kind, kind)
        written.setdefault(name, []).append(text if kind == "regex" else text.lower())
    return written


if __name__ == "__main__":
    main()
