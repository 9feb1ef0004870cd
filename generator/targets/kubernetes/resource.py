"""What every resource has: a version, a kind, a name, a namespace and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.conventions import header
from generator.model import Artefact
from generator.yaml_text import dump

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

    from generator.model import Model

FOLDER = "kubernetes"


def artefact(
    model: Model, file: str, version: str, kind: str, name: str, **parts: object
) -> Artefact:
    """Write one resource into a file of the folder."""
    labels = parts.pop("labels", {})
    document = {
        "apiVersion": version,
        "kind": kind,
        "metadata": metadata(model, name, labels),
        **parts,
    }
    return Artefact(f"{FOLDER}/{file}", dump(document, header(model.spec_file)))


def metadata(model: Model, name: str, labels: object = None) -> dict[str, object]:
    """Name a resource; all of them carry the labels that the spec gives them."""
    asked = model.outputs.kubernetes
    own: Map[str, str] = labels if isinstance(labels, dict) else {}
    every = {"app.kubernetes.io/part-of": "agentgauge", **own, **asked.labels}
    return {"name": name, "namespace": asked.namespace, "labels": every}
