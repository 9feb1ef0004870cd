"""The presets that come with agentgauge, all of them loaded."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from spec.load import load_preset, preset_names

if TYPE_CHECKING:
    from spec.mapping import Mapping as Preset
    from spec.model import Family


@cache
def known_presets() -> dict[str, tuple[Preset, dict[str, Family]]]:
    """Give each preset's mapping and the families that it knows, by name."""
    return {name: load_preset(name) for name in preset_names()}
