"""Each preset alone: the alerts that a spec of three lines gets are the ones that are proven."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator.resolve import resolve
from spec.load import load_spec, preset_names
from tests.preset_logs import spec_of

if TYPE_CHECKING:
    from generator.model import ProvenAlert

SHIPPED = Path(__file__).parents[2] / "agents.yaml"
PRESETS = preset_names()


def alerts_of(spec: Path) -> dict[str, ProvenAlert]:
    """Give a spec's alerts by name."""
    return {one.alert.name: one for one in resolve(load_spec(spec)).alerts}


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ProvenAlert]:
    """The alerts of a fleet that uses every preset."""
    return alerts_of(spec_of(tmp_path_factory.mktemp("every"), *PRESETS))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_presets_alerts_and_their_cases_are_those_of_any_fleet(
    preset: str, every: dict[str, ProvenAlert], tmp_path: Path
) -> None:
    own = alerts_of(spec_of(tmp_path, preset))
    assert {"ExporterDown", "NoEvents"} <= set(own)
    for name, alert in own.items():
        assert (alert.rules, alert.cases) == (every[name].rules, every[name].cases), name
        assert alert.alert.runbook, name


def test_every_alert_of_a_preset_is_in_the_shipped_spec_whose_proof_ci_runs(
    every: dict[str, ProvenAlert],
) -> None:
    assert set(every) <= set(alerts_of(SHIPPED))
