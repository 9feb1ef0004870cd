"""Series whose labels the spec itself fixes: they can be shown at 0 before anything happens."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from spec.label_values import label_values

if TYPE_CHECKING:
    from exporter.mapping.plan import Rule
    from exporter.store.label_text import Labels
    from spec.mapping import Update

MOST = 64
"""Series of one update that are worth showing before they are there."""


def may_hold_anything(rule: Rule, update: Update, name: str) -> bool:
    """Tell whether a label may hold anything that a log says, and not only what the spec says."""
    return _values(rule, update, name) is None


def fixed_series(rule: Rule, update: Update) -> list[Labels]:
    """Give the labels of all series that an update can make; none if logs have a say in it."""
    columns = [_values(rule, update, name) for name in update.family.labels]
    known = [column for column in columns if column is not None]
    if len(known) < len(columns) or math.prod(map(len, known)) > MOST:
        return []
    return list(itertools.product(*known))


def _values(rule: Rule, update: Update, name: str) -> tuple[str, ...] | None:
    """Give all values that a label can have; None if they are not known."""
    if name in rule.event.kept and name not in update.labels:
        return None
    return label_values(rule.event, update, name)
