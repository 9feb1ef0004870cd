"""Artefacts on disk: written whole or not at all, compared without writing, diffed for people.

What people wrote below the line that parts a page (see `generator.words`) stays as it is.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from generator.words import with_words, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from generator.model import Artefact

OWNED = ("alerts", "dashboards")
# Folders of the generator's only while it writes, or has written, something into them.
ON_REQUEST = ("mixin", "kubernetes", "grafana")
# What was written last time: only such files are ever removed.
LIST = "alerts/.generated"
# What people wrote in another encoding comes back as it was.
_ANY = "surrogateescape"


@dataclass(frozen=True, slots=True)
class Drift:
    """A file that is not as the spec says: `how` it differs, and its text on both sides."""

    path: str
    how: Literal["missing", "changed", "stray"]
    on_disk: str
    wanted: str


def drift(artefacts: Iterable[Artefact], out: Path) -> tuple[Drift, ...]:
    """Compare the folders that the generator owns with what they should hold.

    Every other file in them is `stray`. Sorted by path.
    """
    wanted = _texts(artefacts, out)
    found = []
    for path, text in wanted.items():
        on_disk = _read(out / path)
        if on_disk is None:
            found.append(Drift(path, "missing", "", text))
        elif on_disk != text:
            found.append(Drift(path, "changed", on_disk, text))
    strays = (path for path in _files(out, _owned(wanted, out)) if path not in wanted)
    found += [Drift(path, "stray", _read(out / path) or "", "") for path in strays]
    return tuple(sorted(found, key=lambda d: d.path))


def write(artefacts: Iterable[Artefact], out: Path) -> tuple[str, ...]:
    """Write what differs and remove what was written earlier and is wanted no more.

    Everything is staged beside its place first, so that a full disk leaves the old files whole.

    Returns:
        The paths that changed, sorted.

    Raises:
        OSError: nothing, or not everything, could be put in place.
    """
    wanted = _texts(artefacts, out)
    # Before the list of what was written is a new one.
    outlived = _outlived(wanted, out)
    changed = [path for path, text in wanted.items() if _read(out / path) != text]
    staged: list[tuple[Path, Path]] = []
    try:
        for path in changed:
            target = out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{target.name}.new")
            staged.append((temporary, target))
            temporary.write_text(wanted[path], encoding="utf-8", errors=_ANY)
        for temporary, target in staged:
            temporary.replace(target)
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
    gone = [path for path in outlived if not words(_read(out / path)).strip()]
    for path in gone:
        (out / path).unlink()
    return tuple(sorted([*changed, *gone]))


def kept(artefacts: Iterable[Artefact], out: Path) -> tuple[str, ...]:
    """Name what is wanted no more and holds people's words: `write` leaves it where it is."""
    wanted = {artefact.path for artefact in artefacts} | {LIST}
    return tuple(path for path in _outlived(wanted, out) if words(_read(out / path)).strip())


def unified(found: Iterable[Drift]) -> str:
    """Give drift as a unified diff, from what is on disk to what the spec says."""
    text = "".join(
        line if line.endswith("\n") else f"{line}\n"
        for one in found
        for line in difflib.unified_diff(
            one.on_disk.splitlines(keepends=True),
            one.wanted.splitlines(keepends=True),
            f"a/{one.path}" if one.how != "missing" else os.devnull,
            f"b/{one.path}" if one.how != "stray" else os.devnull,
        )
    )
    return text.encode("utf-8", "replace").decode()


def _texts(artefacts: Iterable[Artefact], out: Path) -> dict[str, str]:
    texts = {a.path: with_words(a.text, _read(out / a.path)) for a in artefacts}
    texts[LIST] = "".join(f"{path}\n" for path in sorted([*texts, LIST]))
    return texts


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors=_ANY)
    except (FileNotFoundError, IsADirectoryError):
        return None


def _owned(wanted: Iterable[str], out: Path) -> list[str]:
    used = {path.partition("/")[0] for path in (*wanted, *_earlier(out))}
    return [*OWNED, *(folder for folder in ON_REQUEST if folder in used)]


def _outlived(wanted: Collection[str], out: Path) -> list[str]:
    """Name what was written earlier and is wanted no more."""
    return [path for path in _earlier(out) if path not in wanted and _removable(path, out)]


def _earlier(out: Path) -> list[str]:
    return (_read(out / LIST) or "").splitlines()


def _files(out: Path, folders: Iterable[str]) -> list[str]:
    return [
        path.relative_to(out).as_posix()
        for folder in folders
        for path in sorted((out / folder).rglob("*"))
        if path.is_file() or path.is_symlink()
    ]


def _removable(path: str, out: Path) -> bool:
    """Only a plain file below a folder of ours: a list that was tampered with removes nothing."""
    parts = Path(path).parts
    inside = bool(parts) and parts[0] in (*OWNED, *ON_REQUEST) and ".." not in parts
    return inside and (out / path).is_file()
