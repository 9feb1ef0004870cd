"""What the targets spell: everything decided, nothing absent, nothing defaulted later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from spec.model import Outputs

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from fractions import Fraction

    from spec.model import Alert, Dashboard, Family, OnCall, Record, Source, Timing

Sort: TypeAlias = Literal["fires", "silent", "silence", "missing", "reset"]
"""What a case proves: that the alert fires; stays silent; outlives a time without traffic; bears
series that are missing; and counters that start anew."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file to be: `path` below the output folder, and its whole text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording rule. `record` is `level:metric:operations`; `labels` tell those of one name."""

    record: str
    expr: str
    labels: Map[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertRule:
    """An alerting rule as Prometheus takes it; `wait` and `keep` in seconds."""

    alert: str
    expr: str
    wait: Fraction
    keep: Fraction
    labels: Map[str, str]
    annotations: Map[str, str]


@dataclass(frozen=True, slots=True)
class Expected:
    """An alert that a case expects to fire: all of its labels and annotations."""

    labels: Map[str, str]
    annotations: Map[str, str]


@dataclass(frozen=True, slots=True)
class Series:
    """One input series of a case: its selector and its values in promtool's notation."""

    series: str
    values: str


@dataclass(frozen=True, slots=True)
class Case:
    """One promtool test: at `at` seconds the alert fires exactly as `expected` (empty: silent).

    Series have a sample every `interval` seconds. `sort` is what it proves of the alert. `every` is
    the time from one evaluation to the next, None for one with each sample.
    """

    name: str
    interval: Fraction
    series: tuple[Series, ...]
    at: Fraction
    expected: tuple[Expected, ...]
    sort: Sort
    every: Fraction | None = None


@dataclass(frozen=True, slots=True)
class ProvenAlert:
    """An alert with all that belongs to it: its rules (one a tier), recordings and cases.

    `words` say when it fires, for people, in Markdown and without a full stop.
    """

    alert: Alert
    recordings: tuple[Recording, ...]
    rules: tuple[AlertRule, ...]
    cases: tuple[Case, ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One promtool test of an expression: at `at` seconds it gives `expected`, and nothing else.

    Series have a sample every `interval` seconds, rules are evaluated every `every`. `expected` are
    labels and values, which are compared to three decimals.
    """

    name: str
    interval: Fraction
    series: tuple[Series, ...]
    every: Fraction
    at: Fraction
    expr: str
    expected: tuple[tuple[Map[str, str], Fraction], ...]


@dataclass(frozen=True, slots=True)
class ProvenRecord:
    """A score with its recordings, the last of which is the score itself, and its cases."""

    record: Record
    recordings: tuple[Recording, ...]
    cases: tuple[Reckoning, ...]


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While `source` (an alert, of `source_tier` where that is set) fires, `target` is not sent."""

    source: str
    target: str
    equal: tuple[str, ...]
    source_tier: str = ""
    target_tier: str = ""


@dataclass(frozen=True, slots=True)
class Outranking:
    """While an alert of `severity` fires, those of `lesser` severities are not sent.

    The labels in `equal` must agree, and both alerts must have those in `present`.
    """

    severity: str
    lesser: tuple[str, ...]
    equal: tuple[str, ...]
    present: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A fleet, resolved. `families` are all that the spec knows, by name.

    `recordings` are kept whether an alert reads them or not.
    """

    fleet: str
    spec_file: str
    alerts: tuple[ProvenAlert, ...]
    inhibitions: tuple[Inhibition, ...]
    dashboards: tuple[Dashboard, ...]
    families: Map[str, Family]
    oncall: OnCall
    timing: Timing
    selector: Map[str, str]
    links: Map[str, str]
    outputs: Outputs = field(default_factory=Outputs)
    outrankings: tuple[Outranking, ...] = ()
    recordings: tuple[Recording, ...] = ()
    sources: tuple[Source, ...] = ()
    records: tuple[ProvenRecord, ...] = ()
