"""The house stands: imports point down, and every seam's folder has its list."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from exporter.formats import FORMATS
from generator.panels import VISUALISATIONS
from generator.rules import KINDS
from generator.targets import ABOUT, BESIDE, TARGETS

ROOT = Path(__file__).parents[2]
FLOORS = {
    "spec": {"spec"},
    "exporter": {"spec", "exporter"},
    "generator": {"spec", "generator"},
    "agentgauge": {"spec", "exporter", "generator", "agentgauge"},
}
# Inside the exporter: each part may know those before it, and itself.
PARTS = (
    "model",
    "disk",
    "store",
    "formats",
    "sources",
    "spool",
    "mapping",
    "checkpoint",
    "state",
    "commit",
    "silence",
    "pipeline",
    "status",
    "server",
    "receivers",
    "streams",
    "assembly",
    "backfill",
    "explaining",
    "recognition",
)

# What formats share, what they are made of, and what may be around their lines.
BESIDE_FORMATS = (
    "decoded", "shape", "kinds", "field_lines", "json_prefix", "otlp_types", "otlp_values",
    "otlp_protobuf", "otlp_cutter", "envelopes", "envelope_cutter", "wrapped",
)  # fmt: skip

# What the runbooks' handbook is made of.
BESIDE_TARGETS = ("event_types", "handbook")


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Name the modules that a file imports, also only for its types."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("package", FLOORS)
def test_imports_point_down_only(package: str) -> None:
    above = set(FLOORS) - FLOORS[package]
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in sorted(imported(path))
        if name.split(".")[0] in above
    ]
    assert wrong == []


def test_the_exporters_parts_know_only_those_below_them() -> None:
    wrong = []
    for path in modules("exporter"):
        part = path.relative_to(ROOT / "exporter").parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        above = set(PARTS[PARTS.index(part) + 1 :])
        for name in sorted(imported(path)):
            parts = name.split(".")
            if parts[0] == "exporter" and len(parts) > 1 and parts[1] in above:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


@pytest.mark.parametrize(
    ("folder", "listed"),
    [
        ("generator/rules", {made.__module__ for made in KINDS.values()}),
        ("generator/targets", {made.__module__ for made in (*TARGETS, *ABOUT, *BESIDE.values())}),
        (
            "generator/panels",
            {f"generator.panels.{name.replace('-', '_')}" for name in VISUALISATIONS},
        ),
        ("exporter/formats", {made.__module__ for made in FORMATS.values()}),
    ],
)
def test_every_module_of_a_seam_is_in_its_list(folder: str, listed: set[str]) -> None:
    package = folder.replace("/", ".")
    beside = {f"exporter.formats.{name}" for name in BESIDE_FORMATS}
    beside |= {f"generator.targets.{name}" for name in BESIDE_TARGETS} | {"generator.panels.parts"}
    found = {f"{package}.{path.stem}" for path in (ROOT / folder).glob("*.py")}
    found |= {f"{package}.{path.parent.name}" for path in (ROOT / folder).glob("*/__init__.py")}
    assert found - {f"{package}.__init__"} - beside == listed
