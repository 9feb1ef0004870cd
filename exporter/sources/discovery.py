"""Finds the files that globs mean, in one walk that looks only at what can match."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = re.compile(r"[*?\[]")
_SEPARATOR = re.compile(r"[.-]")


class Found(NamedTuple):
    """A regular file that a glob means."""

    path: str
    stat: os.stat_result


class Discovery:
    """Finds regular files by globs. A path that exists as it is spelled is never taken as a glob.

    A wildcard does not match a leading dot, as in a shell. `**` is any number of directories; it
    does not follow symbolic links to directories, other parts do. A directory that is given is
    searched with the glob `below`. After `find`, `unreadable` holds the directories that could
    not be listed and the files that could not be looked at, and `entries` gives what was seen.
    `named` holds paths that a glob means, whether or not there is a file: what a glob spells out,
    and what it would find if something did not follow in the name, after `.` or `-`.
    """

    def __init__(self, globs: tuple[str, ...], below: str = "**/*") -> None:
        self.unreadable: set[str] = set()
        self.named: set[str] = set()
        self._globs = globs
        self._below = below
        self._listed: dict[str, list[os.DirEntry[str]]] = {}

    def find(self) -> list[Found]:
        """List the files, in the order of the globs and by path within each, each path once."""
        self.unreadable = set()
        self.named = set()
        self._listed.clear()
        found: dict[str, Found] = {}
        for path in (path for glob in self._globs for path in sorted(self._paths(glob))):
            try:
                status = os.stat(path)  # noqa: PTH116 - a Path for each of many files costs more
            except PermissionError:
                self.unreadable.add(path)
            except OSError:
                pass  # It went away, or is a symbolic link to nothing.
            else:
                if stat.S_ISREG(status.st_mode):
                    found.setdefault(path, Found(path, status))
        return list(found.values())

    def entries(self, folder: str) -> list[os.DirEntry[str]]:
        """List a directory as it was at the last `find`, or now; nothing where that can't be."""
        if folder not in self._listed:
            try:
                with os.scandir(folder) as entries:
                    self._listed[folder] = list(entries)
            except OSError:  # It is no fault: nobody asked for more than a file in there.
                self._listed[folder] = []
        return self._listed[folder]

    def forget(self) -> None:
        """Give back the memory of what was listed."""
        self._listed.clear()

    def _paths(self, glob: str) -> Iterator[str]:
        status = _status(glob)
        if status is None:
            if not _MAGIC.search(glob):
                self.named.add(glob)
            yield from self._walk("/" if glob.startswith("/") else ".", _parts(glob))
        elif stat.S_ISDIR(status.st_mode):
            yield from self._walk(glob, _parts(self._below))
        else:
            yield glob

    def _walk(self, root: str, parts: tuple[str, ...]) -> Iterator[str]:
        """Give what fits the parts below a directory; with a stack, for trees of any depth."""
        todo = [(root, parts)]
        while todo:
            folder, left = todo.pop()
            part, rest = left[0], left[1:]
            deep = part == "**"
            if deep and rest:
                todo.append((folder, rest))
            for path, is_folder in self._step(folder, part, last=not rest):
                if deep and is_folder:
                    todo.append((path, left))
                elif rest and is_folder and not deep:
                    todo.append((path, rest))
                elif not rest and not is_folder:
                    yield path

    def _step(self, folder: str, part: str, *, last: bool) -> Iterator[tuple[str, bool]]:
        """Give the paths in a folder that fit one part, and whether each is a directory."""
        if not _MAGIC.search(part):
            path = f"{folder.rstrip('/')}/{part}"
            if status := _status(path):
                yield path, stat.S_ISDIR(status.st_mode)
            return
        fits = _pattern("*" if part == "**" else part)
        for entry in self._list(folder):
            if fits.match(entry.name):
                yield entry.path, _is_folder(entry, links=part != "**")
            elif last:
                self._note_named(folder, entry.name, fits)

    def _note_named(self, folder: str, name: str, fits: re.Pattern[str]) -> None:
        for found in _SEPARATOR.finditer(name):
            if fits.match(name[: found.start()]):
                self.named.add(f"{folder.rstrip('/')}/{name[: found.start()]}")
                return

    def _list(self, folder: str) -> list[os.DirEntry[str]]:
        """List a directory, once for all parts and globs that ask."""
        if folder not in self._listed:
            self._listed[folder] = []
            try:
                with os.scandir(folder) as entries:
                    self._listed[folder] = list(entries)
            except (FileNotFoundError, NotADirectoryError):
                pass  # It went away, which is no error.
            except OSError:
                self.unreadable.add(folder)
        return self._listed[folder]


def _parts(glob: str) -> tuple[str, ...]:
    """Part a glob at its slashes; `**/**` means no more than `**`, but would be walked twice."""
    parts: list[str] = []
    for part in glob.split("/"):
        if part and not (part == "**" and parts[-1:] == ["**"]):
            parts.append(part)
    return tuple(parts)


def _pattern(part: str) -> re.Pattern[str]:
    """Compile one part of a glob; the `re` module remembers what it compiled."""
    hidden = "" if part.startswith(".") else r"(?!\.)"
    return re.compile(hidden + fnmatch.translate(part))


def _is_folder(entry: os.DirEntry[str], *, links: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=links)
    except OSError:  # A symbolic link in a circle.
        return False


def _status(path: str) -> os.stat_result | None:
    """Look at a file, through symbolic links; None where there is none, or no way to it."""
    try:
        return os.stat(path)  # noqa: PTH116 - called for every directory at every look
    except (OSError, ValueError):
        return None
