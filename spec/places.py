"""Places of a line that a mapping reads: written rightly, and never both walked and dotted.

The exporter decodes an object either as named fields or as elements to walk over, not as both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from spec.mapping import Path
from spec.problems import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from spec.node import Node
    from spec.problems import Problem

ELEMENT = "*"
WHOLE = "="
"""What stands behind the parts of a place that is compared as a whole."""
NAMES = ("$file", "$time", "$duration")
_PART = r'"([^"]+)"|([^."]+)'
_PLACE = re.compile(rf"(?:{_PART})(?:\.(?:{_PART}))*")
_PARTS = re.compile(_PART)


@dataclass(frozen=True, slots=True)
class Place:
    """A place that is read, and where the mapping says so."""

    path: Path
    node: Node


def parse_path(text: str) -> Path | None:
    """Read `a.b."c.d"` into its parts; None where it is no place."""
    if not _PLACE.fullmatch(text):
        return None
    return Path(tuple(quoted or plain for quoted, plain in _PARTS.findall(text)))


def flattened(path: Path, flat: Collection[str]) -> Path:
    """Join what follows one of these top keys to one key: `$count` and `*` are none."""
    head, *rest = path.parts
    if head not in flat:
        return path
    key = list(takewhile(lambda part: part != ELEMENT and not part.startswith("$"), rest))
    return Path((head, ".".join(key), *rest[len(key) :])) if key else path


def in_line(place: Place, loops: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Give a place's parts from the line's top, `*` for any element; None if it is not in the line.

    `loops` gives for each name of `each` the elements that it stands for.
    """
    head, *rest = place.path.parts
    if head.startswith("$") or (head in loops and rest == ["$key"]):
        return None
    parts = (*loops.get(head, (head,)), *rest)
    return tuple(ELEMENT if part == "$count" else part for part in parts)


def as_a_whole(place: Place, loops: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Give the parts of a place that is compared, whatever it holds; None if it is not in the line.

    Nothing below it can be read: it is not taken apart.
    """
    parts = in_line(place, loops)
    return None if parts is None or place.path.parts[-1] == "$count" else (*parts, WHOLE)


def misspelt(
    place: Place, loops: Iterable[str], remembered: tuple[str, ...] = ()
) -> Iterator[Problem]:
    """Name what no place may be: an unknown `$name`, `$key` or `$count` where they mean nothing."""
    parts = place.path.parts
    said = ".".join(parts)
    if parts[0].startswith("$"):
        known = (*NAMES, *remembered)
        if said not in known:
            yield place.node.problem(f"there is no {said}", nearest(said, known))
        return
    for number, part in enumerate(parts[1:], start=1):
        if part == "$key" and (parts[0] not in loops or number > 1 or len(parts) > number + 1):
            yield place.node.problem(f"{said}: only an element of each has a $key")
        elif part == "$count" and len(parts) > number + 1:
            yield place.node.problem(f"{said}: a $count is a number, nothing is in it")
        elif part.startswith("$") and part not in ("$key", "$count"):
            yield place.node.problem(
                f"{said}: there is no {part}", nearest(part, ("$key", "$count"))
            )


def walked_and_dotted(
    read: Iterable[tuple[tuple[str, ...], Node]],
) -> Iterator[tuple[Node, str]]:
    """Find places that are read below something that is walked or compared; give what to say."""
    every = tuple(read)
    walked = {parts[:at] for parts, _ in every for at, part in enumerate(parts) if part == ELEMENT}
    whole = {parts[:-1] for parts, _ in every if parts[-1] == WHOLE}
    for parts, node in every:
        for at, part in enumerate(parts):
            above = ".".join(parts[:at])
            if part != WHOLE and parts[:at] in whole:
                what = "elements" if part == ELEMENT else part
                yield node, f"reads {what} of {above}, which is compared as a whole elsewhere"
                break
            if part not in {ELEMENT, WHOLE} and parts[:at] in walked:
                yield node, f"reads {part} of {above}, whose elements are walked over elsewhere"
                break
