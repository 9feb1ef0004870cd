"""Labels as they stand in an exposition: sorted by name, with their constants, quoted."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Labels: TypeAlias = tuple[str, ...]
"""A series' label values, in the order of its family's labels."""


def escaped(text: str) -> str:
    """Write a label's value as it stands between its quotes."""
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def braced(labels: str) -> str:
    """Put braces around labels, where there are any."""
    return f"{{{labels}}}" if labels else ""


class LabelText:
    """Writes the label values of one family's series, with the labels that all of them carry."""

    def __init__(self, names: Iterable[str], constants: Mapping[str, str]) -> None:
        """`names` are in the order of the values."""
        names = tuple(names)
        given = [(name, at, "") for at, name in enumerate(names)]
        fixed = [(name, -1, f'{name}="{escaped(value)}"') for name, value in constants.items()]
        self._order = sorted(given + fixed)
        self._le = sum(name < "le" for name, _, _ in self._order)

    def text(self, labels: Labels) -> str:
        """Write them, as `agent="a",model="m"`."""
        return ",".join(self._pairs(labels))

    def around_le(self, labels: Labels) -> tuple[str, str]:
        """Write what stands before a bucket's bound, up to its quote, and what follows."""
        pairs = self._pairs(labels)
        before, after = pairs[: self._le], pairs[self._le :]
        return ",".join([*before, 'le="']), ",".join(['"', *after])

    def _pairs(self, labels: Labels) -> list[str]:
        return [fixed or f'{name}="{escaped(labels[at])}"' for name, at, fixed in self._order]
