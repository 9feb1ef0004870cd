"""The files beside a log: which log they belong to, and whether they are copies of its contents."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from exporter.sources.compressed import MAGIC_SIZE, Damaged, Unpacked, packing, plain_name
from exporter.sources.identity import HEAD, LAST
from exporter.sources.tail import forward, open_same

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterator

    from exporter.sources.identity import Identity, ReadAt
    from exporter.sources.positions import Log
    from exporter.sources.tail import Tail

SETTLED = 5.0
"""Seconds without news after which nobody writes a compressed file, or a copy, any more."""

_SEPARATOR = re.compile(r"[.-]")


@dataclass(slots=True, eq=False)
class Stranger:
    """A file beside a log that is nothing known yet.

    `since` is when it was first seen as it is now. `steady` that nobody has written to it
    lately, `settled` that nobody will.
    """

    path: str
    identity: Identity
    size: int
    changed: int
    since: float
    steady: bool = False
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """What a stranger is compared with: the log, and the paths of all strangers.

    `new_base`: the file at the matched name was never seen before, at a look that is not the first.
    """

    log: Log
    strangers: Collection[str]
    new_base: bool


class Verdict(Enum):
    """What a stranger is, if it is no copy: a content of its own, or not to be told yet."""

    NEW = auto()
    WAIT = auto()


def base_of(name: str, bases: Container[str]) -> str | None:
    """Name the log that a file belongs to: a matched name, then `.` or `-`, then anything."""
    for found in _SEPARATOR.finditer(name):
        if name[: found.start()] in bases:
            return name[: found.start()]
    return None


def judge(stranger: Stranger, family: Family) -> tuple[Tail | Verdict, str]:
    """Tell what a stranger is, a copy of a content or not, and how it is packed; raises OSError."""
    # What is still read from a file without a name may be in this one too.
    if any(tail.gone is not None and tail.is_open and tail.news for tail in family.log.tails):
        return Verdict.WAIT, ""
    descriptor = open_same(stranger.path, stranger.identity)
    try:
        kind = packing(os.pread(descriptor, MAGIC_SIZE, 0))
        if kind:
            return _judge_packed(stranger, family, descriptor, kind), kind
        if stranger.size < MAGIC_SIZE and plain_name(stranger.path) and not stranger.settled:
            return Verdict.WAIT, ""
        return _judge_plain(stranger, family, descriptor), ""
    finally:
        os.close(descriptor)


def _judge_plain(stranger: Stranger, family: Family, descriptor: int) -> Tail | Verdict:
    """Compare with what is at the matched name, or was there last.

    What was renamed is not compared: that files of a log are equal does not make them copies.
    """

    def read_at(size: int, at: int) -> bytes:
        return os.pread(descriptor, size, at)

    base = family.log.base
    intact = base is not None and base.gone is None and still_whole(base)
    looks_copied = base is not None and intact and not family.new_base
    if base is not None and looks_copied and _begins(base, read_at, stranger.size):
        return base  # If the stranger goes on otherwise, it changes, and is judged again.
    for tail in _were_at_base(family.log, base if intact else None):
        if tail.prints.last.at and _fits(tail, read_at):
            return tail
    return Verdict.NEW


def _were_at_base(log: Log, intact: Tail | None) -> Iterator[Tail]:
    """Give contents that were at the matched name and have lost their file, the youngest first.

    One that was renamed has its file still, if that was not truncated before.
    """
    for tail in reversed(log.tails):
        if tail.home == tail.stream:
            lives = tail.gone is None and not tail.replaced
            if tail is not intact and (not lives or not still_whole(tail)):
                yield tail


def still_whole(tail: Tail) -> bool:
    """Tell whether a file still begins with what was read of it; note it if it does not."""
    was_open = tail.is_open
    try:
        tail.replaced = not tail.intact()
    except OSError:
        return False
    finally:
        if not was_open:
            tail.close()
    return not tail.replaced


def _begins(base: Tail, read_at: ReadAt, size: int) -> bool:
    """Tell whether the matched file begins with all of the stranger, as a copy of it would be."""
    try:
        descriptor = open_same(base.path, base.identity)
    except OSError:
        return False
    try:
        last = min(LAST, size)
        return all(
            read_at(count, at) == os.pread(descriptor, count, at)
            for count, at in ((min(HEAD, size), 0), (last, size - last))
        )
    finally:
        os.close(descriptor)


def _fits(tail: Tail, read_at: ReadAt) -> bool:
    return tail.prints.fit(read_at) or tail.prints.fit_earlier(read_at)


def _judge_packed(stranger: Stranger, family: Family, descriptor: int, kind: str) -> Tail | Verdict:
    """Compare what is packed with all contents of the log that it may have been made of."""
    stem = plain_name(stranger.path)
    unread = stem in family.strangers or any(
        tail.path == stem and tail.gone is None and (tail.checked is None or tail.replaced)
        for tail in family.log.tails
    )
    if not stranger.steady or (unread and not stranger.settled):
        return Verdict.WAIT
    wait = False
    for tail in _candidates(family, stem):
        content = Unpacked(forward(descriptor), kind)
        try:
            if not tail.prints.head.fits(content.read_at):
                wait |= content.unfinished and content.at < tail.prints.head.size
                continue
            if tail.prints.last.fits(content.read_at):
                return tail
        except Damaged:
            continue
        if content.unfinished and content.at < tail.prints.last.at:
            if stranger.settled:
                return tail
            wait = True
    return Verdict.WAIT if wait and not stranger.settled else Verdict.NEW


def _candidates(family: Family, stem: str) -> list[Tail]:
    """Give the contents that may have been compressed, the likely ones first.

    One that is compressed already, or has a copy, is none, unless the name says that it is: files
    of a log may be equal, and each is compressed once.
    """
    named = {copy.of for copy in family.log.copies if copy.path == stem}
    copied = {copy.of for copy in family.log.copies}

    def likely(tail: Tail) -> bool:
        return tail.key in named or _stem(tail) == stem

    found = [
        tail
        for tail in family.log.tails
        if tail.prints.last.at
        and (
            likely(tail) or (tail.key not in copied and (tail.gone is not None or not tail.packing))
        )
    ]
    return sorted(found, key=lambda tail: (not likely(tail), tail.gone is None, tail.key))


def _stem(tail: Tail) -> str:
    return plain_name(tail.path) if tail.packing else tail.path
