"""The logs at hand, with their presets: small ones that were made, and real ones."""

from __future__ import annotations

from pathlib import Path

from spec.load import preset_names

FIXTURES = Path(__file__).parent / "presets"
REAL = Path(__file__).parents[2] / "shared" / "data"


def made() -> dict[str, Path]:
    """Give each preset's own small log, a file or a folder of them."""
    return {
        preset: path
        for preset in preset_names()
        for path in (FIXTURES / preset, FIXTURES / f"{preset}.jsonl")
        if path.exists()
    }


def real() -> dict[str, Path]:
    """Give the collection of real logs, where it is on this machine."""
    return {preset: REAL / preset for preset in preset_names() if (REAL / preset).is_dir()}
