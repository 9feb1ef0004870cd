"""What runs it elsewhere: the containers' mounts, Grafana's provisioning, the systemd unit."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentgauge.servers import AMTOOL, PROMTOOL
from generator.build import build
from spec.load import load_spec
from tests import servers

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """Read what docker-compose makes of the file; it needs no daemon for that."""
    if shutil.which("docker-compose") is None:
        pytest.fail("docker-compose is not installed: apt-get install -y docker-compose")
    understood = subprocess.run(
        ["docker-compose", "--profile", "demo", "config"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert understood.returncode == 0, understood.stderr
    found: dict[str, Any] = yaml.safe_load(understood.stdout)["services"]
    return found


def mounts(service: dict[str, Any]) -> dict[Path, Path]:
    """Give a container's places by the host's; named volumes are left out."""
    pairs = (volume.split(":")[:2] for volume in service["volumes"])
    return {Path(host): Path(inside) for host, inside in pairs if host.startswith("/")}


def inside(service: dict[str, Any], folder: Path) -> Path:
    """Lay out below `folder` what a container finds, and give it."""
    for host, place in mounts(service).items():
        link = folder / place.relative_to("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(host)
    return folder


# ---- containers ---------------------------------------------------------------------------------


def test_whatever_is_mounted_is_there(services: dict[str, Any]) -> None:
    missing = [str(host) for s in services.values() for host in mounts(s) if not host.exists()]
    assert missing == []


def test_containers_see_the_generated_files_themselves(services: dict[str, Any]) -> None:
    mounted = [host for s in services.values() for host in mounts(s)]
    wanted = ("alerts/rules/", "alerts/alertmanager.yml", "alerts/prometheus.yml",
              "alerts/templates/", "dashboards/")  # fmt: skip
    unseen = [
        artefact.path
        for artefact in build(load_spec(ROOT / "agents.yaml"))
        if artefact.path.startswith(wanted)
        and not any((ROOT / artefact.path).is_relative_to(host) for host in mounted)
    ]
    assert unseen == []


def test_prometheus_finds_the_other_containers(services: dict[str, Any], tmp_path: Path) -> None:
    config = inside(services["prometheus"], tmp_path) / "etc/prometheus/prometheus.yml"
    # A link's own folder counts, as it does in the container.
    with servers.prometheus(config, tmp_path) as server:
        servers.eventually(
            lambda: len(servers.ask(server, "targets")["activeTargets"]) == 3, "three targets"
        )
        found = servers.ask(server, "targets")["activeTargets"]
        assert {(t["labels"]["job"], t["scrapeUrl"]) for t in found} == {
            ("agentgauge", "http://exporter:9477/metrics"),
            ("prometheus", "http://prometheus:9090/metrics"),
            ("alertmanager", "http://alertmanager:9093/metrics"),
        }
        told = servers.eventually(
            lambda: servers.ask(server, "alertmanagers")["activeAlertmanagers"], "Alertmanager"
        )
        assert told == [{"url": "http://alertmanager:9093/api/v2/alerts"}]
        assert servers.ask(server, "rules")["groups"]
    hosts = {address.split(":")[0] for t in found for address in [t["labels"]["instance"]]}
    assert hosts <= services.keys()


def test_promtool_and_amtool_accept_what_the_containers_start_with(
    services: dict[str, Any], tmp_path: Path
) -> None:
    for service in ("prometheus", "alertmanager"):
        inside(services[service], tmp_path)
    etc = tmp_path / "etc"
    for command in (
        [servers.find(PROMTOOL), "check", "config", str(etc / "prometheus/prometheus.yml")],
        [servers.find(AMTOOL), "check-config", str(etc / "alertmanager/alertmanager.yml")],
    ):
        checked = subprocess.run(command, check=False, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        assert "WARNING" not in checked.stdout
        assert " 0 rules found" not in checked.stdout
        assert "0 templates" not in checked.stdout


def test_the_containers_logs_are_where_the_spec_looks_for_them(services: dict[str, Any]) -> None:
    def volumes(service: str) -> set[tuple[str, ...]]:
        entries = (entry.split(":") for entry in services[service]["volumes"])
        return {(e[0], e[1]) for e in entries if e[1].startswith("/var/log/")}

    assert volumes("exporter") == volumes("demo")
    places = {inside for _, inside in volumes("exporter")}
    for source in load_spec(ROOT / "agents.yaml").sources:
        for file in source.files:
            assert any(file.startswith(f"{place}/") for place in places), file


def test_images_are_pinned_and_ours_has_the_packages_version(services: dict[str, Any]) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    images = {service["image"] for service in services.values()}
    assert f"agentgauge:{version}" in images
    assert [i for i in images if not re.search(r":v?\d+\.\d+\.\d+$", i)] == []


def test_prometheus_keeps_35_days(services: dict[str, Any]) -> None:
    assert "--storage.tsdb.retention.time=35d" in services["prometheus"]["command"]


# ---- Grafana ------------------------------------------------------------------------------------


def test_grafana_knows_the_servers_and_the_dashboards(services: dict[str, Any]) -> None:
    provisioning = ROOT / "deploy/grafana/provisioning"
    sources = yaml.safe_load((provisioning / "datasources/agentgauge.yaml").read_text())
    by_type = {source["type"]: source for source in sources["datasources"]}
    assert by_type["prometheus"]["url"] == "http://prometheus:9090"
    assert by_type["alertmanager"]["url"] == "http://alertmanager:9093"
    linked = by_type["prometheus"]["jsonData"]["alertmanagerUid"]
    assert linked == by_type["alertmanager"]["uid"]
    scrape = yaml.safe_load((ROOT / "alerts/prometheus.yml").read_text())["global"]
    interval = by_type["prometheus"]["jsonData"]["timeInterval"]
    assert interval == scrape["scrape_interval"]

    providers = yaml.safe_load((provisioning / "dashboards/agentgauge.yaml").read_text())
    places = {str(inside): host for host, inside in mounts(services["grafana"]).items()}
    (path,) = (p["options"]["path"] for p in providers["providers"])
    dashboards = [json.loads(f.read_text()) for f in places[path].glob("*.json")]
    assert dashboards
    assert all(dashboard["uid"] for dashboard in dashboards)


# ---- systemd ------------------------------------------------------------------------------------


def test_the_unit_runs_the_exporter_without_privileges() -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # systemd's keys are CamelCase
    unit.read(ROOT / "deploy/systemd/agentgauge.service")
    service = unit["Service"]
    assert service["ExecStart"].split()[1:] == ["export", "/etc/agentgauge/agents.yaml"]
    assert service["DynamicUser"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
