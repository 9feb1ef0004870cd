"""What is shipped has nothing to find: the whole of it, and each preset alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from spec.load import preset_names
from tests.generator.lint.linted import make

ROOT = Path(__file__).parents[3]
ONCALL = {
    "receivers": {"team": {"slack": {"channel": "#a", "api_url_file": "/run/secrets/slack"}}},
    "default": "team",
}


def test_the_shipped_spec_breaks_no_rule() -> None:
    assert [str(finding) for finding in make(ROOT / "agents.yaml").lint()] == []


@pytest.mark.parametrize("preset", preset_names())
def test_a_preset_alone_breaks_no_rule(preset: str, tmp_path: Path) -> None:
    spec = {
        "version": 1,
        "fleet": "alone",
        "sources": [{"file": "/var/log/agents/*", "preset": preset}],
        "oncall": ONCALL,
    }
    path = tmp_path / "agents.yaml"
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    assert [str(finding) for finding in make(path).lint()] == []


def test_a_spec_without_sources_breaks_no_rule(tmp_path: Path) -> None:
    path = tmp_path / "agents.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "fleet": "any", "oncall": ONCALL}))
    assert [str(finding) for finding in make(path).lint()] == []
