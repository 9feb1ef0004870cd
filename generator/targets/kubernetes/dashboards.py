"""Dashboards: ConfigMaps that Grafana's sidecar loads, and resources of the Grafana operator."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from generator.targets.kubernetes.resource import artefact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.model import Artefact, Model

# By this label the sidecar of Grafana's Helm chart finds dashboards.
_FOUND_BY = {"grafana_dashboard": "1"}


def artefacts(model: Model, made: tuple[Artefact, ...]) -> Iterator[Artefact]:
    """Write two files a dashboard; the operator's names the ConfigMap that holds it."""
    for one in made:
        path = PurePosixPath(one.path)
        if path.parts[0] == "dashboards" and path.suffix == ".json":
            yield from _dashboard(path.stem, one.text, model)


def _dashboard(uid: str, text: str, model: Model) -> Iterator[Artefact]:
    name = f"dashboard-{uid.lower().replace('_', '-')}"
    key = f"{uid}.json"
    yield artefact(
        model,
        f"dashboards/{uid}.configmap.yaml",
        "v1",
        "ConfigMap",
        name,
        labels=_FOUND_BY,
        data={key: text},
    )
    yield artefact(
        model,
        f"dashboards/{uid}.grafanadashboard.yaml",
        "grafana.integreatly.org/v1beta1",
        "GrafanaDashboard",
        name,
        spec={
            # Every Grafana of the operator's; it can't be changed once the resource is there.
            "instanceSelector": {},
            "folder": model.outputs.folder or model.fleet,
            "configMapRef": {"name": name, "key": key},
        },
    )
