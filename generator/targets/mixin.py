"""A monitoring mixin: the same rules and dashboards as jsonnet, for those who build from mixins.

What a vendor of the mixin can change stands in `_config`. Thresholds and selectors do not: they
stand in rules, tests, runbooks and dashboards alike, and belong in the spec.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from generator.conventions import header, runbook_file
from generator.jsonnet_text import Code, Field, Sum, write
from generator.model import Artefact
from generator.targets.rules import alert_groups, recording_groups
from spec.quantities import format_duration

if TYPE_CHECKING:
    from generator.model import Model
    from generator.targets.rules import Group

FOLDER = "mixin"


def artefacts(model: Model, made: tuple[Artefact, ...]) -> tuple[Artefact, ...]:
    """Write the mixin; of the plain files in `made` it imports the dashboards."""
    paths = (PurePosixPath(one.path) for one in made)
    boards = [path for path in paths if path.parts[0] == "dashboards" and path.suffix == ".json"]
    parts = {
        "mixin.libsonnet": _MIXIN,
        "config.libsonnet": _config(model),
        "alerts/alerts.libsonnet": _part(
            "prometheusAlerts", _groups(alert_groups(model), model, "alertLabels")
        ),
        "rules/rules.libsonnet": _part(
            "prometheusRules", _groups(recording_groups(model), model, "recordingLabels")
        ),
        "dashboards/dashboards.libsonnet": _part(
            "grafanaDashboards",
            {path.name: Code(f"(import '../../{path}')") for path in boards},
        ),
    }
    comment = f"// {header(model.spec_file)}\n"
    return tuple(Artefact(f"{FOLDER}/{name}", comment + text) for name, text in parts.items())


_MIXIN = """\
(import 'config.libsonnet') +
(import 'alerts/alerts.libsonnet') +
(import 'rules/rules.libsonnet') +
(import 'dashboards/dashboards.libsonnet')
"""


def _config(model: Model) -> str:
    return f"""\
{{
  _config+:: {{
    // How often rules are evaluated.
    evaluationInterval: {write(format_duration(model.timing.evaluation))},
    // Where runbooks are; %s stands for an alert's name.
    runbookURLPattern: {write(_runbooks(model).replace("%", "%%") + "/%s.md")},
    // Where Grafana is: alerts link to their dashboards.
    grafanaURL: {write(_grafana(model))},
    // Labels added to every alert, such as a team's for its routes.
    alertLabels: {{}},
    // Labels added to every recorded series.
    recordingLabels: {{}},
  }},
}}
"""


def _part(name: str, value: object) -> str:
    return write({Field(name, "+:"): value}) + "\n"


def _groups(groups: list[Group], model: Model, labels: str) -> dict[Field, object]:
    return {
        Field("groups", "+"): [
            {
                **group,
                "interval": Code("$._config.evaluationInterval"),
                "rules": [_rule(rule, model, labels) for rule in group["rules"]],
            }
            for group in groups
        ]
    }


def _rule(rule: dict[str, Any], model: Model, labels: str) -> dict[str, object]:
    spelled = {**rule, "labels": Sum(rule.get("labels", {}), Code(f"$._config.{labels}"))}
    if "annotations" in rule:
        spelled["annotations"] = {
            name: _linked(text, rule["alert"], model) for name, text in rule["annotations"].items()
        }
    return spelled


def _linked(text: str, alert: str, model: Model) -> object:
    """Take what a link begins with from the configuration."""
    if text == f"{_runbooks(model)}/{runbook_file(alert)}":
        return Code(f"$._config.runbookURLPattern % {write(alert)}")
    grafana = _grafana(model)
    if text.startswith(f"{grafana}/"):
        return Code(f"$._config.grafanaURL + {write(text.removeprefix(grafana))}")
    return text


def _runbooks(model: Model) -> str:
    return model.links["runbooks"].rstrip("/")


def _grafana(model: Model) -> str:
    return model.links["grafana"].rstrip("/")
