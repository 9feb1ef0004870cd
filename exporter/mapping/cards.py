"""What tokens cost at one moment: a card of prices, by which whole sums of tokens are priced.

Prices differ with the size of a request, with its time and with its tier. All that is in the choice
of the card, event by event; tokens of one card may then be added up first and priced later, and
sums come out the same however a log was cut.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from exporter.mapping.price_book import PriceBook
from exporter.mapping.values import LONGEST_MEMO, MEMO_LIMIT
from spec.prices import INSTEAD, KINDS, STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from exporter.store.numbers import Number
    from spec.prices import Model, Period, PriceList, Rate

_DAY = timedelta(days=1)
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """What a token of each kind costs, in trillionths of a dollar; a kind without price is not in.

    Cards with the same prices are one: they are compared by identity.
    """

    rates: dict[str, int]

    def cost(self, tokens: Iterable[tuple[str, Number | None]]) -> Number | None:
        """Give what amounts of tokens cost, each with its kind; None if none has a price."""
        rates = self.rates
        costs = [
            priced(amount, rates[kind])
            for kind, amount in tokens
            if amount is not None and kind in rates
        ]
        return sum(costs) if costs else None


def priced(amount: Number, rate: int) -> Number:
    """Give what tokens cost, in trillionths of a dollar; exactly."""
    if isinstance(amount, int):
        return amount * rate
    exact = Fraction(amount) * rate
    return exact.numerator if exact.denominator == 1 else exact


_Moment: TypeAlias = tuple[int, int, int, str]
"""Numbers of the last change of prices, of the hours, and of the step in size; and the tier."""


@dataclass(slots=True)
class _Tariff:
    """A model's prices, with all that they change with: days, hours, sizes and tiers.

    Between two changes there is one card; those that were asked for are kept in `cards`. `as_of` is
    the day that counts for events without a time; without it, the last that prices tell.
    """

    model: Model
    as_of: datetime | None
    days: list[datetime] = field(default_factory=list)
    hours: list[timedelta] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    tiers: frozenset[str] = frozenset()
    cards: dict[_Moment, Card] = field(default_factory=dict)

    def moment(self, tokens: float, at: datetime | None, tier: str) -> _Moment:
        """Tell the card's place; events without a time keep no hours."""
        hour = -1
        if at is not None:
            hour = bisect_right(self.hours, _clock(at)) if self.hours else 0
        elif self.as_of is not None:
            at = self.as_of
        day = len(self.days) if at is None else bisect_right(self.days, at)
        step = bisect_left(self.steps, tokens) if self.steps else 0
        return day, hour, step, tier if tier in self.tiers else STANDARD


class Prices:
    """Gives the card by which an event's tokens are priced. Not thread-safe."""

    def __init__(self, prices: PriceList) -> None:
        """Take the prices of a spec."""
        self._book = PriceBook(prices)
        self._cards: dict[tuple[int | None, ...], Card] = {}
        self._tariffs: dict[str, _Tariff | Card] = {}
        self._none = self._card((), 0)

    @property
    def as_of(self) -> float | None:
        """As of when the shipped prices are, in seconds since 1970; None without them."""
        day = self._book.as_of
        return _begin_of(day).timestamp() if day else None

    def card(self, name: str, tokens: float, at: datetime | None, tier: str) -> Card:
        """Give the card for a request to a model, with so many tokens of input in all.

        Without a time the prices hold that are the table's newest on its day, or the spec's newest.
        """
        known = self._tariffs.get(name) or self._learn(name)
        if isinstance(known, Card):
            return known
        moment = known.moment(tokens, at, tier)
        card = known.cards.get(moment)
        if card is None:
            periods = _standing(known, at, tier)
            card = known.cards[moment] = self._card(periods, tokens)
        return card

    def _learn(self, name: str) -> _Tariff | Card:
        """Look a name up; a model whose prices never change has one card."""
        model = self._book.find(name)
        known: _Tariff | Card = self._none
        if model is not None:
            day = None if self._book.is_own(model) else self._book.as_of
            tariff = _tariff(model, _begin_of(day) if day else None)
            changes = tariff.days or tariff.hours or tariff.steps or tariff.tiers
            known = tariff if changes else self._card(model.prices, 0)
        if len(self._tariffs) >= MEMO_LIMIT:
            self._tariffs.clear()
        if len(name) <= LONGEST_MEMO:
            self._tariffs[name] = known
        return known

    def _card(self, periods: Sequence[Period], tokens: float) -> Card:
        """Give the card of some prices, the earlier before the later."""
        rates: dict[str, int] = {}
        for kind in KINDS:
            told = [rate for one in periods if (rate := getattr(one, kind)) is not None]
            rate = _at(told[0], tokens) if told else rates.get(INSTEAD.get(kind, ""))
            if rate is not None:
                rates[kind] = rate
        return self._cards.setdefault(tuple(map(rates.get, KINDS)), Card(rates))


def _tariff(model: Model, as_of: datetime | None) -> _Tariff:
    periods = (*model.prices, *model.tiers)
    rates = [rate for period in periods for kind in KINDS if (rate := getattr(period, kind))]
    hours = {end for period in periods if period.between for end in period.between}
    return _Tariff(
        model,
        as_of,
        sorted({_begin_of(period.starts) for period in periods if period.starts}),
        sorted(map(_since_midnight, hours)),
        sorted({start for rate in rates if isinstance(rate, tuple) for start in rate[1::2]}),
        frozenset(period.tier for period in model.tiers),
    )


def _standing(tariff: _Tariff, at: datetime | None, tier: str) -> list[Period]:
    """Give the prices that hold at a time, those before the others that lie over them."""
    model, as_of = tariff.model, tariff.as_of
    standing = [period for period in model.prices if _holds(period, at, as_of)]
    special = [one for one in model.tiers if one.tier == tier and _holds(one, at, as_of)]
    return [*special, *(standing[-1:] or model.prices[:1])]


def _holds(period: Period, at: datetime | None, as_of: datetime | None) -> bool:
    day = at or as_of
    if period.starts and day is not None and day < _begin_of(period.starts):
        return False
    if period.between is None or at is None:
        return period.between is None
    begin, end = map(_since_midnight, period.between)
    clock = _clock(at)
    return begin <= clock < end if begin <= end else clock >= begin or clock < end


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, _MIDNIGHT, UTC)


def _clock(at: datetime) -> timedelta:
    """Give the time of the day in UTC; of any moment, be it the first of all."""
    return (_since_midnight(at.time()) - (at.utcoffset() or timedelta())) % _DAY


def _since_midnight(clock: time) -> timedelta:
    return timedelta(
        hours=clock.hour,
        minutes=clock.minute,
        seconds=clock.second,
        microseconds=clock.microsecond,
    )


def _at(rate: Rate, tokens: float) -> int:
    """Give a price for a request of so many tokens of input; beyond a step all cost the same."""
    if isinstance(rate, int):
        return rate
    price, *steps = rate
    for start, higher in zip(steps[::2], steps[1::2], strict=True):
        if tokens > start:
            price = higher
    return price
