"""Code for histograms that observe what other updates of the same event took, added up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exporter.mapping.cells import Slot
    from exporter.mapping.code import Code
    from exporter.mapping.unsettled import Settling


def together(slot: Slot, taken: Mapping[int, str], code: Code) -> str:
    """Emit the sum of what was taken; give its variable, which holds None where nothing was.

    `taken` are variables by the places of updates; they hold None where there was no good number.
    """
    parts = [taken[place] for place in slot.update.together if place in taken]
    if len(parts) <= 1:
        return parts[0] if parts else "None"
    total = code.variable("n")
    nothing = " and ".join(f"{part} is None" for part in parts)
    whole = " + ".join(f"({part} or 0)" for part in parts)
    code.emit(f"{total} = None if {nothing} else {whole}")
    return total


def tell_together(
    slots: Sequence[Slot],
    taken: Mapping[int, str],
    told: tuple[str, str, str],
    settling: Settling,
    code: Code,
) -> None:
    """Emit that more was told of something, whose numbers may not be final.

    `told` are its key, whether it is new, and the values of its labels.
    """
    totals = "".join(f"{together(slot, taken, code)}, " for slot in slots)
    tell = code.constant(partial(_tell, settling), "TELL")
    key, first, values = told
    code.emit(f"{tell}({key}, {first}, {values}, ({totals}))")


def _tell(
    settling: Settling,
    key: str | tuple[str, ...] | None,
    first: bool,  # noqa: FBT001 (called by compiled code only)
    values: tuple[str, ...],
    totals: tuple[int | float | None, ...],
) -> None:
    settling.tell(key, values, totals, first=first)
