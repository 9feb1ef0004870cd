"""A faster clock changes durations, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.quicken import quicken

if TYPE_CHECKING:
    from pathlib import Path

RULES = """\
groups:
  - name: g
    interval: 500ms
    rules:
      - record: agent:trips:increase1h
        expr: |
          sum by (agent) (max_over_time(trips{for="5m"}[1h]) - (trips offset 30m))
      - record: agent:trips:week
        expr: sum_over_time(agent:trips:hour[1w:1h]) + min_over_time(a[5m:])
      - alert: Tripping
        expr: agent:trips:increase1h > 5
        for: 1m30s
        annotations: {description: "more than 5 within 1h"}
"""
QUICK = """\
groups:
  - name: g
    interval: 500ms
    rules:
      - record: agent:trips:increase1h
        expr: |
          sum by (agent) (max_over_time(trips{for="5m"}[120000ms]) - (trips offset 60000ms))
      - record: agent:trips:week
        expr: sum_over_time(agent:trips:hour[20160000ms:120000ms]) + min_over_time(a[10000ms:])
      - alert: Tripping
        expr: agent:trips:increase1h > 5
        for: 3000ms
        annotations: {description: "more than 5 within 1h"}
"""


def test_the_pace_of_scrapes_stays_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "prometheus.yml").write_text("global:\n  scrape_interval: 1s\n")
    (tmp_path / "alertmanager.yml").write_text("")
    quicken(tmp_path, 15, kept="1000ms")
    assert (tmp_path / "prometheus.yml").read_text() == "global:\n  scrape_interval: 1000ms\n"


def test_windows_waits_and_paces_are_divided_and_names_and_texts_stay(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/r.yaml").write_text(RULES)
    (tmp_path / "prometheus.yml").write_text("global:\n  scrape_interval: 500ms\n")
    (tmp_path / "alertmanager.yml").write_text("route:\n  group_wait: 30s\n  group_interval: 5m\n")
    quicken(tmp_path, 30, kept="500ms")
    assert (tmp_path / "rules/r.yaml").read_text() == QUICK
    assert (tmp_path / "prometheus.yml").read_text() == "global:\n  scrape_interval: 500ms\n"
    routes = "route:\n  group_wait: 1000ms\n  group_interval: 10000ms\n"
    assert (tmp_path / "alertmanager.yml").read_text() == routes
