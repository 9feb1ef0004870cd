"""The logs at hand, with their presets: small ones that were made, and real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from spec.load import preset_names

FIXTURES = Path(__file__).parent / "presets"
REAL = Path(__file__).parents[2] / "shared" / "data"

needs_real_logs = pytest.mark.skipif(
    not REAL.is_dir(), reason="the collection of real logs is not on this machine"
)


def fixture(preset: str) -> Path:
    """Give a preset's own small log: a file, or a folder of them."""
    folder = FIXTURES / preset
    return folder if folder.is_dir() else FIXTURES / f"{preset}.jsonl"


def fixture_files(preset: str) -> list[Path]:
    """Name the files of a preset's own small log."""
    log = fixture(preset)
    return sorted(path for path in log.rglob("*") if path.is_file()) if log.is_dir() else [log]


def made() -> dict[str, Path]:
    """Give each preset's own small log."""
    return {preset: fixture(preset) for preset in preset_names()}


def real() -> dict[str, Path]:
    """Give the collection of real logs, where it is on this machine."""
    return {preset: REAL / preset for preset in preset_names() if (REAL / preset).is_dir()}


def spec_of(folder: Path, *presets: str, more: str = "") -> Path:
    """Write the least spec that a user would: a source for each preset."""
    path = folder / "agents.yaml"
    sources = "".join(f"  - {{file: /var/log/{name}/*, preset: {name}}}\n" for name in presets)
    path.write_text(f"version: 1\nfleet: agents\nsources:\n{sources}{more}")
    return path
