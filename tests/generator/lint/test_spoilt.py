"""What no spec gives is found too, should a change of the generator ever make it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from generator.model import Artefact, Recording
from spec.model import Receiver
from tests.generator.lint.linted import PLANTED, make

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.model import Model, ProvenAlert
    from tests.generator.lint.linted import Made

SPEC = """\
version: 1
fleet: small
sources:
  - {file: /var/log/*.jsonl, preset: ./own.yaml}
oncall:
  receivers: {team: {slack: {channel: "#agents", api_url_file: /run/secrets/slack}}}
  default: team
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("spoilt")
    (folder / "own.yaml").write_bytes((PLANTED / "own.yaml").read_bytes())
    (folder / "agents.yaml").write_text(SPEC, encoding="utf-8")
    return make(folder / "agents.yaml")


def rules(made: Made) -> set[str]:
    return {finding.rule for finding in made.lint()}


def test_what_is_spoilt_here_is_right_before(made: Made) -> None:
    assert rules(made) == set()


# ---- dashboards ----------------------------------------------------------------------------------


def spoilt(made: Made, change: Callable[[Any], object]) -> Made:
    """Change the JSON of the first dashboard."""
    board = json.loads(made.boards[0].text)
    change(board)
    return replace(
        made, boards=(Artefact(made.boards[0].path, json.dumps(board)), *made.boards[1:])
    )


def variable(board: Any, name: str) -> Any:  # noqa: ANN401 (Grafana's JSON)
    return next(one for one in board["templating"]["list"] if one["name"] == name)


def panel(board: Any) -> Any:  # noqa: ANN401 (Grafana's JSON)
    return next(one for one in board["panels"] if one["type"] == "stat")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda b: b.update(editable=True), "uneditable-dashboard"),
        (lambda b: variable(b, "datasource").update(name="ds"), "template-datasource-rule"),
        (lambda b: variable(b, "datasource").update(label="DS"), "template-datasource-rule"),
        (lambda b: variable(b, "job").update(multi=False), "template-job-rule"),
        (lambda b: variable(b, "job").update(allValue=""), "template-job-rule"),
        (lambda b: variable(b, "instance").update(label="Where"), "template-instance-rule"),
        (lambda b: variable(b, "agent").update(refresh=1), "template-on-time-change-reload-rule"),
        (lambda b: variable(b, "agent").update(query="agents"), "template-label-promql-rule"),
        (lambda b: variable(b, "agent").update(query="query_result(up[)"), "target-promql-rule"),
        (lambda b: variable(b, "agent").update(query="label_values(upp, agent)"), "metric-unknown"),
        (lambda b: variable(b, "agent").update(query="label_values(up, agnt)"), "label-unknown"),
        (lambda b: panel(b).update(targets=[]), "panel-no-targets-rule"),
        (lambda b: panel(b).update(title=""), "panel-title-description-rule"),
        (lambda b: panel(b)["fieldConfig"]["defaults"].pop("unit"), "panel-units-rule"),
        (lambda b: b["links"].append({"type": "link", "url": "/d/small-x"}), "link-broken"),
    ],
)
def test_a_spoilt_dashboard_is_found(
    change: Callable[[Any], object], rule: str, made: Made
) -> None:
    assert rule in rules(spoilt(made, change))


@pytest.mark.parametrize("kind", ["barchart", "piechart", "heatmap", "bargauge"])
def test_every_kind_of_panel_is_looked_into(kind: str, made: Made) -> None:
    raw = 'sum(agent_tasks_total{outcome="success",job=~"$job",instance=~"$instance"})'

    def change(board: Any) -> None:  # noqa: ANN401 (Grafana's JSON)
        one = panel(board)
        one["type"] = kind
        one["targets"][0]["expr"] = raw

    assert "target-counter-agg-rule" in rules(spoilt(made, change))


def test_annotations_are_looked_into(made: Made) -> None:
    def change(board: Any) -> None:  # noqa: ANN401 (Grafana's JSON)
        mark = {"name": "Deploys", "target": {"expr": "deploys_total > 0"}, "tagKeys": "agent"}
        board["annotations"]["list"].append(mark)

    assert "metric-unknown" in rules(spoilt(made, change))


# ---- rules ---------------------------------------------------------------------------------------


def alert(name: str, change: Callable[[ProvenAlert], ProvenAlert]) -> Callable[[Model], Model]:
    """Change the alert of this name, or the first where it is ""."""

    def changed(model: Model) -> Model:
        wanted = name or model.alerts[0].alert.name
        alerts = (change(one) if one.alert.name == wanted else one for one in model.alerts)
        return replace(model, alerts=tuple(alerts))

    return changed


def recording(record: str, expr: str) -> Callable[[Model], Model]:
    made = Recording(record, expr)
    return alert("", lambda one: replace(one, recordings=(*one.recordings, made)))


def renamed(name: str) -> Callable[[Model], Model]:
    return alert("", lambda one: replace(one, alert=replace(one.alert, name=name)))


def nobody(model: Model) -> Model:
    silent = Receiver("silent", ())
    oncall = replace(
        model.oncall, receivers=(*model.oncall.receivers, silent), routes=(), default="silent"
    )
    return replace(model, oncall=oncall)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (alert("", lambda one: replace(one, rules=())), "alert-without-rule"),
        (alert("", lambda one: replace(one, cases=())), "alert-without-test"),
        (renamed("success_low"), "alert-name"),
        (nobody, "alert-without-route"),
        (recording("jobs_up", "sum(up)"), "recording-name"),
        (recording("job:up:sum", "sum(up)"), "recording-unread"),
        (lambda m: replace(m, fleet="f" * 40), "group-size"),
    ],
)
def test_spoilt_rules_are_found(change: Callable[[Model], Model], rule: str, made: Made) -> None:
    assert rule in rules(made.changed(change))


def test_what_is_recorded_twice_is_found(made: Made) -> None:
    def change(model: Model) -> Model:
        one = next(alert for alert in model.alerts if alert.recordings)
        again = replace(one.recordings[0], record="again:and:again")
        return alert(one.alert.name, lambda own: replace(own, recordings=(*own.recordings, again)))(
            model
        )

    assert "recording-duplicate" in rules(made.changed(change))
