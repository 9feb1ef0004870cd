"""Resources for Kubernetes, against the operators' own schemas."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from generator.targets import kubernetes
from generator.targets.kubernetes.alerting import configuration, secret_keys
from spec.model import Kubernetes
from tests.generator.targets.fleets import below, made, model, other, plain, read, rules, texts

SCHEMAS = Path(__file__).parents[2] / "kubernetes"
ASKED = Kubernetes(
    namespace="agents",
    labels={"release": "kube-prometheus"},
    monitor="services",
    labelled={"app": "sidecar"},
    port="http",
)


@cache
def resources() -> dict[str, Any]:
    """Give all resources, by the paths of their files."""
    return {path: read(made(), path) for path in below(made(), "kubernetes")}


def problems(resource: Any) -> list[str]:  # noqa: ANN401 (a document)
    """Check a resource against its kind's schema."""
    schema = json.loads((SCHEMAS / f"{resource['kind']}.schema.json").read_text())
    return [
        f"{e.json_path}: {e.message}" for e in Draft202012Validator(schema).iter_errors(resource)
    ]


def of_kind(kind: str, files: dict[str, Any] | None = None) -> list[Any]:
    return [one for one in (files or resources()).values() if one["kind"] == kind]


def test_every_kind_is_there() -> None:
    assert {one["kind"] for one in resources().values()} == {
        "PrometheusRule", "AlertmanagerConfig", "PodMonitor", "ConfigMap", "GrafanaDashboard",
    }  # fmt: skip


def test_a_server_would_take_them_and_drop_nothing() -> None:
    checked = {
        path: problems(one) for path, one in resources().items() if one["kind"] != "ConfigMap"
    }
    assert {path: said for path, said in checked.items() if said} == {}
    assert checked


def test_the_schemas_refuse_what_a_server_would_refuse_or_drop() -> None:
    (config,) = of_kind("AlertmanagerConfig")
    config = json.loads(json.dumps(config))
    config["spec"]["route"]["routes"][0]["groupWaits"] = "5m"
    config["spec"]["receivers"][0]["pagerdutyConfigs"][0]["routing_key"] = "x"
    config["spec"]["muteTimeIntervals"][0]["timeIntervals"][0]["months"] = ["brumaire"]
    assert len(problems(config)) == 3


def test_names_are_such_as_kubernetes_has() -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in resources().values()]
    assert len(set(names)) == len(names)
    for _, name in names:
        assert len(name) <= 253
        assert name == name.lower()
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


def _place(name: str) -> tuple[bool, int]:
    """Recordings before alerts, the first before the second of them."""
    number = name.rpartition("-")[2]
    return "-alerts" in name, int(number) if number.isdecimal() else 1


def test_rules_are_the_plain_ones_and_alerts_say_their_namespace() -> None:
    every = sorted(of_kind("PrometheusRule"), key=lambda one: _place(one["metadata"]["name"]))
    found = [rule for one in every for group in one["spec"]["groups"] for rule in group["rules"]]
    plain = rules(made())
    for rule in plain:
        if "alert" in rule:
            rule["labels"]["namespace"] = "monitoring"
    assert found == plain


def test_no_resource_is_too_large_for_the_operator() -> None:
    for path, text in below(made(), "kubernetes").items():
        assert len(text) < 500_000, path


def test_the_routes_take_this_fleets_alerts_alone() -> None:
    (config,) = of_kind("AlertmanagerConfig")
    assert config["spec"]["route"]["matchers"] == [
        {"name": "fleet", "matchType": "=", "value": "support"}
    ]


def test_routes_receivers_and_times_are_all_there() -> None:
    (config,) = of_kind("AlertmanagerConfig")
    plain = read(made(), "alerts/alertmanager.yml")
    spec = config["spec"]
    assert [r["receiver"] for r in spec["route"]["routes"]] == [
        r["receiver"] for r in plain["route"]["routes"]
    ]
    assert [r["name"] for r in spec["receivers"]] == [r["name"] for r in plain["receivers"]]
    assert len(spec["inhibitRules"]) == len(plain["inhibit_rules"])
    assert spec["muteTimeIntervals"] == [
        {
            "name": "nights",
            "timeIntervals": [
                {
                    "times": [
                        {"startTime": "22:00", "endTime": "24:00"},
                        {"startTime": "00:00", "endTime": "06:00"},
                    ],
                    "months": ["june:august"],
                    "years": ["2026"],
                }
            ],
        },
        {
            "name": "office",
            "timeIntervals": [
                {
                    "times": [{"startTime": "08:00", "endTime": "18:00"}],
                    "weekdays": ["monday:friday"],
                },
                {"daysOfMonth": [{"start": 1, "end": 7}, {"start": -1, "end": -1}]},
            ],
        },
    ]


def test_a_route_is_spelt_as_the_operator_does() -> None:
    plain = {
        "route": {
            "receiver": "a",
            "group_by": ["fleet"],
            "group_wait": "30s",
            "routes": [{"receiver": "b", "matchers": [r'x=~"a\\.b|c"', 'y!="\\"q\\""']}],
        },
        "receivers": [],
    }
    assert configuration(plain, "support", "secret")["route"] == {
        "receiver": "a",
        "matchers": [{"name": "fleet", "matchType": "=", "value": "support"}],
        "groupBy": ["fleet"],
        "groupWait": "30s",
        "routes": [
            {
                "receiver": "b",
                "matchers": [
                    {"name": "x", "matchType": "=~", "value": r"a\.b|c"},
                    {"name": "y", "matchType": "!=", "value": '"q"'},
                ],
            }
        ],
    }


def test_secrets_are_keys_of_one_secret_named_after_their_files() -> None:
    plain = read(made(), "alerts/alertmanager.yml")
    assert secret_keys(plain) == {
        "/run/secrets/pagerduty": "pagerduty",
        "/run/secrets/opsgenie": "opsgenie",
        "/run/secrets/pushover/user": "user",
        "/run/secrets/pushover/token": "run.secrets.pushover.token",
        "/run/secrets/slack": "slack",
        "/run/secrets/msteams": "msteams",
        "/run/secrets/discord": "discord",
        "/run/secrets/mail": "mail",
        "/run/secrets/hook/token": "run.secrets.hook.token",
        "/run/secrets/address": "address",
    }
    (config,) = of_kind("AlertmanagerConfig")
    assert "/run/secrets" not in json.dumps(config)


def test_dashboards_are_in_config_maps_that_both_sidecar_and_operator_find() -> None:
    maps = {one["metadata"]["name"]: one for one in of_kind("ConfigMap")}
    boards = below(made(), "dashboards", ".json")
    resources = of_kind("GrafanaDashboard")
    assert len(resources) == len(boards)
    for resource in resources:
        held = maps[resource["spec"]["configMapRef"]["name"]]
        key = resource["spec"]["configMapRef"]["key"]
        assert held["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert held["data"] == {key: boards[f"dashboards/{key}"]}


def test_the_templates_of_the_messages_are_there() -> None:
    held = next(
        one for one in of_kind("ConfigMap") if one["metadata"]["name"] == "support-templates"
    )
    plain = below(made(), "alerts/templates")
    assert held["data"] == {path.rpartition("/")[2]: text for path, text in plain.items()}


def test_series_get_the_labels_that_the_rules_select_by() -> None:
    (monitor,) = of_kind("PodMonitor")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert model().selector == {"job": "agents", "cluster": "eu$1"}
    assert endpoint["relabelings"] == [
        {"action": "replace", "targetLabel": "job", "replacement": "agents"},
        {"action": "replace", "targetLabel": "cluster", "replacement": "eu$$1"},
    ]


def test_names_labels_and_services_are_as_the_spec_wants_them() -> None:
    files = texts(kubernetes.artefacts(other(kubernetes=ASKED), plain()))
    changed = {path: read(files, path) for path in files}
    for path, one in changed.items():
        assert one["metadata"]["namespace"] == "agents", path
        assert one["metadata"]["labels"]["release"] == "kube-prometheus", path
    (monitor,) = of_kind("ServiceMonitor", changed)
    assert problems(monitor) == []
    assert monitor["spec"]["selector"] == {"matchLabels": {"app": "sidecar"}}
    assert [one["port"] for one in monitor["spec"]["endpoints"]] == ["http"]
