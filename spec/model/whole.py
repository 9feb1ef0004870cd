"""The whole spec: where lines come from, what is written, and everything else together."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

from spec.model.families import SERIES_LIMIT, Family
from spec.prices import PriceList

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

    from spec.mapping import Mapping, MappingTest
    from spec.model.alerts import Alert, Budget, Record, Slo
    from spec.model.dashboards import Dashboard
    from spec.model.names import OtherNames
    from spec.model.oncall import OnCall

RuleServer: TypeAlias = Literal["2.42", "3", "victoriametrics", "mimir"]
Target: TypeAlias = Literal["files", "mixin", "kubernetes", "grafana"]
Names: TypeAlias = Literal["own", "otel"]


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
class TopSessions:
    """Which sessions are shown: the first `keep` in each family, up to `age` s after their end.

    With 0 to keep, sessions are not followed at all.
    """

    keep: int = 20
    age: Fraction = Fraction(86_400)


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
    fleet's name) for rules that Grafana evaluates. `names`: the exporter shows its metrics under
    the names of others too.
    """

    prometheus: RuleServer = "2.42"
    alertmanager: str = "0.25"
    targets: tuple[Target, ...] = ("files",)
    kubernetes: Kubernetes = field(default_factory=Kubernetes)
    datasource: str = "prometheus"
    folder: str = ""
    names: Names = "own"


@dataclass(frozen=True, slots=True)
class Spec:
    """What `agents.yaml`, the presets that it names and the vocabulary say together.

    `selector` holds labels that tell this fleet's exporters from others in one Prometheus.
    `links` holds base addresses: `grafana`, `runbooks`. `series_limit` is the most series of all
    families together. `prices` are for what a log tells no cost of. `names` are those of others,
    where they are asked for. `resolved` is the same as plain values, as it would stand in one file.
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
    sessions: TopSessions = field(default_factory=TopSessions)
    prices: PriceList = field(default_factory=PriceList)
    tests: tuple[MappingTest, ...] = ()
    outputs: Outputs = field(default_factory=Outputs)
    names: OtherNames | None = None
    slos: tuple[Slo, ...] = ()
    records: tuple[Record, ...] = ()
    resolved: Map[str, object] = field(default_factory=dict)
