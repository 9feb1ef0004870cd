"""Globs that read the logs of each preset, those to come too, and none of another one's."""

from __future__ import annotations

import glob
import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from exporter.sources.compressed import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# app.log.1, app.log-20261120; but not session-12: no ending stands before its number.
_ROTATED = re.compile(r"(.+?)\.\d+|(.+?\.[a-zA-Z]\w*)-\d[\d.\-T_:]*")

_HERE = PurePosixPath()

Presets: TypeAlias = tuple[str, ...]
"""The presets by which a file is read, together."""


def cover(root: str, files: Mapping[str, Presets]) -> dict[Presets, list[str]]:
    """Give the globs of presets; `files` gives those of each file, () where nobody knows it.

    A directory that is one preset's, but for a few files that nobody knows, is read as a whole.
    Where presets meet, or most is something else, the directories below are; at last single files.
    """
    if preset := files.get(root):
        return {preset: [glob.escape(root)]}
    tree = _Tree(files)
    presets = dict.fromkeys(preset for path in sorted(files) if (preset := files[path]))
    return {preset: sorted(tree.globs(PurePosixPath(root), preset)) for preset in presets}


def kind(path: str) -> str:
    """Give the glob of a file's name: its ending, without what rotation has added.

    What rotates, the exporter finds by itself beside the name that it had.
    """
    name = PurePosixPath(path).name
    name = plain_name(name) or name
    if found := _ROTATED.fullmatch(name):
        name = found[1] or found[2]
    stem, dot, ending = name.rpartition(".")
    return f"*.{glob.escape(ending)}" if dot and stem else glob.escape(name)


class _Tree:
    """Files by directory."""

    def __init__(self, files: Mapping[str, Presets]) -> None:
        self._files = files
        self._direct: defaultdict[PurePosixPath, list[str]] = defaultdict(list)
        self._below: defaultdict[PurePosixPath, Counter[Presets]] = defaultdict(Counter)
        self._folders: defaultdict[PurePosixPath, set[PurePosixPath]] = defaultdict(set)
        for path, preset in files.items():
            folder = PurePosixPath(path).parent
            self._direct[folder].append(path)
            self._below[folder][preset] += 1
            for inner, outer in pairwise([folder, *folder.parents]):
                self._below[outer][preset] += 1
                self._folders[outer].add(inner)

    def globs(self, folder: PurePosixPath, preset: Presets) -> Iterator[str]:
        """Give the globs of a preset below a directory."""
        here = "" if folder == _HERE else f"{glob.escape(str(folder))}/"
        below, direct = self._below[folder], self._direct[folder]
        if not set(below) - {preset, ()} and below[preset] >= below[()]:
            every = (path for path in self._files if PurePosixPath(path).is_relative_to(folder))
            yield from {f"{here}**/{kind(path)}" for path in every if self._files[path] == preset}
            return
        others = {kind(path) for path in direct if self._files[path] not in (preset, ())}
        mine = [path for path in direct if self._files[path] == preset]
        yield from {f"{here}{kind(path)}" for path in mine if kind(path) not in others}
        yield from (glob.escape(path) for path in mine if kind(path) in others)
        for inner in self._folders[folder]:
            if self._below[inner][preset]:
                yield from self.globs(inner, preset)
