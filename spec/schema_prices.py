"""The JSON Schema of a spec's own prices."""

from __future__ import annotations

from spec.prices import KINDS
from spec.schema_parts import Schema, named, obj, one_of, text


def prices_schema() -> Schema:
    """Prices in dollars for a million tokens, by model."""
    rate: Schema = {
        "type": "number", "minimum": 0, "maximum": 1_000_000,
        "description": "In dollars for a million tokens.",
    }  # fmt: skip
    rates: Schema = dict.fromkeys(KINDS, rate)
    above = named(
        obj(rates), "[1-9][0-9]*", "is not a number of tokens",
        description="Prices of a request with more tokens of input than this.",
    )  # fmt: skip
    tier = obj({**rates, "above": above})
    period = obj({
        **rates,
        "above": above,
        "tiers": named(tier, description="Prices of requests that are served so, as batch."),
        "from": text("The day from which on they hold, in UTC.", format="day"),
    })  # fmt: skip
    periods = {"type": "array", "items": period, "minItems": 1}
    return obj({
        "table": one_of("shipped", "none"),
        "models": named(
            {"if": {"type": "array"}, "then": periods, "else": period},
            description="By the model's name, in which * stands for anything.",
        ),
    })  # fmt: skip
