"""Where agents write their logs by themselves, by what their presets say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from spec.mapping import Mapping as Preset

# Tools that can be told to keep their things elsewhere: variable, and what it stands for.
_MOVED = {"CLAUDE_CONFIG_DIR": "~/.claude", "CODEX_HOME": "~/.codex"}
_BESIDE = ("logs",)
_HIDDEN_LOGS = (".aider*",)


def usual_places(
    presets: Iterable[Preset], environment: Mapping[str, str], here: Path
) -> list[Path]:
    """Give all places to look at where nobody says one, whether or not they are there."""
    home = Path(environment.get("HOME") or "~").expanduser()
    told = [place for preset in presets for place in preset.places]
    for variable, usual in _MOVED.items():
        if value := environment.get(variable):
            told += [
                f"{one}{place.removeprefix(usual)}"
                for one in value.split(",")
                for place in told
                if place.startswith(f"{usual}/")
            ]
    found = [_expanded(place, home) for place in told]
    found += [here / name for name in _BESIDE]
    found += [
        path for folder in (here, home) for glob in _HIDDEN_LOGS for path in _hidden(folder, glob)
    ]
    return list(dict.fromkeys(found))


def places_below(folder: Path, presets: Iterable[Preset]) -> list[Path]:
    """Give what would be the usual places if a directory were a home."""
    told = (place for preset in presets for place in preset.places if place.startswith("~/"))
    found = [folder / place.removeprefix("~/") for place in told]
    found += [path for glob in _HIDDEN_LOGS for path in _hidden(folder, glob)]
    return list(dict.fromkeys(found))


def _expanded(place: str, home: Path) -> Path:
    rest = place.removeprefix("~/")
    return home / rest if rest != place else Path(place)


def _hidden(folder: Path, glob: str) -> list[Path]:
    try:
        return sorted(folder.glob(glob))
    except OSError:
        return []


def without_nested(roots: Iterable[Path]) -> list[Path]:
    """Leave out what a walk through another root sees too, and what is the same directory."""
    kept: list[Path] = []
    seen: set[str] = set()
    for root in sorted(roots, key=lambda path: len(path.parts)):
        real = os.path.realpath(root)
        if real in seen or any(_walked(root, other) for other in kept):
            continue
        seen.add(real)
        kept.append(root)
    return kept


def _walked(root: Path, other: Path) -> bool:
    """Tell whether a walk through `other`, which leaves hidden names out, comes to a root."""
    if not root.is_relative_to(other):
        return False
    return not any(part.startswith(".") for part in root.relative_to(other).parts)
