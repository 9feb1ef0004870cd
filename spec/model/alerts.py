"""Alerts, and what brings some of them: scores, SLOs and budgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from fractions import Fraction

    from spec.model.families import Selection
    from spec.model.queries import Condition, Direction, Measured
    from spec.node import Node

Severity: TypeAlias = Literal["info", "warning", "critical", "emergency"]
Category: TypeAlias = Literal["agent", "system", "coordination", "quality", "security"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical", "emergency")
CATEGORIES: tuple[Category, ...] = ("agent", "system", "coordination", "quality", "security")


# ---- records ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a score: a reading, scaled from 0 at its `worst` to 1 at its `best`."""

    name: str
    of: Measured
    weight: Fraction
    best: Fraction
    worst: Fraction


@dataclass(frozen=True, slots=True)
class Record:
    """A score of 0..1 that a rule records: the weighted mean of those parts that have a value."""

    name: str
    help: str
    by: tuple[str, ...]
    parts: tuple[Part, ...]
    origin: Node | None = field(default=None, compare=False, repr=False)


# ---- alerts and budgets -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where a value becomes an alert: strictly above or below `bound`, or `beyond` it either way.

    The bound of an anomaly is a number of spreads away from what is usual.
    """

    direction: Direction
    bound: Fraction


@dataclass(frozen=True, slots=True)
class Runbook:
    """What on-call reads. Markdown; the generator adds the queries.

    `escalation` says whom to call when that did not help; "" where nobody wrote it down.
    """

    meaning: str
    impact: str
    diagnosis: str
    mitigation: str
    escalation: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Texts may hold `{value}`, `{threshold}`, `{window}`, `{fleet}` and `{label}`.

    `wait` is Prometheus' `for`, `keep` its `keep_firing_for`, both in seconds. `dashboard` is the
    one to look at, "" for none. `inhibits` names alerts that this one silences where labels are
    equal. `threshold` is None for Absent and Burn, which carry their own.
    """

    name: str
    condition: Condition
    threshold: Threshold | None
    by: tuple[str, ...]
    wait: Fraction
    keep: Fraction
    severity: Severity
    category: Category
    summary: str
    description: str
    runbook: Runbook
    dashboard: str
    inhibits: tuple[str, ...] = ()
    labels: Map[str, str] = field(default_factory=dict)
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ErrorTier:
    """A burn tier of an SLO: fires while `share` (0..1) of the error budget goes within `window` s.

    The same pace must hold over the last `short` seconds, and there must have been `at_least` so
    many events within `window`. `wait` is Prometheus' `for`, in seconds, or None for the alert's.
    """

    name: str
    share: Fraction
    window: Fraction
    short: Fraction
    severity: Severity
    at_least: Fraction
    wait: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Slo:
    """An objective: of the events of `total`, this share (0..1) is to go well within `over` s.

    `part` are the events that went wrong, or with `good` those that went well. With `within`,
    `total` and `part` are one histogram, and well is what took at most so many seconds.
    """

    name: str
    objective: Fraction
    over: Fraction
    total: Selection
    part: Selection
    good: bool
    by: tuple[str, ...]
    tiers: tuple[ErrorTier, ...]
    within: Fraction | None = None
    origin: Node | None = field(default=None, compare=False, repr=False)

    @property
    def error_budget(self) -> Fraction:
        """The share of the events that may go wrong."""
        return 1 - self.objective

    def factor(self, tier: ErrorTier) -> Fraction:
        """Give how many times too fast a tier's share is spent: share x period / window."""
        return tier.share * self.over / tier.window

    def bound(self, tier: ErrorTier) -> Fraction:
        """Give the share of errors above which a tier fires."""
        return self.factor(tier) * self.error_budget


@dataclass(frozen=True, slots=True)
class Tier:
    """A burn tier: fires when the spend over `window` s exceeds `share` (0..1) of the limit."""

    name: str
    share: Fraction
    window: Fraction
    severity: Severity


@dataclass(frozen=True, slots=True)
class Budget:
    """Money or tokens: at most `limit` (in the family's unit) per rolling `per` seconds."""

    name: str
    of: Selection
    limit: Fraction
    per: Fraction
    by: tuple[str, ...]
    tiers: tuple[Tier, ...]
    origin: Node | None = field(default=None, compare=False, repr=False)
