"""The oracle's prices: read from the shipped table as plainly as can be, in dollars.

It knows names as agents write them, without a provider; that a name with one means the same is a
matter of `tests/exporter/mapping/test_price_book.py`.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Plain: TypeAlias = dict[str, Any]

NEW_YEAR = datetime(2000, 1, 1, tzinfo=UTC)
TABLE = Path(__file__).parents[2] / "spec" / "prices.json"
IN_PLACE_OF = {
    "cache_write_1h": ("cache_write_1h", "cache_write", "input"),
    "cache_write": ("cache_write", "input"),
    "cache_read": ("cache_read", "input"),
    "input": ("input",),
    "output": ("output",),
    "reasoning": ("reasoning", "output"),
}


@cache
def table() -> Plain:
    """Read the table."""
    read: Plain = json.loads(TABLE.read_text(encoding="utf-8"))
    return read


@cache
def model_of(name: str) -> Plain | None:
    """Find a model by its name alone: at the first provider that makes such models."""
    for provider in table()["providers"]:
        if "makes" in provider and fits(provider["makes"], name.lower()):
            fitting = (one for one in provider["models"] if fits(one["match"], name.lower()))
            return next(fitting, None)
    return None


def fits(clause: Plain, name: str) -> bool:
    """Tell whether a condition on a name holds."""
    tests: dict[str, Callable[[Any], bool]] = {
        "is": name.__eq__,
        "starts": name.startswith,
        "ends": name.endswith,
        "contains": name.__contains__,
        "regex": lambda one: re.search(one, name) is not None,
        "any": lambda one: fits(one, name),
    }
    if "all" in clause:
        return all(fits(one, name) for one in clause["all"])
    return any(tests[kind](one) for kind, every in clause.items() for one in every)


def price(
    name: str, kind: str, whole: Fraction, time: datetime | None, tier: str
) -> Fraction | None:
    """Give what a token of a kind costs, in dollars; None where that is not known."""
    model = model_of(name)
    if model is None:
        return None
    special = [one for one in model.get("tiers", ()) if one["tier"] == tier and holds(one, time)]
    standing = [one for one in model["prices"] if holds(one, time)]
    over = [*special, standing[-1] if standing else model["prices"][0]]
    for also in IN_PLACE_OF.get(kind, ()):
        for period in over:
            if also in period:
                return Fraction(at(period[also], whole), 10**12)
    return None


def holds(period: Plain, time: datetime | None) -> bool:
    """Tell whether prices hold at a time; without one on the table's day, and at no hour of it."""
    if time is None:
        return "between" not in period and period.get("from", "") <= table()["date"]
    passed = time - NEW_YEAR
    if "from" in period and passed.days < (day(period["from"]) - NEW_YEAR).days:
        return False
    if "between" not in period:
        return True
    begin, end = period["between"]
    clock = (NEW_YEAR + timedelta(0, passed.seconds, passed.microseconds)).time().isoformat()
    return begin <= clock < end if begin <= end else not end <= clock < begin


def day(written: str) -> datetime:
    """Give the moment at which a day begins."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def at(rate: int | list[int], whole: Fraction) -> int:
    """Give a price for a request with so many tokens of input."""
    if isinstance(rate, int):
        return rate
    found = rate[0]
    for place in range(1, len(rate), 2):
        if whole > rate[place]:
            found = rate[place + 1]
    return found
