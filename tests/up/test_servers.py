"""Which program is run: the one that the environment names, else the one on PATH."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentgauge.servers import ALERTMANAGER, AMTOOL, PROMETHEUS, PROMTOOL

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bin_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs, the only one on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for variable in ("PROMETHEUS", "ALERTMANAGER", "PROMTOOL", "AMTOOL"):
        monkeypatch.delenv(f"AGENTGAUGE_{variable}", raising=False)
    return tmp_path


def program(path: Path) -> str:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_a_program_is_found_on_path_by_any_of_its_names(bin_: Path) -> None:
    debians, own = program(bin_ / "prometheus-alertmanager"), program(bin_ / "prometheus")

    assert ALERTMANAGER.find() == debians
    assert PROMETHEUS.find() == own
    assert PROMTOOL.find() is None


def test_the_environment_goes_before_path(bin_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bin_ / "amtool")
    today = program(bin_ / "amtool-0.34")
    monkeypatch.setenv("AGENTGAUGE_AMTOOL", today)

    assert AMTOOL.find() == today


def test_what_the_environment_names_and_is_not_there_is_missing(
    bin_: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bin_ / "promtool")
    monkeypatch.setenv("AGENTGAUGE_PROMTOOL", "/nowhere/promtool")

    assert PROMTOOL.find() is None
    assert PROMTOOL.missing() == (
        "promtool is not at /nowhere/promtool, where AGENTGAUGE_PROMTOOL says"
    )


def test_a_missing_program_is_named_with_what_brings_it(bin_: Path) -> None:
    assert bin_.is_dir()
    assert AMTOOL.missing() == (
        "amtool is not installed: apt-get install -y prometheus-alertmanager"
    )
