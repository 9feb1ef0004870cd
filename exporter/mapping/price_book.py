"""Which prices a model's name means. Names come as agents write them, and seldom with a provider.

The spec's own prices come first. Then the provider that the name begins with (`azure/gpt-5`), the
one that makes such models (`claude-...`), and last the market that lists all of them.
"""

from __future__ import annotations

import re
import sys
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from spec.prices import Clause, Model, Period, shipped_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from spec.prices import PriceList, Provider, Table

MARKET = "openrouter"
"""The provider that lists other makers' models under `maker/model`, and some as `model:free`."""

_FREE = Model(match=Clause(), prices=(Period(input=0, output=0),))
_CLOUD = "aws"
# us.anthropic.claude-..., amazon.nova-...: so names look in one cloud alone.
_OF_CLOUD = re.compile(r"(?:[a-z-]+\.)?[a-z0-9-]+\.[a-z]")
_DATE = re.compile(r"-(20\d\d)(\d\d)(\d\d)\b")
# What runs on a machine of one's own costs what that machine does.
_AT_HOME = frozenset(
    ("ollama", "ollama_chat", "hosted_vllm", "vllm", "lm_studio", "llamafile", "xinference")
)
_SIZED = re.compile(r":[\d.]+[bm](?:-|$)")  # deepseek-r1:7b, gpt-oss:20b-cloud
_TUNED = "ft:"
_MARK = re.compile(r"\[\w+\]$")


class PriceBook:
    """Finds prices by name. The table is read when it is first asked for."""

    def __init__(self, prices: PriceList) -> None:
        self._own = [(one.pattern.lower(), one.model) for one in prices.own]
        self._wants_table = prices.table
        self._listings: dict[str, _Listing] = {}

    @cached_property
    def _table(self) -> Table | None:
        return shipped_table() if self._wants_table else None

    @cached_property
    def _providers(self) -> dict[str, Provider]:
        return {one.id: one for one in self._table.providers} if self._table else {}

    @property
    def as_of(self) -> date | None:
        """The day as of which the table's prices are; None without a table."""
        return self._table.date if self._table else None

    def is_own(self, model: Model) -> bool:
        """Tell whether prices are the spec's own."""
        return any(model is one for _, one in self._own)

    def find(self, name: str) -> Model | None:
        """Find a model's prices by the name that a log gives it; None where it has none."""
        name = name.strip().lower()
        own = [model for pattern, model in self._own if pattern == name]
        own += [model for pattern, model in self._own if fnmatchcase(name, pattern)]
        if own:
            return own[0]
        return _FREE if self._wants_table and name.endswith(":free") else self._listed(name)

    def _listed(self, name: str) -> Model | None:
        """Find a name in the table, then what stands behind its first `/`, and so on."""
        head, slash, rest = name.partition("/")
        if head in _AT_HOME or _SIZED.search(name):
            return None
        if not slash:
            return self._made(name) or self._told(*name.split(":", 1)) or self._known_exactly(name)
        found = self._told(head, rest, name) or self._made(name) or self._sold_by(MARKET, name)
        return found or self._listed(rest)

    def _told(self, head: str, rest: str = "", name: str = "") -> Model | None:
        """Find a name by the provider that its `head` tells; `name` is the whole of it."""
        for provider in self._called(head) if rest else ():
            if found := (name and self._sold(provider, name)) or self._sold(provider, rest):
                return found
        return None

    def _called(self, head: str) -> Iterator[Provider]:
        """Give the providers that a name's beginning may mean, the one of that very id first."""
        spelt = head.replace("_", "-")
        exact = self._providers.get(spelt) or self._providers.get(spelt.removesuffix("-ai"))
        if exact:
            yield exact
        for provider in self._providers.values():
            if provider is not exact and provider.called and _fits(provider.called, head):
                yield provider

    def _made(self, name: str) -> Model | None:
        """Find a name without a provider."""
        if _OF_CLOUD.match(name) and (found := self._sold_by(_CLOUD, name)):
            return found
        for provider in self._providers.values():
            if provider.makes and _fits(provider.makes, name.removeprefix(_TUNED)):
                return self._sold(provider, name)
        return None

    def _known_exactly(self, name: str) -> Model | None:
        """Find a name that says nothing of its maker among all that makers list."""
        makers = (provider for provider in self._providers.values() if provider.makes)
        known = (self._of(provider).whole.get(name) for provider in makers)
        return next((model for _, model in filter(None, known)), None)

    def _sold_by(self, provider: str, name: str) -> Model | None:
        known = self._providers.get(provider)
        return self._sold(known, name) if known else None

    def _sold(self, provider: Provider, name: str) -> Model | None:
        """Find a model among a provider's, then among those whose prices it takes over."""
        every = [provider, *(self._providers[other] for other in provider.others)]
        found = (self._of(one).find(spelt) for spelt in _spellings(name) for one in every)
        return next((model for model in found if model), None)

    def _of(self, provider: Provider) -> _Listing:
        if provider.id not in self._listings:
            self._listings[provider.id] = _Listing(provider.listed())
        return self._listings[provider.id]


class _Listing:
    """A provider's models. Most are known by whole names: only the others are tried in turn."""

    def __init__(self, models: list[Model]) -> None:
        self.whole: dict[str, tuple[int, Model]] = {}
        self._others: list[tuple[int, Model]] = []
        for number, model in enumerate(models):
            for name in model.match.equal:
                self.whole.setdefault(name, (number, model))
            if model.match != Clause(equal=model.match.equal):
                self._others.append((number, model))

    def find(self, name: str) -> Model | None:
        """Find the first model in the list whose condition fits."""
        last, found = self.whole.get(name, (sys.maxsize, None))
        earlier = (model for number, model in self._others if number < last)
        return next((model for model in earlier if _fits(model.match, name)), found)


def _spellings(name: str) -> Iterator[str]:
    """Give a name in the ways that it may be listed: with dates apart, without a mark behind."""
    yield name
    bare = _MARK.sub("", name)
    if bare != name:
        yield bare
    dated = _DATE.sub(r"-\1-\2-\3", bare)
    if dated != bare:
        yield dated


def _fits(clause: Clause, name: str) -> bool:
    return bool(
        name in clause.equal
        or (clause.starts and name.startswith(clause.starts))
        or (clause.ends and name.endswith(clause.ends))
        or any(part in name for part in clause.contains)
        or any(re.search(one, name) for one in clause.regex)
        or any(_fits(one, name) for one in clause.any)
        or (clause.every and all(_fits(one, name) for one in clause.every))
    )
