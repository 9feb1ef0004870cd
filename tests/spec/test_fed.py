"""A fleet gets what its sources feed, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec.load import load_spec

if TYPE_CHECKING:
    from pathlib import Path

    from spec.model import Spec

AIDER = "version: 1\nfleet: f\nsources: [{file: a.jsonl, preset: aider}]\n"


def loaded(folder: Path, text: str) -> Spec:
    (folder / "agents.yaml").write_text(text)
    return load_spec(folder / "agents.yaml")


def names(spec: Spec) -> set[str]:
    return {alert.name for alert in spec.alerts}


def test_an_alert_of_the_catalogue_comes_only_where_a_source_feeds_what_it_reads(
    tmp_path: Path,
) -> None:
    spec = loaded(tmp_path, AIDER)
    assert "ExporterDown" in names(spec)
    assert "CircuitBreakerTripping" not in names(spec)


def test_an_estimate_feeds_the_tokens_that_have_no_price(tmp_path: Path) -> None:
    preset = "codex"
    estimating = f"version: 1\nfleet: f\nsources: [{{file: a.jsonl, preset: {preset}}}]\n"
    assert "TrafficUnpriced" in names(loaded(tmp_path, estimating))
    assert "TrafficUnpriced" not in names(
        loaded(tmp_path, estimating.replace(preset, "execution-log"))
    )


def test_a_spec_without_sources_takes_the_whole_catalogue(tmp_path: Path) -> None:
    spec = loaded(tmp_path, "version: 1\nfleet: f\n")
    assert {"ExporterDown", "CircuitBreakerTripping"} <= names(spec)


def test_what_the_user_speaks_of_stays(tmp_path: Path) -> None:
    spec = loaded(tmp_path, AIDER + "alerts: {CircuitBreakerTripping: {above: 9}}\n")
    assert "CircuitBreakerTripping" in names(spec)


def test_switching_off_what_no_source_feeds_is_no_mistake(tmp_path: Path) -> None:
    loaded(tmp_path, AIDER + "alerts: {CircuitBreakerTripping: false}\n")


def test_a_dashboard_has_no_panel_of_what_no_source_feeds(tmp_path: Path) -> None:
    fed = {"aider": loaded(tmp_path, AIDER), "all": loaded(tmp_path, "version: 1\nfleet: f\n")}
    titles = {
        key: {
            panel.title for board in spec.dashboards for row in board.rows for panel in row.panels
        }
        for key, spec in fed.items()
    }
    assert "Breakers open" in titles["all"] - titles["aider"]
    assert "Alerts firing" in titles["aider"]


def test_a_dashboard_of_which_the_user_changes_a_setting_has_no_such_panel_either(
    tmp_path: Path,
) -> None:
    spec = loaded(tmp_path, AIDER + "dashboards: {fleet: {span: now-1h}}\n")
    board = next(board for board in spec.dashboards if board.name == "fleet")
    assert board.span == "now-1h"
    assert "Breakers open" not in {panel.title for row in board.rows for panel in row.panels}


def _preset(folder: Path, errors: str) -> str:
    """Write a preset that moves errors of such a class; give a spec that uses it."""
    (folder / "own.yaml").write_text(
        "format: json\ntime: at\nlabels: {agent: who, model: =m, outcome: =success}\nevents:\n"
        "  - name: call\n    update: {agent_llm_requests_total: inc}\n"
        "  - name: error\n    when: {error: {exists: true}}\n"
        f"    labels: {{class: {errors}}}\n    update: {{agent_errors_total: inc}}\n"
    )
    return "version: 1\nfleet: f\nsources: [{file: a.jsonl, preset: ./own.yaml}]\n"


def _titles(spec: Spec) -> set[str]:
    return {panel.title for board in spec.dashboards for row in board.rows for panel in row.panels}


def test_what_asks_for_a_value_that_no_rule_can_give_is_left_out(tmp_path: Path) -> None:
    closed = "{of: error, classify: {timeout: time}, else: other}"
    spec = loaded(tmp_path, _preset(tmp_path, closed))
    assert "RetriesExhausted" not in names(spec)
    assert "Retries exhausted" not in _titles(spec)
    spec = loaded(tmp_path, _preset(tmp_path, "=retries_exhausted"))
    assert "RetriesExhausted" in names(spec)
    assert "Retries exhausted" in _titles(spec)


def test_what_asks_for_a_value_that_a_log_may_tell_stays(tmp_path: Path) -> None:
    spec = loaded(tmp_path, _preset(tmp_path, "error"))
    assert "RetriesExhausted" in names(spec)
    assert "Retries exhausted" in _titles(spec)


def test_panels_fill_the_lines_of_those_that_are_left_out(tmp_path: Path) -> None:
    whole, some = (
        {board.name: board for board in loaded(tmp_path, text).dashboards}["fleet"].rows[0].panels
        for text in ("version: 1\nfleet: f\n", AIDER)
    )
    usual = {panel.title: panel.width for panel in whole}
    widths = {panel.title: panel.width for panel in some}
    assert (usual["Active alerts"], usual["Open breakers and critical states"]) == (13, 11)
    assert "Open breakers and critical states" not in widths
    assert widths["Active alerts"] == 24
    lines: list[int] = []
    for panel in some:
        if not lines or lines[-1] + panel.width > 24:
            lines.append(0)
        lines[-1] += panel.width
    assert set(lines) == {24}
