"""The files below a directory, as a glob with `**` would find them; within bounds."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MOST_ENTRIES = 200_000
"""Names that are looked at below one directory."""

MOST_FILES = 5_000
"""Files of one directory tree that are looked into; of the others only the names count."""

_NO_LOGS = {"node_modules", "__pycache__", "site-packages", "venv"}
_NO_TEXT = (
    ".py", ".pyc", ".md", ".html", ".css", ".js", ".ts", ".png", ".jpg", ".jpeg", ".gif", ".pdf",
    ".so", ".zip", ".tar", ".whl", ".sqlite", ".db", ".lock",
)  # fmt: skip


@dataclass(slots=True)
class Walked:
    """What there is. `cut`: there is more, which was not looked at."""

    files: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    cut: bool = False


def walk(root: Path) -> Walked:
    """List the files below a root, or the root where it is a file.

    Hidden names are left out, and symbolic links to directories are not followed: so do globs.
    """
    found = Walked()
    if root.is_file():
        found.files += [str(root)] if not root.name.endswith(_NO_TEXT) else []
        return found
    todo, entries = [str(root)], 0
    while todo:
        folder = todo.pop()
        try:
            listed = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except NotADirectoryError:
            continue
        except OSError:
            found.unreadable.append(folder)
            continue
        entries += len(listed)
        if entries > MOST_ENTRIES:
            found.cut = True
            break
        below = []
        for entry in listed:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                below += [entry.path] if entry.name not in _NO_LOGS else []
            elif _is_file(entry) and not entry.name.endswith(_NO_TEXT):
                found.files.append(entry.path)
        todo += reversed(below)
    found.files = sorted(path.removeprefix("./") for path in found.files)
    return found


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # A symbolic link in a circle.
        return False
