"""Where in the spec a finding comes from: the word itself, if it stands there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from spec.layers import CATALOGUE
from spec.problems import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.node import Node

# Prose may well speak of a metric that is read elsewhere.
_PROSE = frozenset({"summary", "description", "runbook", "title"})


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the spec, and its dotted path."""

    mark: Mark
    path: str


@dataclass(frozen=True, slots=True)
class Places:
    """Finds places. `file` is the spec's, for what comes from nowhere in particular."""

    file: str
    _texts: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def whole(self, path: str = "") -> Place:
        """Give the file itself."""
        return Place(Mark(self.file), path)

    def of(self, origin: Node | None, *words: str, under: tuple[str, ...] = ()) -> Place:
        """Find the first of these words in what `origin` says, below the keys `under`.

        Without such a word it is where `under` stands, or `origin`.
        """
        if origin is None:
            return self.whole()
        inner = origin.get(*under) or origin
        for word in words:
            if found := self._mention(inner, word, prose=inner is not origin):
                return self._own(found, origin)
        return self._own(Place(inner.mark, ".".join(inner.path)), origin)

    def key(self, origin: Node | None, key: str) -> Place:
        """Give the place of a mapping's key."""
        if origin is None:
            return self.whole()
        place = Place(origin.keys.get(key, origin.mark), ".".join((*origin.path, key)))
        return self._own(place, origin)

    def at(self, node: Node, offset: int) -> Mark:
        """Tell where in the file a text's character stands; the text's beginning if unsure."""
        mark, value = node.mark, node.value
        if not isinstance(value, str):
            return mark
        raw = self._from(mark)
        if raw is None:
            return mark
        place = _body(raw)
        for character in (c for c in value[:offset] if not c.isspace()):
            place = _skip(raw, place)
            if raw[place : place + 1] != character:
                return mark
            place += 1
        if offset < len(value):
            place = _skip(raw, place)
        line = raw.count("\n", 0, place)
        column = place - raw.rfind("\n", 0, place) if line else mark.column + place
        return Mark(mark.file, mark.line + line, column)

    def _own(self, place: Place, origin: Node) -> Place:
        """Point at what the user wrote, also where it only changes what the catalogue says."""
        inherited = place.mark.file.startswith(CATALOGUE)
        if inherited and not origin.mark.file.startswith(CATALOGUE):
            return Place(origin.mark, ".".join(origin.path))
        return place

    def _mention(self, node: Node, word: str, *, prose: bool) -> Place | None:
        places = list(self._mentions(node, word, prose=prose))
        own = [place for place in places if not place.mark.file.startswith(CATALOGUE)]
        return next(iter(own or places), None)

    def _mentions(self, node: Node, word: str, *, prose: bool) -> Iterator[Place]:
        for key, child in node.items():
            if key == word and key in node.keys:
                yield Place(node.keys[key], ".".join((*node.path, key)))
            if prose or key not in _PROSE:
                yield from self._mentions(child, word, prose=prose)
        if isinstance(node.value, list):
            for child in node.value:
                yield from self._mentions(child, word, prose=prose)
        text = node.text()
        found = _found(word, text) if text else None
        if found is not None:
            yield Place(self.at(node, found), ".".join(node.path))

    def _from(self, mark: Mark) -> str | None:
        """Give the file's text from a place on; None where the file can't be read any more."""
        if mark.file not in self._texts:
            try:
                text = Path(mark.file).read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError):
                text = ""
            self._texts[mark.file] = text
        lines = self._texts[mark.file].splitlines(keepends=True)
        if not 0 < mark.line <= len(lines):
            return None
        return "".join([lines[mark.line - 1][mark.column - 1 :], *lines[mark.line :]])


def _found(word: str, text: str) -> int | None:
    found = re.search(rf"(?<![\w:]){re.escape(word)}(?![\w:])", text)
    return found.start() if found else None


def _body(raw: str) -> int:
    """Skip what comes before a scalar's own text: a quote, or the line of `|` and `>`."""
    if raw[:1] in "|>":
        return raw.find("\n") + 1
    return 1 if raw[:1] in "\"'" else 0


def _skip(raw: str, place: int) -> int:
    while raw[place : place + 1].isspace():
        place += 1
    return place
