"""Regular expressions whose named groups are the fields of a line of text."""

from __future__ import annotations

import re

from spec.mapping import Path


def group_path(name: str) -> Path:
    """Give the place that a group fills: `a__b` is the field `a.b`."""
    parts = tuple(name.split("__"))
    return Path(parts if all(parts) else (name,))


def group_paths(expression: str) -> dict[str, Path]:
    """Give the place of each named group; none where the expression is none."""
    try:
        return {name: group_path(name) for name in re.compile(expression).groupindex}
    except re.error:
        return {}
