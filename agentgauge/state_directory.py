"""Where the exporter keeps its state, unless it is told."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def state_directory(given: Path | None, fleet: str) -> Path:
    """Choose it: what is given, else systemd's, else a folder of the fleet's own in XDG's place."""
    if given is not None:
        return given
    if system := os.environ.get("STATE_DIRECTORY"):
        return Path(system.split(":")[0])
    home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(home).expanduser() / "agentgauge" / fleet


def name_of_paths(preset: str, paths: Iterable[Path]) -> str:
    """Name the fleet of some paths that are read without a spec: other paths, other state."""
    places = "\n".join(sorted(str(path.absolute()) for path in paths))
    return f"{preset}-{hashlib.sha256(places.encode()).hexdigest()[:8]}"
