"""What the targets spell: everything decided, nothing absent, nothing defaulted later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from fractions import Fraction

    from spec.model import Alert, Dashboard, Family, OnCall, Timing


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file to be: `path` below the output folder, and its whole text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording rule. `record` is `level:metric:operations`."""

    record: str
    expr: str


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
    """One promtool test: at `at` seconds the alert fires exactly as `expected` (empty: silent)."""

    name: str
    interval: Fraction
    series: tuple[Series, ...]
    at: Fraction
    expected: tuple[Expected, ...]


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
class Inhibition:
    """While `source` (an alert, of `source_tier` where that is set) fires, `target` is not sent."""

    source: str
    target: str
    equal: tuple[str, ...]
    source_tier: str = ""
    target_tier: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """A fleet, resolved. `families` are all that the spec knows, by name."""

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
