"""All that is linted, side by side: every expression parsed once, with its place in the spec."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from generator.conventions import dashboard_uid
from generator.lint.finding import Finding, Subject
from generator.lint.lineage import Lineage, lineage
from generator.lint.metrics import Metric, Metrics, exported, firing
from generator.lint.places import Place, Places
from generator.lint.shape import UNKNOWN, union
from generator.lint.syntax import PromqlError, parse
from generator.lint.variables import settled
from generator.targets.rules import recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as Map

    from generator.lint.finding import Rule
    from generator.lint.shape import Shape
    from generator.lint.syntax import Node as Promql
    from generator.model import AlertRule, Artefact, Model, ProvenAlert, Recording
    from spec.model import Alert, Dashboard, Panel, Spec
    from spec.node import Node

    # Grafana's JSON.
    Json = dict[str, Any]

# The forms that Grafana has for Prometheus.
_ASKED = re.compile(
    r"label_values\((?:(?P<series>.+),)?\s*(?P<label>\w+)\s*\)"
    r"|query_result\((?P<result>.+)\)|(?:metrics|label_names)\(.*\)"
)


@dataclass(frozen=True, slots=True)
class Query:
    """An expression: its text, what it says, and where in the spec it comes from.

    `near` are words that stand there, where the expression itself does not.

    `tree` is None where it is no PromQL: `error` says why. `open`: a variable stands for a name in
    it, so that nobody can tell what it reads.
    """

    text: str
    tree: Promql | None
    error: PromqlError | None
    origin: Node | None
    subject: Subject
    open: bool = False
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LintedAlert:
    """An alert with its rules, each with its expression and the labels of its answer."""

    proven: ProvenAlert
    rules: tuple[tuple[AlertRule, Query, Shape], ...]


@dataclass(frozen=True, slots=True)
class LintedPanel:
    """A panel as Grafana gets it, and as the spec has it."""

    json: Json
    panel: Panel | None
    queries: tuple[Query, ...]
    subject: Subject


@dataclass(frozen=True, slots=True)
class LintedVariable:
    """A drop-down that asks Prometheus: its query is None where it is of no form that is known."""

    json: Json
    query: Query | None
    label: str


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard as Grafana gets it, and as the spec has it."""

    json: Json
    dashboard: Dashboard
    subject: Subject
    panels: tuple[LintedPanel, ...]
    annotations: tuple[tuple[Json, Query], ...]
    variables: tuple[LintedVariable, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything, together."""

    spec: Spec
    model: Model
    metrics: Metrics
    places: Places
    alerts: tuple[LintedAlert, ...]
    recordings: tuple[tuple[Recording, Query], ...]
    boards: tuple[Board, ...]
    lineage: Lineage

    def queries(self) -> Iterator[Query]:
        """Give every expression: of rules and of dashboards."""
        yield from self.of_rules()
        yield from self.of_boards()
        yield from self.of_variables()

    def of_rules(self) -> Iterator[Query]:
        """Give the expressions of recordings and alerts."""
        yield from (query for _, query in self.recordings)
        yield from (query for alert in self.alerts for _, query, _ in alert.rules)

    def of_boards(self) -> Iterator[Query]:
        """Give the expressions of panels and annotations."""
        for board in self.boards:
            yield from (query for panel in board.panels for query in panel.queries)
            yield from (query for _, query in board.annotations)

    def of_variables(self) -> Iterator[Query]:
        """Give the selections of which drop-downs list the labels."""
        for board in self.boards:
            yield from (one.query for one in board.variables if one.query)

    def finding(
        self, rule: Rule, at: Place, message: str, hint: str = "", subject: Subject | None = None
    ) -> Finding:
        """Make a finding."""
        return Finding(
            at.mark, at.path, message, hint, rule.name, rule.severity, subject or Subject()
        )

    def in_query(
        self, rule: Rule, query: Query, message: str, hint: str = "", *words: str
    ) -> Finding:
        """Make a finding on an expression, at the first of `words` that the spec has there."""
        place = self.places.of(query.origin, *words, *query.near)
        return self.finding(rule, place, message, hint, query.subject)


def gather(spec: Spec, model: Model, dashboards: Iterable[Artefact], root: str) -> Whole:
    """Bring together what is linted.

    Args:
        spec: The spec.
        model: What was resolved of it.
        dashboards: The dashboards that were made of it.
        root: The spec's file as it is to be shown.
    """
    places = Places(root)
    by_name = exported(spec)
    recordings = []
    seen: dict[str, Metric] = {}
    goals = _goals(spec)
    origins = _origins(model, goals)
    for recording in recorded(model):
        origin, alert = origins.get(recording.record, (None, ""))
        query = _query(recording.expr, origin, Subject(alert=alert))
        recordings.append((recording, query))
        metric = _recorded(recording, query, Metrics(by_name))
        earlier = seen.get(metric.name)
        labels = union(metric.labels, earlier.labels) if earlier else metric.labels
        seen[metric.name] = by_name[metric.name] = replace(metric, labels=labels)
    before = Metrics(by_name)
    alerts = tuple(_alert(one, _origin(one.alert, goals), before) for one in model.alerts)
    answers = [(answer, rule.labels) for one in alerts for rule, _, answer in one.rules]
    by_uid = {dashboard_uid(model.fleet, board.name): board for board in model.dashboards}
    made = (json.loads(artefact.text) for artefact in dashboards)
    return Whole(
        spec=spec,
        model=model,
        metrics=Metrics({**by_name, **firing(answers)}),
        places=places,
        alerts=alerts,
        recordings=tuple(recordings),
        lineage=lineage((one.record, query.tree) for one, query in recordings),
        boards=tuple(_board(one, by_uid[one["uid"]]) for one in made),
    )


def _goals(spec: Spec) -> dict[tuple[str, ...], Node]:
    """Give the goals' own words, by their place: their alerts are made of templates."""
    origins = [*(one.origin for one in spec.budgets), *(one.origin for one in spec.slos)]
    return {origin.path: origin for origin in origins if origin}


def _origin(alert: Alert, goals: Map[tuple[str, ...], Node]) -> Node | None:
    return goals.get(alert.origin.path, alert.origin) if alert.origin else None


def _origins(model: Model, goals: Map[tuple[str, ...], Node]) -> dict[str, tuple[Node | None, str]]:
    """Tell for which score or alert something is recorded first."""
    found: dict[str, tuple[Node | None, str]] = {}
    for score in model.records:
        for recording in score.recordings:
            found.setdefault(recording.record, (score.record.origin, ""))
    for proven in model.alerts:
        for recording in proven.recordings:
            origin = _origin(proven.alert, goals)
            found.setdefault(recording.record, (origin, proven.alert.name))
    return found


def _query(text: str, origin: Node | None, subject: Subject, *, grafana: bool = False) -> Query:
    plain, named = settled(text) if grafana else (text, False)
    try:
        return Query(text, parse(plain), None, origin, subject, named)
    except PromqlError as error:
        return Query(text, None, error, origin, subject, named)


def _recorded(recording: Recording, query: Query, metrics: Metrics) -> Metric:
    answer = metrics.shape(query.tree) if query.tree else UNKNOWN
    own = frozenset({"fleet", *recording.labels})
    return Metric(recording.record, "gauge", union(answer.some, own))


def _alert(proven: ProvenAlert, origin: Node | None, metrics: Metrics) -> LintedAlert:
    subject = Subject(alert=proven.alert.name)
    rules = []
    for rule in proven.rules:
        query = _query(rule.expr, origin, subject)
        rules.append((rule, query, metrics.shape(query.tree) if query.tree else UNKNOWN))
    return LintedAlert(proven, tuple(rules))


def _board(board: Json, dashboard: Dashboard) -> Board:
    subject = Subject(dashboard=board["title"], uid=board["uid"])
    shown = [one for one in _flat(board["panels"]) if one["type"] != "row"]
    meant = [panel for row in dashboard.rows for panel in row.panels]
    marks = [one for one in board["annotations"]["list"] if "expr" in one.get("target", {})]
    origin = dashboard.origin.get("annotations") if dashboard.origin else None
    return Board(
        json=board,
        dashboard=dashboard,
        subject=subject,
        panels=tuple(
            _panel(one, panel, subject) for one, panel in zip_longest(shown, meant) if one
        ),
        annotations=tuple((one, _mark(one, origin, subject)) for one in marks),
        variables=tuple(
            _variable(one, dashboard, subject)
            for one in board["templating"]["list"]
            if one["type"] == "query"
        ),
    )


def _mark(mark: Json, origin: Node | None, board: Subject) -> Query:
    query = _query(mark["target"]["expr"], origin, board, grafana=True)
    return replace(query, near=(mark["name"],))


def _variable(variable: Json, dashboard: Dashboard, board: Subject) -> LintedVariable:
    """Take a drop-down's query apart: the label whose values it lists, and of which series."""
    asked = variable.get("query") or ""
    text = asked if isinstance(asked, str) else str(asked.get("query") or "")
    found = _ASKED.fullmatch(text.strip())
    origin = dashboard.origin.get("variables") if dashboard.origin else None
    if found is None:
        return LintedVariable(variable, None, "")
    expr, label = found["series"] or found["result"], found["label"] or ""
    if expr is None:
        return LintedVariable(variable, Query(text, None, None, origin, board), label)
    query = replace(_query(expr, origin, board, grafana=True), near=(label,))
    return LintedVariable(variable, query, label)


def _panel(shown: Json, panel: Panel | None, board: Subject) -> LintedPanel:
    origins = [query.origin for query in panel.queries] if panel else []
    title = shown.get("title") or ""
    queries = []
    for number, target in targets(shown):
        origin = origins[number] if number < len(origins) else panel.origin if panel else None
        subject = Subject("", board.dashboard, board.uid, title, number)
        queries.append(_query(target["expr"], origin, subject, grafana=True))
    subject = Subject("", board.dashboard, board.uid, title)
    return LintedPanel(shown, panel, tuple(queries), subject)


def targets(panel: Json) -> Iterator[tuple[int, Json]]:
    """Give the queries of a panel that are PromQL, with their numbers."""
    for number, target in enumerate(panel.get("targets") or []):
        source = target.get("datasource") or {}
        if target.get("expr") and source.get("type", "prometheus") == "prometheus":
            yield number, target


def _flat(panels: list[Json]) -> Iterator[Json]:
    """Give panels in the order of the spec: those of a row that is folded up stand in it."""
    for panel in panels:
        yield panel
        yield from _flat(panel.get("panels") or [])
