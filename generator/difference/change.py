"""A change in words, and how values of files read in it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Mark = Literal["+", "-", "~"]

# What is longer is prose, or a query: it is said that it changed, not from what to what.
_SHORT = 60


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is new (`+`), gone (`-`) or other than it was (`~`), and how, line by line."""

    mark: Mark
    what: str
    how: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """The changes of one sort of things."""

    title: str
    changes: tuple[Change, ...]


def compare(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    how: Callable[[Any, Any], Iterable[str]],
    word: str = "",
    shown: Callable[[Any], Iterable[str]] = lambda _: (),
) -> Iterator[Change]:
    """Compare things by name, in the order of the new ones, then what is gone.

    `how` tells the difference of two things of one name, `shown` what a new one is; `word` stands
    before each name.
    """
    before = f"{word} " if word else ""
    for name, thing in new.items():
        if name not in old:
            yield Change("+", before + name, tuple(shown(thing)))
        elif lines := tuple(how(old[name], thing)):
            yield Change("~", before + name, lines)
    for name in old:
        if name not in new:
            yield Change("-", before + name)


def from_to(name: str, old: object, new: object) -> Iterator[str]:
    """Tell what a value was and what it is, where it is another one."""
    if old == new:
        return
    texts = [_spelled(value) for value in (old, new)]
    if any(len(text) > _SHORT or "\n" in text for text in texts):
        yield f"{name}: text changed"
    else:
        yield f"{name}: {texts[0]} → {texts[1]}"


def leaves(old: object, new: object, path: str = "") -> Iterator[str]:
    """Tell every value that changed in a tree, by its path: `group_wait: 30s → 1m`."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from leaves(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif _tree(old) and _tree(new):
        for at, (one, other) in enumerate(itertools.zip_longest(_items(old), _items(new)), 1):
            yield from leaves(one, other, f"{path}[{at}]")
    else:
        yield from from_to(path, old, new)


def named(things: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Give things by name; those that share one are numbered from the second on."""
    found: dict[str, Any] = {}
    for name, thing in things:
        numbers = itertools.chain([name], (f"{name} ({n})" for n in itertools.count(2)))
        found[next(one for one in numbers if one not in found)] = thing
    return found


def _tree(value: object) -> bool:
    """Tell a list of mappings, which has paths of its own, from a list of words."""
    return value is None or (isinstance(value, list) and any(isinstance(v, Mapping) for v in value))


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _spelled(value: object) -> str:
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, list):
        return ", ".join(map(_spelled, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_spelled(one)}" for key, one in value.items())
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
