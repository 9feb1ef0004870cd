"""Every content that is known, and how far it is read: what a checkpoint keeps of files."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exporter.sources.identity import Identity, Prints, identify
from exporter.sources.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.model import Cutter, Plain

REMEMBERED = 4096
"""Contents that are gone and still remembered, so that a copy that comes late is recognised."""


@dataclass(slots=True, eq=False)
class Log:
    """A matched name, and the contents that have it, had it, or lie beside it."""

    stream: str
    base: Tail | None = None
    tails: list[Tail] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Copy:
    """A file that begins with what was read of a content. While that is there, it is not read.

    `of` is the content's key. With another size, or time of change, it may be another file.
    """

    key: int
    of: int
    stream: str
    path: str
    identity: Identity
    packing: str
    size: int
    changed: int
    look: int = 0


class Positions:
    """Contents by where they are, and those that are gone, a while; saved by what changed.

    `living` are contents in files, `copies` what waits to take over from one of them, `past` what
    no file holds any more. `fresh` until something was restored.
    """

    def __init__(self, new_cutter: Callable[[], Cutter]) -> None:
        self.living: dict[Identity, Tail] = {}
        self.copies: dict[Identity, Copy] = {}
        self.past: dict[int, Tail] = {}
        self.logs: dict[str, Log] = {}
        self.folders: dict[str, dict[str, Log]] = {}
        self.fresh = True
        self._new_cutter = new_cutter
        self._next_key = 1
        self._changed: dict[int, Tail | Copy] = {}
        self._removed: set[int] = set()
        self._never_saved = True

    def add(self, stream: str, path: str, identity: Identity) -> Tail:
        """Begin a content."""
        tail = Tail(self._key(), stream, path, identity, self._new_cutter)
        target = os.path.realpath(path)
        tail.target = "" if target == path else target
        self._enter(tail, base=path == stream)
        return tail

    def settle(self, tail: Tail, path: str, identity: Identity, packing: str) -> None:
        """Let a content that has lost its file go on in a copy of it."""
        self._leave(tail)
        tail.move(path, identity, packing)
        self._enter(tail, base=False)

    def retire(self, tail: Tail, now: float) -> None:
        """Remember a content that no file holds any more."""
        self._leave(tail)
        tail.close()
        tail.gone = now if tail.gone is None else tail.gone
        self.past[tail.key] = tail
        self.log(tail.stream).tails.append(tail)
        self.changed(tail)
        while len(self.past) > REMEMBERED:
            self._forget(next(iter(self.past.values())))

    def vacate(self, tail: Tail) -> None:
        """Part a content from its file; then it is to be settled elsewhere, or retired."""
        del self.living[tail.identity]
        log = self.log(tail.stream)
        if log.base is tail:
            log.base = None

    def add_copy(self, of: Tail, path: str, status: os.stat_result, packing: str) -> Copy:
        """Note a file as a copy."""
        size, changed = status.st_size, status.st_mtime_ns
        identity = identify(status)
        copy = Copy(self._key(), of.key, of.stream, path, identity, packing, size, changed)
        self._enter_copy(copy)
        self.changed(copy)
        return copy

    def drop_copy(self, copy: Copy) -> None:
        """Forget a copy."""
        del self.copies[copy.identity]
        self.log(copy.stream).copies.remove(copy)
        self._remove(copy.key)

    def changed(self, what: Tail | Copy) -> None:
        """Have something saved."""
        self._changed[what.key] = what

    def log(self, stream: str) -> Log:
        """Give the log of a matched name, or begin it."""
        log = self.logs.get(stream)
        if log is None:
            log = self.logs[stream] = Log(stream)
            self._index(stream, log)
        return log

    def save(self, *, whole: bool) -> Plain:
        """Give the records of everything, or of what changed; None if nothing did."""
        what = list(self._changed.values())
        saved: Plain = {}
        if whole or self._never_saved:
            what = [*self.past.values(), *self.living.values(), *self.copies.values()]
        elif self._removed:
            saved["removed"] = [str(key) for key in sorted(self._removed)]
        elif not what:
            return None
        saved["files"] = {str(one.key): self._plain(one) for one in what}
        self._changed.clear()
        self._removed.clear()
        self._never_saved = False
        return saved

    def restore(self, saved: Sequence[Plain]) -> None:
        """Take up what was saved."""
        records: dict[str, Plain] = {}
        for part in saved:
            self.fresh = self._never_saved = False
            for key, record in part["files"].items():
                records.pop(key, None)  # so that what left last is remembered longest
                records[key] = record
            for key in part.get("removed", ()):
                records.pop(key, None)
        for key, record in records.items():
            self._next_key = max(self._next_key, int(key) + 1)
            self._take_up(int(key), record)

    def _key(self) -> int:
        key, self._next_key = self._next_key, self._next_key + 1
        return key

    def _enter(self, tail: Tail, *, base: bool) -> None:
        """Put a content where its file says."""
        self.living[tail.identity] = tail
        log = self.log(tail.stream)
        log.tails.append(tail)
        if base:
            log.base = tail
        if tail.target:
            self._index(tail.target, log)
        self.changed(tail)

    def _enter_copy(self, copy: Copy) -> None:
        self.copies[copy.identity] = copy
        self.log(copy.stream).copies.append(copy)

    def _leave(self, tail: Tail) -> None:
        """Take a content out of where it is."""
        if self.living.get(tail.identity) is tail:
            del self.living[tail.identity]
        self.past.pop(tail.key, None)
        log = self.log(tail.stream)
        log.tails.remove(tail)
        if log.base is tail:
            log.base = None

    def _forget(self, tail: Tail) -> None:
        self._leave(tail)
        self._remove(tail.key)
        log = self.logs[tail.stream]
        if not log.tails and not log.copies:
            del self.logs[log.stream]
            for folder in [at for at, names in self.folders.items() if log in names.values()]:
                names = {name: it for name, it in self.folders[folder].items() if it is not log}
                self.folders[folder] = names
                if not names:
                    del self.folders[folder]

    def _remove(self, key: int) -> None:
        self._changed.pop(key, None)
        self._removed.add(key)

    def _index(self, path: str, log: Log) -> None:
        folder, name = split(path)
        self.folders.setdefault(folder, {}).setdefault(name, log)

    def _plain(self, what: Tail | Copy) -> Plain:
        """Give a record. Names are bytes: they need not be text."""
        path = what.path if isinstance(what, Copy) else what.home
        where = [
            os.fsencode(what.stream),
            os.fsencode(path) if path != what.stream else b"",
            "{:x}:{:x}".format(*what.identity),
            what.packing,
        ]
        if isinstance(what, Copy):
            return ["copy", *where, what.of, what.size, what.changed]
        role = "side"
        if what.key in self.past:
            role = "past"
        elif self.logs[what.stream].base is what:
            role = "base"
        checked = None if what.checked is None else list(what.checked)
        return [
            role, *where, os.fsencode(what.target), checked, what.size, what.position,
            what.skipping, what.done, what.lost, what.prints.plain(),
        ]  # fmt: skip

    def _take_up(self, key: int, record: Plain) -> None:
        """Make what a record tells of."""
        role, stream, path, numbers, packing, *rest = record
        stream = os.fsdecode(stream)
        path = os.fsdecode(path) or stream
        device, inode = numbers.split(":")
        identity = Identity(int(device, 16), int(inode, 16))
        if role == "copy":
            self._enter_copy(Copy(key, rest[0], stream, path, identity, packing, *rest[1:]))
            return
        target, checked, size, position, skipping, done, lost, prints = rest
        tail = Tail(key, stream, path, identity, self._new_cutter)
        tail.target, tail.packing, tail.size = os.fsdecode(target), packing, size
        tail.done, tail.lost = done, lost
        tail.resume(position, Prints.from_plain(prints), skipping=skipping)
        if checked is not None and position == tail.prints.last.at:
            tail.checked = (checked[0], checked[1])  # else the unfinished line is read again
        if role == "past":
            tail.gone = float("-inf")
            self.past[key] = tail
            self.log(stream).tails.append(tail)
            return
        self._enter(tail, base=role == "base")
        self._changed.clear()


def split(path: str) -> tuple[str, str]:
    """Part a path into its folder, with the slash, and its name."""
    at = path.rfind("/") + 1
    return path[:at], path[at:]
