"""Which log the files of a folder belong to, by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from exporter.sources.positions import split
from exporter.sources.siblings import base_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from exporter.sources.discovery import Discovery
    from exporter.sources.positions import Log, Positions


class _Owners(NamedTuple):
    """Whose the files of a folder are, for the matched names that there were."""

    bases: dict[str, Log]
    size: int
    owners: dict[str, Log | None]


class Neighbours:
    """Names beside matched names, and files by their number; as they were at the last listing."""

    def __init__(self, discovery: Discovery, positions: Positions) -> None:
        self._discovery = discovery
        self._positions = positions
        self._owners: dict[str, _Owners] = {}
        self._inodes: dict[str, dict[int, str]] = {}

    def beside(self, matched: Container[str]) -> Iterator[tuple[str, Log]]:
        """Give the files that no glob matches, but that belong to a log, and which."""
        before, self._owners = self._owners, {}
        for folder, bases in self._positions.folders.items():
            known = before.get(folder)
            if known is None or known.bases is not bases or known.size != len(bases):
                known = _Owners(bases, len(bases), {})
            owners: dict[str, Log | None] = {}
            self._owners[folder] = known._replace(owners=owners)
            for entry in self._discovery.entries(_listed(folder)):
                name = entry.name
                if name in bases or (path := folder + name) in matched:
                    continue
                log = known.owners[name] if name in known.owners else _owner(name, bases)
                owners[name] = log
                if log is not None:
                    yield path, log

    def owner(self, path: str) -> Log | None:
        """Give the log that a path belongs to, or is the matched name of, if there is one."""
        if path in self._positions.logs:
            return self._positions.logs[path]
        folder, name = split(path)
        return _owner(name, self._positions.folders.get(folder, {}))

    def numbered(self, folder: str, inode: int) -> str | None:
        """Give the path of the file of a folder that has a number."""
        if folder not in self._inodes:
            entries = self._discovery.entries(_listed(folder))
            self._inodes[folder] = {entry.inode(): entry.name for entry in entries}
        name = self._inodes[folder].get(inode)
        return None if name is None else folder + name

    def forget(self) -> None:
        """Give back the memory of what was listed."""
        self._inodes.clear()
        self._discovery.forget()


def _owner(name: str, bases: dict[str, Log]) -> Log | None:
    base = base_of(name, bases)
    return None if base is None else bases[base]


def _listed(folder: str) -> str:
    """Spell a folder as one that is listed."""
    return folder.rstrip("/") or ("/" if folder else ".")
