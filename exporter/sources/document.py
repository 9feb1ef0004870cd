"""Files that are one document each, and are written anew whenever something happens."""

from __future__ import annotations

import os
import time
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from exporter.model import Block
from exporter.sources.discovery import Discovery
from exporter.sources.identity import Identity, identify
from exporter.sources.lines import BOM
from exporter.sources.notices import Notices
from exporter.sources.tail import open_same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Literal

    from exporter.model import Noticed, Plain

SCAN_INTERVAL = 0.5
"""Seconds between two looks at the globs."""

SCAN_SHARE = 50
"""A look takes at most one part in so many of the time, however many files."""

QUIET = 2.0
"""Seconds without news after which a document that does not parse is given as it is."""

MAX_DOCUMENT = 64 * 1024 * 1024
"""Bytes of the longest document that is read."""

REMEMBERED = 4096
"""Documents that are gone and still remembered, in case that they come back as they were."""


class _Stamp(NamedTuple):
    """What a look sees of a file."""

    identity: Identity
    size: int
    changed: int


class _Version(NamedTuple):
    """What was made of a document: when it looked so, it was given, or had nothing to give."""

    stamp: _Stamp
    digest: bytes


class _Pending(NamedTuple):
    """A version that was seen and not given, when it was first seen, and whether it was read."""

    stamp: _Stamp
    since: float
    broken: bool = False


class DocumentSource:
    """Documents found by globs: every version is one block, with a final newline.

    A version that does not parse as JSON is given only when nobody has written to it for a while:
    most often it is written just now. Versions between two looks are not seen. Equal bytes are not
    given again. With `start="end"`, what is there at the very first look counts as given.

    Rejects: LINE too_long; FILE unreadable (once for a file or directory, until it can be read).
    """

    def __init__(
        self,
        globs: tuple[str, ...],
        below: str = "**/*",
        *,
        start: Literal["beginning", "end"] = "beginning",
        max_size: int = MAX_DOCUMENT,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`clock` is monotonic, `wall` that of the files' times; both in seconds."""
        self._discovery = Discovery(globs, below)
        self._skips = start == "end"
        self._max_size = max_size
        self._clock = clock
        self._wall = wall
        self._next_scan = clock()
        self._notices = Notices()
        self._versions: dict[str, _Version] = {}
        self._pending: dict[str, _Pending] = {}
        self._found = 0
        self._changed: set[str] = set()
        self._never_saved = True

    def blocks(self) -> Iterator[Block]:
        """Give the versions that are new."""
        if self._clock() >= self._next_scan:
            yield from self._look()

    def finish(self) -> Iterator[Block]:
        """Give the versions that are new, whether or not they parse."""
        yield from self._look(final=True)

    def lag(self) -> int:
        """Bytes of versions that were seen and not given."""
        return sum(pending.stamp.size for pending in list(self._pending.values()))

    def lag_seconds(self) -> float:
        """How long the oldest version that was seen and not given has been waiting."""
        now = self._clock()
        return max((now - it.since for it in list(self._pending.values())), default=0.0)

    def streams(self) -> int:
        """Documents that are followed."""
        return self._found

    def noticed(self) -> Noticed:
        """Tell what was met since the last call."""
        return self._notices.take()

    def save(self, *, whole: bool) -> Plain:
        """Give what was given last of every document, or of those that changed."""
        if whole or self._never_saved:
            names = set(self._versions)
        elif self._changed:
            names = self._changed
        else:
            return None
        saved = {
            "versions": [_plain(name, self._versions[name]) for name in names & set(self._versions)]
        }
        if gone := names - set(self._versions):
            saved["removed"] = [os.fsencode(name) for name in gone]
        self._changed = set()
        self._never_saved = False
        return saved

    def restore(self, saved: Sequence[Plain]) -> None:
        """Take up what was saved."""
        for part in saved:
            self._never_saved = self._skips = False
            for record in part["versions"]:
                name, version = _version(record)
                self._versions[name] = version
            for name in part.get("removed", ()):
                self._versions.pop(os.fsdecode(name), None)

    def committed(self) -> None:
        """Nothing is removed: the files are not ours."""

    def close(self) -> None:
        """Do nothing: no file is held open."""

    def _look(self, *, final: bool = False) -> Iterator[Block]:
        began = self._clock()
        found = self._discovery.find()
        self._discovery.forget()
        skips, self._skips = self._skips, False
        self._found = len(found)
        self._note_unreadable({path for path, _ in found})
        seen: set[Identity] = set()
        for path, status in found:
            stamp = _Stamp(identify(status), status.st_size, status.st_mtime_ns)
            if stamp.identity in seen:
                continue  # The same file under another name.
            seen.add(stamp.identity)
            known = self._versions.get(path)
            if skips:
                self._take(path, _Version(stamp, b""))
            elif known is None or known.stamp != stamp:
                yield from self._read(path, stamp, final=final)
        self._forget({path for path, _ in found})
        now = self._clock()
        self._next_scan = now + max(SCAN_INTERVAL, SCAN_SHARE * (now - began))

    def _read(self, path: str, stamp: _Stamp, *, final: bool) -> Iterator[Block]:
        now = self._clock()
        pending = self._pending.get(path)
        if pending is None or pending.stamp != stamp:
            pending = self._pending[path] = _Pending(stamp, now)
        old = now - pending.since >= QUIET or self._wall() - stamp.changed / 1e9 >= QUIET
        if pending.broken and not (old or final):
            return
        if stamp.size > self._max_size:
            self._notices.too_long(1)
            self._take(path, _Version(stamp, b""))
            return
        try:
            data = _content(path, stamp)
        except FileNotFoundError:
            return
        except OSError:
            self._notices.not_readable(path)
            return
        self._notices.readable(path)
        if data is None:
            return  # It is being written.
        digest = blake2b(data, digest_size=16).digest()
        known = self._versions.get(path)
        if not data.strip() or (known is not None and known.digest == digest):
            self._take(path, _Version(stamp, digest))
            return
        if final or old or _parses(data):
            self._take(path, _Version(stamp, digest))
            yield Block(path, data if data.endswith(b"\n") else data + b"\n")
        else:
            self._pending[path] = pending._replace(broken=True)

    def _take(self, path: str, version: _Version) -> None:
        self._versions.pop(path, None)
        self._versions[path] = version
        self._pending.pop(path, None)
        self._changed.add(path)

    def _note_unreadable(self, found: set[str]) -> None:
        barred = self._discovery.unreadable
        self._notices.unreadable &= barred | found
        for path in barred:
            self._notices.not_readable(path)

    def _forget(self, found: set[str]) -> None:
        for path in set(self._pending) - found:
            del self._pending[path]
        if len(self._versions) > len(found) + REMEMBERED:
            gone = [path for path in self._versions if path not in found]
            for path in gone[:-REMEMBERED]:
                del self._versions[path]
                self._changed.add(path)


def _content(path: str, stamp: _Stamp) -> bytes | None:
    """Read a whole file; None if it is not as it was seen."""
    descriptor = open_same(path, stamp.identity)
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(stamp.size + 1)
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    same = (len(data), status.st_size, status.st_mtime_ns)
    if same != (stamp.size, stamp.size, stamp.changed):
        return None
    return data.removeprefix(BOM)


def _parses(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _plain(name: str, version: _Version) -> Plain:
    identity, size, changed = version.stamp
    return [os.fsencode(name), "{:x}:{:x}".format(*identity), size, changed, version.digest]


def _version(record: Plain) -> tuple[str, _Version]:
    name, numbers, size, changed, digest = record
    device, inode = numbers.split(":")
    stamp = _Stamp(Identity(int(device, 16), int(inode, 16)), size, changed)
    return os.fsdecode(name), _Version(stamp, digest)
