"""The published schema is the one that is checked, and all that is shipped keeps to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from spec.layers import catalogue
from spec.load import load_preset, load_spec, preset_names, vocabulary
from spec.node import Node
from spec.problems import Mark
from spec.schema import build_schema, schema_text
from spec.validate import schema_problems
from spec.yaml_tree import read_tree

ROOT = Path(__file__).parents[2]
SPECS = [
    ROOT / "agents.yaml",
    ROOT / "agentgauge" / "demo" / "agents.yaml",
    Path(__file__).with_name("good.yaml"),
]
LAYERS = [
    *sorted((ROOT / "spec" / "presets").glob("*.yaml")),
    *sorted((ROOT / "spec" / "catalogue" / "dashboards").glob("*.yaml")),
]


def test_the_published_schema_is_what_the_code_builds() -> None:
    assert (ROOT / "spec" / "schema.json").read_text(encoding="utf-8") == schema_text()


def test_it_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(json.loads(schema_text()))


def test_every_definition_is_used() -> None:
    text = schema_text()
    assert [name for name in build_schema()["$defs"] if f"#/$defs/{name}" not in text] == []


@pytest.mark.parametrize(
    "path", [*SPECS, *LAYERS], ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_what_is_shipped_keeps_to_the_schema(path: Path) -> None:
    root, problems = read_tree(path)
    assert [*problems, *schema_problems(root)] == []


def test_the_alerts_of_the_catalogue_keep_to_the_schema() -> None:
    root = catalogue("alerts")
    alerts = root.get("alerts")
    assert alerts is not None
    assert schema_problems(Node({"alerts": alerts}, root.mark)) == []


def test_the_vocabulary_keeps_to_the_schema() -> None:
    root, problems = read_tree(ROOT / "spec" / "vocabulary.yaml")
    assert [*problems, *schema_problems(Node({"families": root}, Mark("vocabulary.yaml")))] == []


@pytest.mark.parametrize("family", vocabulary().values(), ids=lambda family: family.name)
def test_a_help_text_is_a_sentence(family: object) -> None:
    assert str(getattr(family, "help", "")).endswith(".")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_shipped_loads(path: Path) -> None:
    assert load_spec(path).sources


@pytest.mark.parametrize("name", preset_names())
def test_presets_load_alone(name: str) -> None:
    assert load_preset(name)[0].events
