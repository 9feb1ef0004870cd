"""The typed spec: frozen values that the exporter and the generator read. Nothing here parses.

`origin` is where something stands in the spec, for messages that point there; it is no part of what
it says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

    from spec.mapping import Mapping
    from spec.node import Node

FamilyType: TypeAlias = Literal["counter", "gauge", "histogram", "stateset", "info"]
Severity: TypeAlias = Literal["info", "warning", "critical", "emergency"]
Category: TypeAlias = Literal["agent", "system", "coordination", "quality", "security"]
Direction: TypeAlias = Literal["above", "below"]

FAMILY_LIMIT, SERIES_LIMIT = 10_000, 100_000
"""The most series of a family, and of all together, where the spec says nothing."""

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical", "emergency")
CATEGORIES: tuple[Category, ...] = ("agent", "system", "coordination", "quality", "security")


@dataclass(frozen=True, slots=True)
class Family:
    """A metric family, declared once.

    `unit` is the base unit (`s`, `usd`, `bytes`, `ratio`) or None for plain counts.
    `values` fixes the values that a label may take. `state` names the label of a stateset that
    tells its states apart; an info family shows 1 for the newest set of its `replaced` labels.
    `limit` is the most series that it may have; what comes beyond goes to `__overflow__`.
    """

    name: str
    type: FamilyType
    help: str
    labels: tuple[str, ...] = ()
    unit: str | None = None
    buckets: tuple[float, ...] = ()
    values: Map[str, tuple[str, ...]] = field(default_factory=dict)
    state: str | None = None
    replaced: tuple[str, ...] = ()
    limit: int = FAMILY_LIMIT


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label: it is (or, `negated`, is not) one of `values`."""

    label: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Some series of a family: `metric` is the family's name, all matchers must hold."""

    metric: str
    where: tuple[Matcher, ...] = ()


# ---- what a query can ask for: shared by alerts and panels -------------------------------------


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
class Expr:
    """PromQL as it is, for panels that nothing else describes."""

    expr: str


Condition: TypeAlias = Increase | Ratio | Quantile | Value | Absent | Burn
Query: TypeAlias = Increase | Rate | Ratio | Quantile | Average | Value | Expr


# ---- alerts and budgets -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where a value becomes an alert: strictly above or below `bound`."""

    direction: Direction
    bound: Fraction


@dataclass(frozen=True, slots=True)
class Runbook:
    """What on-call reads. Markdown; the generator adds the queries."""

    meaning: str
    impact: str
    diagnosis: str
    mitigation: str


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


# ---- dashboards ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query of a panel: `legend` is Grafana's legend format, "" for the labels in `by`."""

    query: Query
    by: tuple[str, ...] = ()
    legend: str = ""
    name: str = ""
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `show` is the visualisation, `since` a relative time such as `now/d`.

    `unit` is Grafana's unit id, "" for the family's own. `steps` are thresholds as
    (from value or None, colour). `options` are further settings of this kind of panel.
    """

    title: str
    show: str
    queries: tuple[PanelQuery, ...]
    description: str = ""
    unit: str = ""
    since: str = ""
    steps: tuple[tuple[float | None, str], ...] = ()
    width: int = 12
    height: int = 8
    options: Map[str, object] = field(default_factory=dict)
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A titled row of panels, laid out from left to right in 24 columns."""

    title: str
    panels: tuple[Panel, ...]
    collapsed: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard. `span` is the time that it opens with (`now-6h`), `refresh` its pace (`5s`).

    `variables` are labels that become drop-down filters. `annotations` maps a title to the info
    family whose changes it marks.
    """

    name: str
    title: str
    description: str
    span: str
    refresh: str
    variables: tuple[str, ...]
    annotations: Map[str, str]
    rows: tuple[Row, ...]
    origin: Node | None = field(default=None, compare=False, repr=False)


# ---- on-call ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody to tell: `channels` are (kind, settings), kind one of pagerduty, slack, ..."""

    name: str
    channels: tuple[tuple[str, Map[str, object]], ...]
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Route:
    """Alerts that fit all of `where` go to the receiver `to`; `digest` is "", hourly or daily."""

    where: tuple[Matcher, ...]
    to: str
    digest: str = ""
    carry_on: bool = False
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Grouping:
    """How Alertmanager bundles: labels of one group, and its three waits in seconds."""

    by: tuple[str, ...]
    wait: Fraction
    interval: Fraction
    repeat: Fraction


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is told what."""

    receivers: tuple[Receiver, ...]
    routes: tuple[Route, ...]
    default: str
    grouping: Grouping


# ---- the whole ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Push:
    """Where a source's lines are received over HTTP, and from whom.

    `protocol` is `lines` (NDJSON to /v1/lines) or `otlp` (to /v1/logs and /v1/traces). `listen`
    is HOST:PORT. Beyond loopback a token or client certificates are needed: `token_file` holds
    the bearer token, `web_config` is an exporter-toolkit web configuration. `spool` is in bytes.
    """

    protocol: Literal["lines", "otlp"]
    listen: str
    token_file: str | None = None
    web_config: str | None = None
    spool: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """A stream of lines and the mappings that read it.

    `files` are globs; without them and without `push`, it is stdin. `start` says what counts of
    the files that are there at the first start. `wrapped`: the lines are in a container
    runtime's envelope. `push` says where lines are received.
    """

    name: str
    files: tuple[str, ...]
    mappings: tuple[Mapping, ...]
    labels: Map[str, str]
    start: Literal["beginning", "end"] = "beginning"
    wrapped: Literal["", "cri", "docker"] = ""
    push: Push | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """How Prometheus is paced, in seconds. `born_at_zero`: see `exporter.store`.

    `gauges_expire`: a gauge that nothing has set for so long is shown no more.
    """

    scrape: Fraction
    evaluation: Fraction
    born_at_zero: Fraction
    gauges_expire: Fraction = Fraction(86_400)


@dataclass(frozen=True, slots=True)
class Spec:
    """What `agents.yaml`, the presets that it names and the vocabulary say together.

    `selector` holds labels that tell this fleet's exporters from others in one Prometheus.
    `links` holds base addresses: `grafana`, `runbooks`. `series_limit` is the most series of all
    families together. `resolved` is the same as plain values, as
    it would stand in one file.
    """

    file: str
    fleet: str
    sources: tuple[Source, ...]
    families: Map[str, Family]
    budgets: tuple[Budget, ...]
    alerts: tuple[Alert, ...]
    dashboards: tuple[Dashboard, ...]
    oncall: OnCall
    selector: Map[str, str]
    links: Map[str, str]
    timing: Timing
    series_limit: int = SERIES_LIMIT
    resolved: Map[str, object] = field(default_factory=dict)
