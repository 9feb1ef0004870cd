"""One content that is read as it grows, wherever it goes."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from exporter.sources.compressed import MAGIC_SIZE, Damaged, Unfinished, Unpacked, packing, unpack
from exporter.sources.identity import HEAD, LAST, NOTHING, Identity, Trail, identify
from exporter.sources.lines import READ_UNIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from exporter.model import Cutter
    from exporter.sources.identity import Prints, ReadAt

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
"""A file may be replaced by a named pipe just before it is opened: that must not block."""

_SEARCH_UNIT = 1024 * 1024
"""Bytes read at once where a hole is searched for its end."""


class Replaced(Exception):  # noqa: N818 (nothing went wrong)
    """The file holds other bytes than those that were read from it."""


class Tail:
    """A log's content from its first byte to its last, and how far it is read.

    `stream` is the path first seen and stays, also when `path`, where the content is now, changes;
    `home` is where its bytes were verified last, so that it was this content which was there.
    `target` is that path without symbolic links, or "" where there are none. `packing` says how
    the file is compressed; offsets are then of what is in it. `size` is the file's, as seen last.
    `checked` are size and time of change at which the file was read to its end, `done` that a
    compressed one has nothing more to give. `replaced`: the file holds another content now.
    `lost`: it went away unread, and that is counted. `gone` is when the file was first not found
    any more, `touched` when there was news, `unread_since` when what is not read was first seen,
    all by the caller's clock; `look` is the number of the caller's look that saw it last.
    """

    __slots__ = (
        "_cutter", "_descriptor", "_gap", "_new_cutter", "_prints", "_skipping", "_trail",
        "_void", "changed", "checked", "done", "gone", "home", "identity", "key", "look", "lost",
        "offset", "packing", "path", "replaced", "size", "stream", "target", "touched",
        "unread_since",
    )  # fmt: skip

    def __init__(
        self,
        key: int,
        stream: str,
        path: str,
        identity: Identity,
        new_cutter: Callable[[], Cutter],
    ) -> None:
        self.key = key
        self.stream = stream
        self.path = path
        self.home = path
        self.target = ""
        self.identity = identity
        self.packing = ""
        self.size = 0
        self.changed = 0
        self.checked: tuple[int, int] | None = None
        self.offset = 0
        self.done = False
        self.replaced = False
        self.lost = False
        self.look = 0
        self.gone: float | None = None
        self.touched = 0.0
        self.unread_since: float | None = None
        self._new_cutter = new_cutter
        self._cutter: Cutter | None = None
        self._trail: Trail | None = None
        self._prints = NOTHING
        self._skipping = False
        self._descriptor: int | None = None
        self._gap = 0  # NUL bytes since the first byte that the cutter holds
        self._void = 0  # NUL bytes at the end, which may still be written over

    def resume(self, offset: int, prints: Prints, *, skipping: bool) -> None:
        """Begin amid the content, and verify before that it is the same."""
        self.offset = offset
        self._prints = prints
        self._skipping = skipping
        self._trail = None
        self._cutter = None
        self._gap = 0

    def fold(self) -> None:
        """Keep only what is saved: for a content that is not read now."""
        self.resume(self.position, self.prints, skipping=self.skipping)

    def move(self, path: str, identity: Identity, kind: str) -> None:
        """Go on in another file that begins with the same bytes."""
        self.close()
        self.path = self.home = path
        self.identity, self.packing, self.target = identity, kind, ""
        self.checked, self.gone = None, None
        self.done = self.replaced = False

    @property
    def position(self) -> int:
        """The offset after what was given: where a reader that starts anew has to begin."""
        if self._cutter is None:
            return self.offset
        return self.offset - self._cutter.held() - self._gap

    @property
    def skipping(self) -> bool:
        """Whether a line that is too long, and counted, goes on at the position."""
        return self._skipping if self._cutter is None else self._cutter.skipping

    @property
    def prints(self) -> Prints:
        """What the content is known again by."""
        return self._prints if self._trail is None else self._trail.prints()

    @property
    def is_open(self) -> bool:
        """Whether it holds a descriptor."""
        return self._descriptor is not None

    @property
    def known(self) -> bool:
        """Whether it can be told from another file that has its number now."""
        return self.is_open or self.begun

    @property
    def begun(self) -> bool:
        """Whether anything was read of it."""
        return self.prints.last.at > 0

    @property
    def holds(self) -> bool:
        """Whether there is an unfinished last line."""
        return self._cutter is not None and self._cutter.held() > 0

    @property
    def news(self) -> bool:
        """Whether it was not read to its end since it changed last."""
        return self.checked != (self.size, self.changed)

    @property
    def behind(self) -> int:
        """Bytes known to be there and not read; of a compressed file, all of it."""
        if self.packing:
            return 0 if self.done else self.size
        return max(0, self.size - self.offset - self._void)

    def see(self, status: os.stat_result, now: float) -> bool:
        """Take note of a look at the file; tell whether it is worth reading."""
        size, changed = status.st_size, status.st_mtime_ns
        if self.size != size or self.changed != changed:
            self.size, self.changed, self.touched = size, changed, now
            if self.unread_since is None:
                self.unread_since = now
        return self.checked != (size, changed)

    def peek(self, now: float) -> bool:
        """Look at the open file; tell whether it is worth reading."""
        return self._descriptor is not None and self.see(os.fstat(self._descriptor), now)

    def read(self, now: float, *, settled: bool = False) -> Iterator[bytes]:
        """Give the whole lines up to what is the end now, opening the file.

        `settled`: nobody writes a compressed file any more, so that it ends where it breaks off.

        Raises:
            OSError: it can't be read; FileNotFoundError if another file, or none, is at the path.
            Replaced: the file begins otherwise than what was read of it.
            Damaged: what is left can't be unpacked; all before it is given.
        """
        descriptor = self._open()
        status = os.fstat(descriptor)
        if self.see(status, now) and self.checked is not None:
            self.done = False
        self._begin(descriptor)
        if not self.packing:
            yield from self._follow(descriptor, status.st_size)
        elif not self.done:
            yield from self._unpack(descriptor, settled=settled)
        self.checked = (status.st_size, status.st_mtime_ns)
        self.unread_since = None
        self.home = self.path

    def intact(self) -> bool:
        """Tell whether the file still begins with what was read of it; raises OSError."""
        try:
            descriptor = self._open()
            trail = self._begin(descriptor)
        except Replaced:
            return False
        last = b"" if self.packing else trail.last
        if os.pread(descriptor, len(last), trail.at - len(last)) != last:
            return False
        self.home = self.path
        return True

    def last_line(self) -> bytes:
        """Give what stands after the last newline, as a line. For a content that is over."""
        self._gap = 0
        return b"" if self._cutter is None else self._cutter.end()

    def too_long(self) -> int:
        """Count the lines that were too long, since the last call."""
        if self._cutter is None or not self._cutter.too_long:
            return 0
        count, self._cutter.too_long = self._cutter.too_long, 0
        return count

    def close(self) -> None:
        """Give the descriptor back; the next read opens the file again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def read_at(self, size: int, at: int) -> bytes:
        """Read the open file as it is."""
        return b"" if self._descriptor is None else os.pread(self._descriptor, size, at)

    def _open(self) -> int:
        if self._descriptor is None:
            descriptor = open_same(self.path, self.identity)
            self._descriptor = descriptor
            trail = self._trail
            if trail is None:
                return descriptor
            if self.packing:
                self.fold()  # to be compared from its start
            elif not trail.begins(os.pread(descriptor, HEAD, 0)):
                raise Replaced
        return self._descriptor

    def _begin(self, descriptor: int) -> Trail:
        """Make ready to read on; raises Replaced."""
        if self._trail is not None:
            return self._trail
        if self._prints == NOTHING:
            self.packing = packing(os.pread(descriptor, MAGIC_SIZE, 0))
            # Where it does not begin at the start, nobody wants what is in there.
            self.done = bool(self.packing and self.offset)
        try:
            read_at = reader(descriptor, self.packing)
            if not self._prints.fit(read_at):
                raise Replaced
            if not self.done:
                # For who reads forward only, once more from the start.
                read_at = reader(descriptor, self.packing)
                self._trail = Trail.found(read_at, self.offset)
        except Damaged as error:
            raise Replaced from error
        if self._trail is None:
            return Trail(b"", b"", 0)
        self._cutter = self._new_cutter()
        self._cutter.resume(at_start=self.offset == 0, skipping=self._skipping)
        return self._trail

    def _follow(self, descriptor: int, end: int) -> Iterator[bytes]:
        trail = self._begin(descriptor)
        trail.rest_here()
        while True:
            last = trail.last
            chunk = os.pread(descriptor, READ_UNIT + len(last), self.offset - len(last))
            if not chunk.startswith(last):
                raise Replaced
            chunk = chunk[len(last) :]
            if not chunk:
                return
            kept = chunk.rstrip(b"\0")
            if data := self._take(kept):
                yield data
            if len(kept) < len(chunk):
                if not self._pass_hole(descriptor):
                    return
            elif self.offset >= end:
                return

    def _unpack(self, descriptor: int, *, settled: bool) -> Iterator[bytes]:
        """Unpack from the start, and give what was not given yet; in the end, the last line."""
        damaged = False
        try:
            for piece in self._unread(descriptor):
                if data := self._take(piece):
                    yield data
        except (Unfinished, Damaged):
            if not settled:
                return
            damaged = True
        self.done = True
        if data := self.last_line():
            yield data
        if damaged:
            raise Damaged

    def _unread(self, descriptor: int) -> Iterator[bytes]:
        """Give what was packed after the offset; raises Replaced where what is before differs."""
        trail = self._begin(descriptor)
        start, at, last = self.offset, 0, b""
        for piece in unpack(forward(descriptor), self.packing):
            before = piece[: max(0, start - at)]
            if before:
                last = (last + before)[-LAST:]
                if at + len(before) == start and last != trail.last:
                    raise Replaced
            at += len(piece)
            if len(before) < len(piece):
                yield piece[len(before) :]

    def _take(self, chunk: bytes) -> bytes:
        """Hand bytes to the cutter, without NULs; give what is whole."""
        if not chunk or self._cutter is None or self._trail is None:
            return b""
        self.offset += len(chunk)
        self._trail.follow(chunk)
        self._void = 0
        fed = chunk.replace(b"\0", b"") if b"\0" in chunk else chunk
        data = self._cutter.feed(fed)
        if self._gap or len(fed) < len(chunk):
            held = self._cutter.held()
            if held > len(fed):
                self._gap += len(chunk) - len(fed)
            else:
                self._gap = _zeros_after(chunk, held)
        return data

    def _pass_hole(self, descriptor: int) -> bool:
        """Pass over NUL bytes; False where nothing else follows, and then stay before them.

        A writer that has reserved room, or was cut off from power, may still write over them.
        """
        at = self.offset
        while True:
            try:
                at = os.lseek(descriptor, at, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                self._void = self.size - self.offset
                return False
            chunk = os.pread(descriptor, _SEARCH_UNIT, at)
            data = chunk.lstrip(b"\0")
            at += len(chunk) - len(data)
            if data:
                break
            if not chunk:
                self._void = self.size - self.offset
                return False
        count = at - self.offset
        self.offset = at
        if self._trail is not None:
            self._trail.follow_zeros(count)
        self._gap += count if self.holds else 0
        return True


def open_same(path: str, identity: Identity) -> int:
    """Open a path if this file is there; FileNotFoundError if another is."""
    descriptor = os.open(path, _FLAGS)
    if identify(os.fstat(descriptor)) == identity:
        return descriptor
    os.close(descriptor)
    raise FileNotFoundError(path)


def reader(descriptor: int, kind: str) -> ReadAt:
    """Read a file's content by offset; a compressed one forward only."""
    if kind:
        return Unpacked(forward(descriptor), kind).read_at
    return lambda size, at: os.pread(descriptor, size, at)


def forward(descriptor: int) -> Callable[[int], bytes]:
    """Read a file piece by piece, wherever its descriptor stands."""
    at = 0

    def read(size: int) -> bytes:
        nonlocal at
        chunk = os.pread(descriptor, size, at)
        at += len(chunk)
        return chunk

    return read


def _zeros_after(chunk: bytes, held: int) -> int:
    """Count the NUL bytes after the start of the last `held` bytes that are none."""
    size = held
    while (lack := held - size + chunk.count(b"\0", len(chunk) - size)) > 0:
        size += lack
    return size - held
