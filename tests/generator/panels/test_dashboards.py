"""The dashboards are what Grafana and dashboard-linter want, and the checks would notice if not."""

from __future__ import annotations

import copy
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from generator.panels import VISUALISATIONS
from generator.panels.parts.visualisation import COMMON
from generator.targets import dashboards
from spec.model import (
    Average,
    Expr,
    Increase,
    Matcher,
    Panel,
    PanelQuery,
    Quantile,
    Rate,
    Ratio,
    Row,
    Selection,
    Value,
)  # fmt: skip
from spec.problems import SpecError
from spec.read_dashboards import COMMON_OPTIONS, OWN_OPTIONS
from tests.generator.panels import checks, fleets

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec.model import Query

GOLDEN = Path(__file__).with_name("golden")
TASKS = Selection("agent_tasks_total")
DONE = Selection("agent_tasks_total", (Matcher("outcome", ("success",)),))
LATENCY = Selection("agent_llm_latency_seconds")
QUARTER = Fraction(900)


def panel(show: str, *queries: Query, **more: Any) -> Panel:  # noqa: ANN401  # any field
    by = more.pop("by", ())
    asked = tuple(PanelQuery(query, by=by) for query in queries)
    fields = {"description": "For a test.", "title": show.capitalize()}
    return Panel(**({"show": show, "queries": asked} | fields | more))


ONE_OF_EACH = (
    panel("stat", Increase(TASKS, None), since="now/d", width=4, height=4),
    panel("gauge", Ratio(DONE, TASKS, QUARTER, Fraction(0)), width=4, height=4,
          steps=((None, "red"), (0.8, "green")), options={"min": 0, "max": 1}),
    panel("bargauge", Increase(Selection("agent_cost_usd_total"), None), by=("agent",), width=8,
          height=4, options={"order": "descending", "limit": 5}),
    panel("text", options={"content": "Whom to **ask**."}, width=8, height=4),
    panel("timeseries", Increase(TASKS, None), by=("outcome",)),
    panel("timeseries", Quantile(LATENCY, Fraction(95, 100), None, Fraction(0)),
          Average(LATENCY, None), Rate(TASKS), title="Lines", unit="s"),
    panel("state-timeline", Value(Selection("circuit_breaker_state"), "max"),
          by=("agent", "breaker"), unit="none", options={"states": {0: ["closed", "green"]}}),
    panel("heatmap",
          Expr("sum by (le) (increase(agent_llm_latency_seconds_bucket{$matchers}[$__interval]))"),
          unit="s"),
    panel("table", Value(Selection("agent_last_failure_timestamp_seconds"), "max"),
          Increase(Selection("agent_errors_total"), None), by=("agent", "class")),
    panel("alerts"),
)  # fmt: skip
BOARD = fleets.board(*ONE_OF_EACH)


def test_the_catalogue_has_nothing_that_grafana_or_the_linter_would_refuse(tmp_path: Path) -> None:
    for dashboard in fleets.generated(*fleets.catalogue(tmp_path)):
        assert checks.everything(dashboard) == []


def test_every_visualisation_gives_panels_that_grafana_knows() -> None:
    assert {p.show for p in ONE_OF_EACH} == set(VISUALISATIONS)
    assert checks.everything(fleets.generated(BOARD)[0]) == []


def test_a_small_dashboard_is_written_byte_for_byte() -> None:
    (artefact,) = dashboards.artefacts(fleets.model(BOARD))
    assert artefact.path == "dashboards/support-small.json"
    assert artefact.text == (GOLDEN / "support-small.json").read_text(encoding="utf-8")


def test_the_same_spec_gives_the_same_bytes(tmp_path: Path) -> None:
    boards = fleets.catalogue(tmp_path)
    first = dashboards.artefacts(fleets.model(*boards))
    assert dashboards.artefacts(fleets.model(*boards)) == first


def test_a_folded_row_keeps_its_panels_inside() -> None:
    rows = (Row("Open", ONE_OF_EACH[:1]), Row("Folded", ONE_OF_EACH[4:6], collapsed=True))
    (dashboard,) = fleets.generated(replace(BOARD, rows=(*rows, Row("Last", ONE_OF_EACH[-1:]))))
    assert checks.everything(dashboard) == []
    outline = [(p["title"], p["gridPos"]["y"]) for p in dashboard["panels"]]
    assert outline == [("Open", 0), ("Stat", 1), ("Folded", 5), ("Last", 6), ("Alerts", 7)]
    folded = dashboard["panels"][2]
    assert folded["collapsed"]
    assert [p["title"] for p in folded["panels"]] == ["Timeseries", "Lines"]


@pytest.mark.parametrize(
    ("by", "expr"),
    [
        ((), "round(sum(increase({some}[$__range])) or 0 * sum(increase({every}[$__range])))"),
        (("class",), "round(sum by (class) (increase({some}[$__range])))"),
    ],
)
def test_a_count_of_some_is_0_where_only_others_happened(by: tuple[str, ...], expr: str) -> None:
    some = Selection("agent_errors_total", (Matcher("class", ("parse",)),))
    (made,) = fleets.generated(fleets.board(panel("stat", Increase(some, None), by=by)))
    common = 'agent=~"$agent",job=~"$job",instance=~"$instance",cluster="eu-1"}'
    wanted = expr.format(
        some='agent_errors_total{class="parse",' + common, every="agent_errors_total{" + common
    )
    assert made["panels"][1]["targets"][0]["expr"] == wanted


LINK = (
    "/d/support-small?${datasource:queryparam}&${job:queryparam}&${instance:queryparam}"
    "&${__url_time_range}&var-agent=${__value.raw}"
)


@pytest.mark.parametrize(("leads_to", "urls"), [("small", [LINK]), ("none-such", [])])
def test_a_label_leads_to_a_dashboard_that_there_is(leads_to: str, urls: list[str]) -> None:
    cost = Value(Selection("agent_session_cost_usd"), "max")
    linked = {"links": {"agent": leads_to}}
    table = panel("table", cost, by=("session", "agent"), options=linked)
    (dashboard,) = fleets.generated(fleets.board(table))
    assert checks.everything(dashboard) == []
    properties = [
        one
        for override in dashboard["panels"][1]["fieldConfig"]["overrides"]
        for one in override["properties"]
        if override["matcher"]["options"] == "Agent" and one["id"] == "links"
    ]
    assert [link["url"] for one in properties for link in one["value"]] == urls


def test_a_panel_keeps_its_id_when_another_is_put_before_it() -> None:
    before = fleets.generated(BOARD)[0]["panels"]
    more = fleets.board(panel("stat", Rate(TASKS), title="New"), *ONE_OF_EACH)
    after = fleets.generated(more)[0]["panels"]
    ids = {p["title"]: p["id"] for p in after}
    assert {p["title"]: p["id"] for p in before} == {t: i for t, i in ids.items() if t != "New"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (panel("piechart", Rate(TASKS)), "unknown visualisation 'piechart'"),
        (panel("stat", Rate(TASKS), options={"colour": "value"}), "did you mean 'color'?"),
        (panel("stat", Expr("sum(agent_tasks_total{$matchers})")), "PromQL has no unit"),
    ],
)
def test_what_a_kind_of_panel_does_not_know_is_said_with_its_place(wrong: Panel, said: str) -> None:
    with pytest.raises(SpecError, match=r"dashboards\.small: Row: ") as raised:
        fleets.generated(fleets.board(wrong, panel("map", Rate(TASKS))))
    assert said in str(raised.value)
    assert len(raised.value.problems) == 2


def _first(dashboard: Any, kind: str) -> Any:  # noqa: ANN401  # JSON
    return next(p for p in dashboard["panels"] if p["type"] == kind)


def _variable(dashboard: Any, name: str) -> Any:  # noqa: ANN401  # JSON
    return next(v for v in dashboard["templating"]["list"] if v["name"] == name)


MISTAKES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "misspelt option": (
        "schema", lambda d: _first(d, "timeseries")["options"].update(legnd={})),
    "unknown key of a panel": ("schema", lambda d: _first(d, "stat").update(span=4)),
    "unknown legend mode": (
        "schema",
        lambda d: _first(d, "timeseries")["options"]["legend"].update(displayMode="grid")),
    "unknown draw style": (
        "schema",
        lambda d: _first(d, "timeseries")["fieldConfig"]["defaults"]["custom"].update(
            drawStyle="bar")),
    "unknown kind of panel": ("schema", lambda d: _first(d, "gauge").update(type="graph")),
    "threshold as text": (
        "schema",
        lambda d: _first(d, "gauge")["fieldConfig"]["defaults"]["thresholds"]["steps"][1].update(
            value="0.8")),
    "unknown key of the dashboard": ("schema", lambda d: d.update(rows=[])),
    "unknown key of a query": (
        "schema", lambda d: _first(d, "stat")["targets"][0].update(intervalFactor=2)),
    "unknown unit": (
        "registries",
        lambda d: _first(d, "stat")["fieldConfig"]["defaults"].update(unit="seconds")),
    "unknown reducer": (
        "registries",
        lambda d: _first(d, "stat")["options"]["reduceOptions"].update(calcs=["newest"])),
    "unknown transformation": (
        "registries", lambda d: _first(d, "table")["transformations"][0].update(id="join")),
    "unknown colour mode": (
        "registries",
        lambda d: _first(d, "timeseries")["fieldConfig"]["defaults"]["color"].update(
            mode="palette-pretty")),
    "unknown property of an override": (
        "registries",
        lambda d: _first(d, "timeseries")["fieldConfig"]["overrides"][0]["properties"][0].update(
            id="custom.colour")),
    "too wide": ("grid", lambda d: _first(d, "heatmap")["gridPos"].update(w=30)),
    "overlap": ("grid", lambda d: _first(d, "gauge")["gridPos"].update(x=2)),
    "id twice": ("identity", lambda d: _first(d, "gauge").update(id=_first(d, "stat")["id"])),
    "refId twice": ("identity", lambda d: _first(d, "table")["targets"][1].update(refId="A")),
    "undefined variable in a query": (
        "variables",
        lambda d: _first(d, "stat")["targets"][0].update(expr='agent_x{tenant="$tenant"}')),
    "variable used before it is there": (
        "variables", lambda d: d["templating"]["list"].reverse()),
    "no description": ("complete", lambda d: _first(d, "stat").update(description="")),
    "no unit": ("complete", lambda d: _first(d, "stat")["fieldConfig"]["defaults"].pop("unit")),
    "another data source": ("complete", lambda d: _first(d, "stat").pop("datasource")),
    "coarse graphs": ("complete", lambda d: _first(d, "stat").update(maxDataPoints=100)),
    "rate over a fixed time": (
        "linter",
        lambda d: _first(d, "stat")["targets"][0].update(
            expr='rate(agent_x{job=~"$job",instance=~"$instance"}[5m])')),
    "no job": (
        "linter",
        lambda d: _first(d, "stat")["targets"][0].update(expr='agent_x{instance=~"$instance"}')),
    "no matchers at all": (
        "linter", lambda d: _first(d, "stat")["targets"][0].update(expr="sum(agent_x)")),
    "editable": ("linter", lambda d: d.update(editable=True)),
    "variables that are not renewed": ("linter", lambda d: _variable(d, "agent").update(refresh=1)),
    "all jobs matching none too": ("linter", lambda d: _variable(d, "job").update(allValue=".*")),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_found(mistake: str) -> None:
    check, plant = MISTAKES[mistake]
    dashboard = copy.deepcopy(fleets.generated(BOARD)[0])
    plant(dashboard)
    assert {found.split(":")[0] for found in checks.everything(dashboard)} >= {check}


def test_the_spec_knows_the_options_of_every_visualisation() -> None:
    shown = {name: frozenset(OWN_OPTIONS.get(name, ())) for name in VISUALISATIONS}
    assert shown == {name: kind.options for name, kind in VISUALISATIONS.items()}
    assert frozenset(COMMON_OPTIONS) == COMMON
