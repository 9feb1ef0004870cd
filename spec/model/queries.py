"""What a query can ask for: shared by alerts and panels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from fractions import Fraction

    from spec.model.families import Selection


Direction: TypeAlias = Literal["above", "below", "beyond"]
CaseSort: TypeAlias = Literal["fires", "silent", "silence", "missing", "reset"]


@dataclass(frozen=True, slots=True)
class Increase:
    """How much a counter grew over `per` seconds (None: over the dashboard's range)."""

    of: Selection
    per: Fraction | None


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a counter grows, per second (panels only)."""

    of: Selection


@dataclass(frozen=True, slots=True)
class Ratio:
    """Increase of `part` by increase of `of`, over `over` seconds.

    `at_least`: without so many events of `of` in that time there is no answer.
    Two metrics may be divided (cost by tasks); they are summed over the labels they don't share.
    """

    part: Selection
    of: Selection
    over: Fraction | None
    at_least: Fraction


@dataclass(frozen=True, slots=True)
class Quantile:
    """The q-quantile (0..1) of a histogram over `over` seconds, of at least `at_least` events."""

    of: Selection
    q: Fraction
    over: Fraction | None
    at_least: Fraction


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of a histogram's observations (panels only)."""

    of: Selection
    over: Fraction | None


@dataclass(frozen=True, slots=True)
class Value:
    """A gauge's level, `aggregate`d (max, min, sum, avg) over the labels that `by` leaves out."""

    of: Selection
    aggregate: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Series that were there within `within` seconds and are gone, or that are not there at all."""

    of: Selection
    within: Fraction


@dataclass(frozen=True, slots=True)
class Burn:
    """A budget spent too fast; `budget` names an entry of `budgets`."""

    budget: str


@dataclass(frozen=True, slots=True)
class ErrorBurn:
    """An error budget spent too fast; `slo` names an entry of `slos`."""

    slo: str


@dataclass(frozen=True, slots=True)
class Spent:
    """The part of a budget that was spent within `over` seconds, 1 being all that is allowed.

    Over the budget's own period that is its spent share; over less, its pace.
    """

    budget: str
    over: Fraction


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where a gauge will be in `within` seconds, by its trend over the last `since` seconds."""

    of: Selection
    aggregate: str
    since: Fraction
    within: Fraction


@dataclass(frozen=True, slots=True)
class BudgetForecast:
    """A budget that runs out in less than `within` seconds, spent on as in the last `since`."""

    budget: str
    since: Fraction
    within: Fraction


@dataclass(frozen=True, slots=True)
class Expr:
    """PromQL as it is, for panels that nothing else describes."""

    expr: str


Measured: TypeAlias = Increase | Ratio | Quantile | Value
"""What has a reading that can be usual."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A reading that is far from what it usually was within the last `past` seconds.

    Far is a number of spreads: the upper less the lower quartile of the past, no less than `margin`
    in the reading's unit. The past is read every `step` seconds; unless `history` seconds of it are
    known, nothing is unusual. An increase is judged where it, or what is usual, is `at_least` so
    much.
    """

    of: Measured
    past: Fraction
    history: Fraction
    step: Fraction
    margin: Fraction
    at_least: Fraction


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that a case of the user's expects, without the labels that its rule sets."""

    labels: Map[str, str]
    value: Fraction


@dataclass(frozen=True, slots=True)
class WrittenCase:
    """A case that the user wrote: with these series, sampled `every` s, this fires at `at` s.

    `series` are selectors and values in promtool's notation.
    """

    name: str
    every: Fraction
    series: tuple[tuple[str, str], ...]
    at: Fraction
    fires: tuple[Firing, ...]
    sort: CaseSort


@dataclass(frozen=True, slots=True)
class Promql:
    """PromQL as it is, for alerts that nothing else describes; `unit` is that of its value."""

    expr: str
    unit: str | None
    cases: tuple[WrittenCase, ...]


Goal: TypeAlias = Burn | ErrorBurn | Spent | BudgetForecast
Condition: TypeAlias = Measured | Absent | Forecast | Goal | Anomaly | Promql
Query: TypeAlias = Increase | Rate | Ratio | Quantile | Average | Value | Expr
