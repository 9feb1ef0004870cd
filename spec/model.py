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

    from spec.mapping import Mapping, MappingTest
    from spec.node import Node

FamilyType: TypeAlias = Literal["counter", "gauge", "histogram", "stateset", "info"]
Severity: TypeAlias = Literal["info", "warning", "critical", "emergency"]
Category: TypeAlias = Literal["agent", "system", "coordination", "quality", "security"]
Direction: TypeAlias = Literal["above", "below", "beyond"]
CaseSort: TypeAlias = Literal["fires", "silent", "silence", "missing", "reset"]
RuleServer: TypeAlias = Literal["2.42", "3", "victoriametrics", "mimir"]
Target: TypeAlias = Literal["files", "mixin", "kubernetes", "grafana"]

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
    `recorded`: a rule makes it of others, so that no exporter shows it.
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
    recorded: bool = False


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
class Grouping:
    """How Alertmanager bundles: labels of one group, and its three waits in seconds."""

    by: tuple[str, ...]
    wait: Fraction
    interval: Fraction
    repeat: Fraction


@dataclass(frozen=True, slots=True)
class Route:
    """Alerts that fit all of `where` go to the receiver `to`; `digest` is "", hourly or daily.

    In the mute times `mute` nothing is sent, nor outside the mute times `active`, where any are
    named. `grouping` is None for on-call's own.
    """

    where: tuple[Matcher, ...]
    to: str
    digest: str = ""
    carry_on: bool = False
    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    grouping: Grouping | None = None
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Interval:
    """A time that comes again: in one of each of what is given; empty means any.

    `times` are stretches of a day, from and to, as `HH:MM`. The others are ranges, spelt as
    Alertmanager has them: `monday:friday`, `1:7`. `location` is a time zone, "" for UTC.
    """

    times: tuple[tuple[str, str], ...] = ()
    weekdays: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    location: str = ""


@dataclass(frozen=True, slots=True)
class MuteTime:
    """A named time: it is while any of its intervals is."""

    name: str
    intervals: tuple[Interval, ...]
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert of a test: `alert` is "" or one of the spec's, whose constant labels it has.

    `to` are those who are told, None where the test does not ask. `silenced`: another alert of the
    test inhibits it.
    """

    alert: str
    labels: Map[str, str]
    annotations: Map[str, str] = field(default_factory=dict)
    to: tuple[str, ...] | None = None
    silenced: bool = False
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What must stand in the message of a test, in its order, where `receiver` has `channel`."""

    receiver: str
    channel: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnCallTest:
    """Alerts that fire together, and who is told then. `at` is in UTC, "" for any time."""

    name: str
    firing: tuple[Fired, ...]
    at: str = ""
    message: Said | None = None
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is told what."""

    receivers: tuple[Receiver, ...]
    routes: tuple[Route, ...]
    default: str
    grouping: Grouping
    mute_times: tuple[MuteTime, ...] = ()
    tests: tuple[OnCallTest, ...] = ()
    origin: Node | None = field(default=None, compare=False, repr=False)


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
class Kubernetes:
    """Where the resources for Kubernetes' operators belong.

    `labels` are on each of them, so that the operators find them. `secret` holds what on-call's
    secret files hold, a key a file. The exporter is found by its `labelled` pods, or
    services (`monitor`), and by the name of the `port` that serves its metrics.
    """

    namespace: str = "monitoring"
    labels: Map[str, str] = field(default_factory=dict)
    secret: str = "agentgauge-oncall"  # noqa: S105 (a name)
    monitor: Literal["pods", "services"] = "pods"
    labelled: Map[str, str] = field(
        default_factory=lambda: {"app.kubernetes.io/name": "agentgauge"}
    )
    port: str = "metrics"


@dataclass(frozen=True, slots=True)
class Outputs:
    """What is written, and for which servers.

    `prometheus` evaluates the rules: Prometheus from this version on, or a server like it.
    `alertmanager` is the oldest version that is to take the configuration.
    `datasource` is the uid of Grafana's data source, `folder` the title of the folder ("" for the
    fleet's name) for rules that Grafana evaluates.
    """

    prometheus: RuleServer = "2.42"
    alertmanager: str = "0.25"
    targets: tuple[Target, ...] = ("files",)
    kubernetes: Kubernetes = field(default_factory=Kubernetes)
    datasource: str = "prometheus"
    folder: str = ""


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
    tests: tuple[MappingTest, ...] = ()
    outputs: Outputs = field(default_factory=Outputs)
    slos: tuple[Slo, ...] = ()
    records: tuple[Record, ...] = ()
    resolved: Map[str, object] = field(default_factory=dict)
