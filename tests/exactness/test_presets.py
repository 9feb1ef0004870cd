"""Killed at any moment, the exporter reads the logs of every preset exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.exactness.presets import follow
from tests.preset_logs import made

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 2
"""`python -m tests.exactness.presets --kills 30` is the long version."""


def test_logs_of_all_presets_give_exact_totals_over_kills(tmp_path: Path) -> None:
    outcome = follow(made(), tmp_path, KILLS, seed=1)
    assert outcome.wrong == []
    assert outcome.scrapes > KILLS
