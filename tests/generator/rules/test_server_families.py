"""What Prometheus and Alertmanager tell of themselves: alerts read it, whatever the selector."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generator.resolve import resolve
from spec.load import load_spec
from tests.generator.rules import promtool

if TYPE_CHECKING:
    from pathlib import Path

    from generator.model import ProvenAlert
    from spec.model import Spec

SPEC = """
version: 1
fleet: f
selector: {job: ours, env: prod}
sources: [{file: a.jsonl, preset: aider}]
oncall: {receivers: {hook: {webhook: {url: "http://localhost"}}}, default: hook}
alerts:
  TargetDown: {value: up, aggregate: min, below: 1, by: [job, instance], for: 5m}
  PrometheusSilent: {absent: prometheus_config_last_reload_successful, for: 5m}
"""
OF_SERVERS = (
    "AlertmanagerReloadFailed", "AlertsNotSent", "NotificationsFailing", "PrometheusReloadFailed",
    "PrometheusSilent", "RuleEvaluationsMissed", "RulesFailing",
)  # fmt: skip


def of(folder: Path) -> Spec:
    file = folder / "agents.yaml"
    file.write_text(SPEC)
    spec = load_spec(file)
    wanted = ("TargetDown", "ExporterReloadFailed", *OF_SERVERS)
    return replace(spec, alerts=tuple(a for a in spec.alerts if a.name in wanted), records=())


def read(proven: ProvenAlert) -> str:
    """Give all PromQL of an alert."""
    return "\n".join([*(r.expr for r in proven.recordings), *(r.expr for r in proven.rules)])


def test_a_selector_tells_exporters_apart_and_not_servers(tmp_path: Path) -> None:
    alerts = {proven.alert.name: read(proven) for proven in resolve(of(tmp_path)).alerts}

    assert set(alerts) == {"TargetDown", "ExporterReloadFailed", *OF_SERVERS}
    selected = {name for name, expr in alerts.items() if 'job="ours",env="prod"' in expr}
    assert selected == {"TargetDown", "ExporterReloadFailed"}


def test_alerts_on_servers_hold_what_they_promise(tmp_path: Path) -> None:
    promtool.prove(of(tmp_path), tmp_path)
