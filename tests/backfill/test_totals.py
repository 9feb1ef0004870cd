"""The history of a log ends with what `export --once` says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.backfill.histories import backfill, last_values, once
from tests.preset_logs import made

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("preset", "log"), list(made().items()), ids=list(made()))
def test_a_history_ends_with_what_export_once_says(preset: str, log: Path, tmp_path: Path) -> None:
    to = tmp_path / "history"
    backfill("--preset", preset, log, "--to", to)
    assert last_values(to) == pytest.approx(once(preset, log))


def test_names_of_others_have_a_history_too(tmp_path: Path) -> None:
    spec = tmp_path / "agents.yaml"
    spec.write_text(
        "version: 1\nfleet: f\noutputs: {names: otel}\nsources:\n"
        f"  - {{name: logs, file: {made()['claude-code']}, preset: claude-code}}\n"
    )
    backfill(spec, "--to", tmp_path / "history")
    found, wanted = last_values(tmp_path / "history"), once(None, spec)
    assert found == pytest.approx(wanted)
    names = {name for name, _ in found}
    assert {"claude_code_cost_usage_USD_total", "gen_ai_client_token_usage_count"} <= names
