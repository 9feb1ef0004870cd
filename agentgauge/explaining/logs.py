"""Which files are to be explained, and by which mappings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentgauge.recognition.known import known_presets
from agentgauge.recognition.walk import walk
from exporter.recognition.recognise import Recogniser
from exporter.sources.discovery import Discovery
from spec.load import load_preset, load_spec
from spec.model import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spec.model import Family
    from spec.prices import PriceList


@dataclass(frozen=True, slots=True)
class Logs:
    """Files that one source reads, in its order."""

    source: Source
    families: Mapping[str, Family]
    files: tuple[str, ...]
    prices: PriceList | None = None


def of_preset(preset: str, paths: Sequence[Path]) -> list[Logs]:
    """Read paths by one preset; a directory is searched with the preset's own glob.

    Raises:
        SpecError: there is no such preset, or it is wrong.
    """
    mapping, families = load_preset(preset)
    found = Discovery(tuple(str(path) for path in paths), mapping.files).find()
    source = Source(mapping.name, (), (mapping,), {})
    return [Logs(source, families, tuple(one.path for one in found))]


def of_spec(spec: Path, paths: Sequence[Path]) -> tuple[list[Logs], list[str]]:
    """Read paths as the sources of a spec do; give also the paths that no source reads.

    Raises:
        SpecError: the spec can't be used.
    """
    loaded = load_spec(spec)
    wanted = {os.path.realpath(path): str(path) for path in _files(paths)}
    logs = []
    for source in loaded.sources:
        below = source.mappings[0].files
        found = [os.path.realpath(one.path) for one in Discovery(source.files, below).find()]
        mine = tuple(wanted.pop(path) for path in found if path in wanted)
        if mine:
            logs.append(Logs(source, loaded.families, mine, loaded.prices))
    return logs, sorted(wanted.values())


def recognised(paths: Sequence[Path]) -> tuple[list[Logs], list[str]]:
    """Tell from their first lines whose logs files are; give also those that nobody knows.

    Raises:
        OSError: a file can't be read.
    """
    loaded = known_presets()
    recogniser = Recogniser(mapping for mapping, _ in loaded.values())
    files: dict[tuple[str, ...], list[str]] = {}
    last = None
    for path in _files(paths):
        told = recogniser.recognise(path, last)
        last = told.presets[0] if told.sure else last
        files.setdefault(told.presets, []).append(path)
    left = files.pop((), [])
    logs = []
    for names, found in files.items():
        mappings = tuple(loaded[name][0] for name in names)
        families = {key: family for name in names for key, family in loaded[name][1].items()}
        logs.append(Logs(Source("+".join(names), (), mappings, {}), families, tuple(found)))
    return logs, left


def _files(paths: Sequence[Path]) -> list[str]:
    every = [
        file for path in paths for file in (walk(path).files if path.is_dir() else [str(path)])
    ]
    return list(dict.fromkeys(every))
