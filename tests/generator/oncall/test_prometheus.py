"""Prometheus' configuration: accepted by promtool, and understood by a real Prometheus."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from agentgauge.servers import PROMTOOL
from generator.model import Model
from generator.targets import prometheus
from spec.model import Grouping, OnCall, Receiver, Timing
from tests import servers

GOLDEN = Path(__file__).with_name("golden")

MODEL = Model(
    fleet="support",
    spec_file="agents.yaml",
    alerts=(),
    inhibitions=(),
    dashboards=(),
    oncall=OnCall(
        (Receiver("nobody", ()),),
        (),
        "nobody",
        Grouping((), Fraction(30), Fraction(300), Fraction(14400)),
    ),
    timing=Timing(Fraction(5), Fraction(15), Fraction(15)),
    selector={"env": "prod", "price": "$5"},
    links={},
    families={},
)


def written(model: Model, folder: Path) -> Path:
    """Write the artefact below `folder`, and give its place."""
    (artefact,) = prometheus.artefacts(model)
    path = folder / artefact.path
    path.parent.mkdir(parents=True)
    path.write_text(artefact.text, encoding="utf-8")
    return path


def test_the_configuration_is_the_golden_one(tmp_path: Path) -> None:
    assert written(MODEL, tmp_path).read_text() == (GOLDEN / "prometheus.yml").read_text()


def test_promtool_accepts_the_configuration(tmp_path: Path) -> None:
    checked = subprocess.run(
        [servers.find(PROMTOOL), "check", "config", written(MODEL, tmp_path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stderr


def test_the_job_is_the_selectors(tmp_path: Path) -> None:
    model = replace(MODEL, selector={"job": "agents-east"})
    assert "- job_name: agents-east\n" in written(model, tmp_path).read_text()


def test_prometheus_takes_addresses_from_the_files_beside_the_configuration(
    tmp_path: Path,
) -> None:
    config = written(MODEL, tmp_path)
    for path, address in (
        (prometheus.EXPORTER_TARGETS, "exporter:9477"),
        (prometheus.PROMETHEUS_TARGETS, "prometheus:9090"),
        (prometheus.ALERTMANAGER_TARGETS, "alertmanager:9093"),
    ):
        (config.parent / path).parent.mkdir(exist_ok=True)
        (config.parent / path).write_text(prometheus.targets(address))

    with servers.prometheus(config, tmp_path) as server:

        def asked(path: str) -> Any:  # noqa: ANN401 - JSON may be anything
            return json.loads(servers.get(f"{server.url}/api/v1/{path}"))["data"]

        servers.eventually(lambda: len(asked("targets")["activeTargets"]) == 3, "three targets")
        found = asked("targets")["activeTargets"]
        assert {t["labels"]["job"]: t["labels"] for t in found} == {
            "agentgauge": {
                "job": "agentgauge",
                "instance": "exporter:9477",
                "env": "prod",
                "price": "$5",
            },
            "prometheus": {"job": "prometheus", "instance": "prometheus:9090"},
            "alertmanager": {"job": "alertmanager", "instance": "alertmanager:9093"},
        }
        told = servers.eventually(
            lambda: asked("alertmanagers")["activeAlertmanagers"], "Alertmanager"
        )
        assert told == [{"url": "http://alertmanager:9093/api/v2/alerts"}]
