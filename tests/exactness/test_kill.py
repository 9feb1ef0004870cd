"""Killed at any moment, the exporter loses no line and counts none twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.exactness.kill import kill_again_and_again

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 8
"""`python -m tests.exactness.kill --kills 200` is the long version."""


@pytest.mark.parametrize("seed", [1, 2])
def test_totals_are_exact_and_no_counter_goes_back_over_kills_and_rotations(
    tmp_path: Path, seed: int
) -> None:
    outcome = kill_again_and_again(tmp_path, KILLS, seed)
    assert outcome.wrong == []
    assert outcome.scrapes > KILLS
