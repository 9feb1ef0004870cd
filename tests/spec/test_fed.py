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
