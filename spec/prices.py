"""What tokens cost: the spec's own prices, and the shipped table of what providers ask.

Prices are whole trillionths of a dollar a token, which are millionths of a dollar for a million
tokens: so sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time  # noqa: TC003 (msgspec reads the types of what it decodes)
from importlib.resources import files
from typing import TypeAlias

import msgspec

KINDS = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning")
"""The kinds of tokens that have prices."""

INSTEAD = {
    "cache_read": "input",
    "cache_write": "input",
    "cache_write_1h": "cache_write",
    "reasoning": "output",
}
"""As what a kind is priced that has no price of its own."""

INPUT = ("input", "cache_read", "cache_write")
"""Types of tokens that make up the whole input of a request, by which long contexts are told."""

STANDARD = "standard"
"""The tier of a request that was told to be nothing else."""

Rate: TypeAlias = int | tuple[int, ...]
"""A price; or the price, and after it pairs of a number of input tokens and the price beyond it."""


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Prices by kind, and when they hold: from a day on, or between hours of every day (UTC).

    `tier`: they hold only for requests of it, such as `batch`, and lie over the others.
    """

    tier: str = STANDARD
    starts: date | None = msgspec.field(default=None, name="from")
    between: tuple[time, time] | None = None
    input: Rate | None = None
    output: Rate | None = None
    cache_read: Rate | None = None
    cache_write: Rate | None = None
    cache_write_1h: Rate | None = None
    reasoning: Rate | None = None


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """A condition on a name in small letters: one of these must hold. Of `all`, every one must."""

    equal: tuple[str, ...] = msgspec.field(default=(), name="is")
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    regex: tuple[str, ...] = ()
    any: tuple[Clause, ...] = ()
    every: tuple[Clause, ...] = msgspec.field(default=(), name="all")


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model's prices: of `prices` the last that holds counts, over it the first of `tiers`."""

    match: Clause
    prices: tuple[Period, ...]
    tiers: tuple[Period, ...] = ()


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who sells tokens. `called`: names before a model's; `makes`: models without any.

    `others` are providers whose prices hold where this one has none.
    """

    id: str
    called: Clause | None = None
    makes: Clause | None = None
    others: tuple[str, ...] = msgspec.field(default=(), name="else")
    models: msgspec.Raw

    def listed(self) -> list[Model]:
        """Read the models: only those of providers that are asked are worth it."""
        return msgspec.json.decode(self.models, type=list[Model])


class Table(msgspec.Struct, frozen=True):
    """What providers ask, as known on a day."""

    source: str
    date: date
    providers: tuple[Provider, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """Prices of the spec itself, for models whose name fits: `*` stands for anything."""

    pattern: str
    model: Model


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices that a spec wants: its own, and those of the shipped table unless it says no."""

    own: tuple[Own, ...] = ()
    table: bool = True


def shipped_table() -> Table:
    """Read the table that is shipped."""
    return msgspec.json.decode((files("spec") / "prices.json").read_bytes(), type=Table)
