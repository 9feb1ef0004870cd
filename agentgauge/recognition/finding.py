"""Logs of agents on this machine, as sources of a spec."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from agentgauge.recognition.cover import cover, kind
from agentgauge.recognition.walk import MOST_FILES, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from agentgauge.recognition.cover import Presets
    from exporter.recognition.recognise import Recognised, Recogniser

FEW = 5
"""Names that are told where there may be thousands."""


@dataclass(frozen=True, slots=True)
class FoundSource:
    """Logs of one preset, or of some together, below one directory.

    `size` is in bytes, `newest` in seconds since 1970.
    """

    presets: Presets
    globs: tuple[str, ...]
    files: int
    size: int
    newest: float


@dataclass(slots=True)
class Finding:
    """All that was found. `left` are files that no preset knows; `cut` are roots seen in part."""

    sources: list[FoundSource] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)


def find(
    roots: Iterable[Path], recogniser: Recogniser, told: Callable[[int, int], None] | None = None
) -> Finding:
    """Look through directories, which must not lie within each other, and into their files.

    `told` hears of how many files it has looked into how many.
    """
    finding = Finding()
    walks = [(root, walk(root)) for root in roots]
    total, done = sum(min(len(one.files), MOST_FILES) for _, one in walks), 0
    seen: set[tuple[int, int]] = set()
    for root, walked in walks:
        finding.unreadable += walked.unreadable
        if walked.cut or len(walked.files) > MOST_FILES:
            finding.cut.append(str(root))
        known: dict[str, Recognised] = {}
        last: dict[str, str] = {}
        for path in _spread(walked.files):
            done += 1
            if told:
                told(done, total)
            if _is_new(path, seen):
                _look(path, recogniser, last, known, finding)
        finding.sources += _sources(str(root), known)
    return finding


def _spread(files: list[str]) -> list[str]:
    """Choose among too many files, evenly, so that no directory is left out for its name."""
    if len(files) <= MOST_FILES:
        return files
    return [files[at * len(files) // MOST_FILES] for at in range(MOST_FILES)]


def _is_new(path: str, seen: set[tuple[int, int]]) -> bool:
    """Tell whether a file was not seen under another name; the exporter reads it once, too."""
    try:
        status = os.stat(path)  # noqa: PTH116 - for each of many files
    except OSError:
        return True  # Whoever opens it will say why.
    new = (status.st_dev, status.st_ino) not in seen
    seen.add((status.st_dev, status.st_ino))
    return new and status.st_size > 0


def _look(
    path: str,
    recogniser: Recogniser,
    last: dict[str, str],
    known: dict[str, Recognised],
    finding: Finding,
) -> None:
    """Look into a file. `last` is whose log the last one of each kind was: mostly the same."""
    try:
        found = known[path] = recogniser.recognise(path, last.get(kind(path)))
    except OSError:
        finding.unreadable.append(path)
        return
    if not found.presets:
        finding.left.append(path)
    elif found.sure:
        last[kind(path)] = found.presets[0]


def _sources(root: str, recognised: dict[str, Recognised]) -> list[FoundSource]:
    found = []
    known = _shared(_sure(recognised))
    for presets, globs in cover(root, known).items():
        stats = [os.stat(path) for path, one in known.items() if one == presets]  # noqa: PTH116 - as above
        sizes, times = [s.st_size for s in stats], [s.st_mtime for s in stats]
        found.append(FoundSource(presets, tuple(globs), len(stats), sum(sizes), max(times)))
    return found


def _sure(recognised: dict[str, Recognised]) -> dict[str, Presets]:
    """Where a file was hardly recognised, believe the nearest files that were: it is like them."""
    near: defaultdict[tuple[str, str], set[Presets]] = defaultdict(set)
    for path, one in recognised.items():
        for folder in PurePath(path).parents if one.sure else ():
            near[str(folder), kind(path)].add(one.presets)
    known = {}
    for path, one in recognised.items():
        folders = (str(folder) for folder in PurePath(path).parents)
        there = next((found for folder in folders if (found := near.get((folder, kind(path))))), ())
        stays = one.sure or not there or one.presets in there
        known[path] = one.presets if stays else ()
    return known


def _shared(known: dict[str, Presets]) -> dict[str, Presets]:
    """Let presets that meet in one file share all files beside it: they will meet there, too."""
    mixed: defaultdict[tuple[str, str], list[Presets]] = defaultdict(list)
    for path, presets in known.items():
        if len(presets) > 1:
            mixed[os.path.dirname(path), kind(path)].append(presets)  # noqa: PTH120 - a text
    shared = {}
    for path, presets in known.items():
        there = mixed.get((os.path.dirname(path), kind(path)), [])  # noqa: PTH120 - a text
        wider = (one for one in there if presets and set(presets) <= set(one))
        shared[path] = max(wider, key=len, default=presets)
    return shared
