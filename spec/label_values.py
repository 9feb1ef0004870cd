"""What a rule can make of a label: the values that the spec itself fixes, as far as it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec.mapping import Const

if TYPE_CHECKING:
    from spec.mapping import EventRule, LabelRule, Update


def label_values(event: EventRule, update: Update, name: str) -> tuple[str, ...] | None:
    """Give all values that a label of a moved series can have; None if a log has a say in it."""
    label = update.labels.get(name) or event.labels.get(name)
    return None if label is None else values_of(label)


def values_of(label: LabelRule) -> tuple[str, ...] | None:
    """Give all that can come of a label's rule; None if a log has a say in it."""
    constants = [part.text for part in label.of if isinstance(part, Const)]
    if len(constants) == len(label.of):
        return (constants[0] if constants and constants[0] else label.absent,)
    if label.classes:
        other = "other" if label.other is None else label.other
        values = [*(value for value, _ in label.classes), other, label.absent]
    elif label.table is not None and label.other is not None:
        values = [*label.table.values(), label.other, label.absent]
    else:
        return None
    return tuple(dict.fromkeys(values))
