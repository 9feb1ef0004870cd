"""Looks at what is in the file system, and matches it with the contents that are known."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from exporter.sources.identity import NOTHING, Identity, identify
from exporter.sources.neighbours import Neighbours
from exporter.sources.positions import split
from exporter.sources.siblings import SETTLED, Family, Stranger, Verdict, judge, still_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.sources.departures import Departures
    from exporter.sources.discovery import Discovery
    from exporter.sources.notices import Notices
    from exporter.sources.positions import Copy, Log, Positions
    from exporter.sources.tail import Tail

STEADY = 2.0
"""Seconds since its last change after which a compressed file need not be seen twice."""


class Survey:
    """Finds new files, and known contents under other names; decides what copies are.

    After a look, `due` are contents worth reading, in the order in which they are to be read.
    """

    def __init__(
        self,
        discovery: Discovery,
        positions: Positions,
        departures: Departures,
        notices: Notices,
        *,
        from_end: bool,
        wall: Callable[[], float],
    ) -> None:
        """`from_end`: what is there at the first look of all counts as read."""
        self.due: list[Tail] = []
        self._discovery = discovery
        self._positions = positions
        self._departures = departures
        self._neighbours = Neighbours(discovery, positions)
        self._notices = notices
        self._from_end = from_end
        self._wall = wall
        self._number = 0
        self._matched: set[str] = set()
        self._first = True
        self._strangers: dict[Identity, Stranger] = {}
        self._met: dict[Identity, tuple[Stranger, Log]] = {}
        self._new: set[int] = set()
        self._barred: set[str] = set()

    def look(self, now: float, *, final: bool = False, last: bool = False) -> None:
        """Look at everything. `final`: nobody writes any more. `last`: no other look follows."""
        self._number += 1
        self._first = self._number == 1 and self._positions.fresh
        self.due, self._met, self._new = [], {}, set()
        self._matched = self._look_at_matched(now)
        self._barred = set(self._discovery.unreadable)
        if self._new:
            # What made room for a new file was renamed before: it must not slip through the list.
            self._neighbours.forget()
        self._look_beside(now)
        self._look_for_missing(now)
        for copy in list(self._positions.copies.values()):
            if copy.look != self._number:
                self._positions.drop_copy(copy)
        over = self._part_from_files(now)
        self._judge_strangers(now, final=final)
        while more := self._part_from_files(now):  # what was met when comparing
            over += more
            self._judge_strangers(now, final=final)
        self._resolve(over, now, last=last)
        self._neighbours.forget()
        self._note_unreadable()
        if not final:
            self._hold_back(now)
        self._put_in_order()

    def _look_at_matched(self, now: float) -> set[str]:
        matched = set()
        strange = []
        living, number = self._positions.living, self._number
        for path, status in self._discovery.find():
            matched.add(path)
            tail = living.get(identify(status))
            if tail is not None and tail.path == path:
                tail.look, tail.gone = number, None
                if tail.see(status, now):
                    self.due.append(tail)
            else:
                strange.append((path, status))
        for path, status in sorted(strange):
            self._place(path, status, now)
        for path in self._discovery.named - matched:
            if self._neighbours.owner(path) is None:
                self._positions.log(path)
        return matched

    def _look_beside(self, now: float) -> None:
        living, number = self._positions.living, self._number
        strange = []
        for path, log in self._neighbours.beside(self._matched):
            try:
                status = os.stat(path)  # noqa: PTH116 - a Path for each of many files costs more
            except OSError:
                continue  # It went away; or it can't be reached, and then neither be read.
            if not stat.S_ISREG(status.st_mode):
                continue
            tail = living.get(identify(status))
            if tail is not None and tail.path == path:
                tail.look, tail.gone = number, None
                if tail.see(status, now):
                    self.due.append(tail)
            else:
                strange.append((path, status, log))
        for path, status, log in strange:
            self._place(path, status, now, log)

    def _place(self, path: str, status: os.stat_result, now: float, log: Log | None = None) -> None:
        """Find out what a file is that was not there, or not under this name."""
        identity = identify(status)
        log = log or self._neighbours.owner(path)
        if tail := self._positions.living.get(identity):
            mine = tail.stream == (log.stream if log else path)
            if mine or tail.known or tail.look == self._number:
                self._meet(tail, path, status, now)
                return
            self._departures.part_with(tail, now)
        beside = log is not None and path != log.stream
        if copy := self._positions.copies.get(identity):
            if beside and (copy.size, copy.changed) == (status.st_size, status.st_mtime_ns):
                self._meet_copy(copy, path)
                return
            self._positions.drop_copy(copy)
        if log is not None and beside:
            self._meet_stranger(path, status, log, now)
            return
        if log is not None and log.base is not None:
            self._notices.rotations += 1
        self._begin(path, path, status, now)

    def _begin(self, stream: str, path: str, status: os.stat_result, now: float) -> Tail:
        """Take up a content that is new."""
        tail = self._positions.add(stream, path, identify(status))
        self._new.add(tail.key)
        tail.look = self._number
        tail.see(status, now)
        if self._first and self._from_end and tail.size:
            # Amid a line, as it were: if this last byte ends one, nothing is skipped.
            tail.resume(tail.size - 1, NOTHING, skipping=True)
        self.due.append(tail)
        return tail

    def _meet(self, tail: Tail, path: str, status: os.stat_result, now: float) -> None:
        """Take note that a known content is under another name."""
        if tail.look == self._number:
            return  # It is under both.
        log = self._positions.log(tail.stream)
        if path == tail.stream:
            self._notices.rotations += log.base is not None
            log.base = tail
        elif log.base is tail:
            log.base = None
            self._notices.rotations += 1
        tail.path = path
        tail.target = ""
        tail.look, tail.gone = self._number, None
        if tail.see(status, now):
            self.due.append(tail)
        self._positions.changed(tail)
        if tail.begun and not tail.is_open:
            still_whole(
                tail
            )  # Another file may have its number now: that is to be known in this look.

    def _meet_copy(self, copy: Copy, path: str) -> None:
        copy.look = self._number
        if copy.path != path:
            copy.path = path
            self._positions.changed(copy)

    def _meet_stranger(self, path: str, status: os.stat_result, log: Log, now: float) -> None:
        identity = identify(status)
        size, changed = status.st_size, status.st_mtime_ns
        known = self._strangers.get(identity)
        same = known is not None and (known.size, known.changed) == (size, changed)
        since = known.since if known is not None and same else now
        stranger = Stranger(path, identity, size, changed, since)
        stranger.steady = (same and since < now) or self._wall() - changed / 1e9 >= STEADY
        stranger.settled = now - since >= SETTLED
        self._met[identity] = (stranger, log)

    def _look_for_missing(self, now: float) -> None:
        settled = now - SETTLED
        for tail in list(self._positions.living.values()):
            if tail.look != self._number:
                if not self._find(tail, now):
                    tail.gone = now if tail.gone is None else tail.gone
                    if tail.peek(now):
                        self.due.append(tail)
            elif tail.packing and not (tail.done or tail.news) and tail.touched <= settled:
                self.due.append(tail)

    def _find(self, tail: Tail, now: float) -> bool:
        """Look for a content where no glob, and no name beside one, points."""
        for path in (tail.path, tail.target):
            if path and self._found_at(path, tail, now):
                return True
        for path in (tail.path, tail.target):
            folder, _ = split(path)
            found = self._neighbours.numbered(folder, tail.identity.inode) if path else None
            if found and self._found_at(found, tail, now):
                return True
        return False

    def _found_at(self, path: str, tail: Tail, now: float) -> bool:
        try:
            status = os.stat(path)  # noqa: PTH116 - as everywhere here
        except PermissionError:
            self._barred.add(os.path.dirname(path))  # noqa: PTH120 - a string is wanted
            tail.look = self._number
            return True
        except OSError:
            return False
        if identify(status) != tail.identity:
            return False
        if path not in {tail.path, tail.target} and not tail.known:
            return False
        if path != tail.path:
            self._meet(tail, path, status, now)
            return True
        tail.look, tail.gone = self._number, None
        if tail.see(status, now):
            self.due.append(tail)
        return True

    def _judge_strangers(self, now: float, *, final: bool) -> None:
        self._strangers = {identity: stranger for identity, (stranger, _) in self._met.items()}
        names = {stranger.path for stranger in self._strangers.values()}
        for stranger, log in sorted(self._met.values(), key=lambda pair: pair[0].changed):
            if final:
                stranger.steady = stranger.settled = True
            if stranger.size and self._judge(stranger, log, names, now):
                names.discard(stranger.path)
                del self._strangers[stranger.identity], self._met[stranger.identity]

    def _judge(self, stranger: Stranger, log: Log, names: set[str], now: float) -> bool:
        """Decide what a stranger is; False if that can't be told yet."""
        new = log.base is not None and log.base.key in self._new and not self._first
        verdict: Tail | Verdict
        try:
            if self._first and self._from_end:
                verdict, kind = Verdict.NEW, ""
            else:
                verdict, kind = judge(stranger, Family(log, names, new_base=new))
            status = os.stat(stranger.path)  # noqa: PTH116 - as everywhere here
        except FileNotFoundError:
            return True
        except OSError:
            self._barred.add(stranger.path)
            return False
        if verdict is Verdict.WAIT or identify(status) != stranger.identity:
            return False
        if verdict is Verdict.NEW:
            self._begin(log.stream, stranger.path, status, now).touched = stranger.since
        else:
            copy = self._positions.add_copy(verdict, stranger.path, status, kind)
            copy.look = self._number
            self._new.add(copy.key)
        return True

    def _part_from_files(self, now: float) -> list[Tail]:
        """Part contents from files that hold another one now, and look at these as new ones."""
        over = [tail for tail in self._positions.living.values() if tail.replaced]
        for tail in over:
            tail.close()
            tail.size = tail.prints.last.at  # what there may have been more is not known
            self._notices.truncations += 1
            self._positions.vacate(tail)
        self.due = [tail for tail in self.due if not tail.replaced]
        for tail in over:
            self._look_again(tail.path, tail.identity, now)
        return over

    def _look_again(self, path: str, identity: Identity, now: float) -> None:
        try:
            status = os.stat(path)  # noqa: PTH116 - as everywhere here
        except OSError:
            return
        log = self._neighbours.owner(path)
        beside = log is not None and path != log.stream
        # Else it has a name that is none of ours, or is not under it any more.
        if identify(status) == identity and (path in self._matched or beside):
            self._place(path, status, now)

    def _resolve(self, over: list[Tail], now: float, *, last: bool) -> None:
        """Decide about contents whose file holds another one now, or is nowhere."""
        departures, positions = self._departures, self._positions
        for tail in over:
            departures.part_with(tail, now)
        for tail in list(positions.living.values()):
            if tail.gone is None or tail.is_open or departures.take_over(tail):
                continue
            # A name may have slipped through one look, but not through two.
            if tail.gone < now or last:
                departures.part_with(tail, now)
        for copy in list(positions.copies.values()):
            if copy.key in self._new and copy.of in positions.past:
                departures.take_over(positions.past[copy.of])
        undecided = {log.stream for stranger, log in self._met.values() if stranger.size}
        departures.release(undecided, now, last=last)
        self.due += departures.continued
        departures.continued = []

    def _note_unreadable(self) -> None:
        for path in self._barred:
            self._notices.not_readable(path)
        if self._notices.unreadable:
            tails = {tail.path: tail for tail in self._positions.living.values()}
            strangers = {stranger.path for stranger in self._strangers.values()}
            self._notices.unreadable &= self._barred | set(tails) | strangers
            tried = [tails[path] for path in self._notices.unreadable if path in tails]
            self.due += [tail for tail in tried if tail not in self.due]

    def _hold_back(self, now: float) -> None:
        """Let new contents wait where a file beside them may hold older lines of the log.

        What a mapping remembers depends on the order of lines: an end must not come before its
        start. They wait for no longer than it takes to decide about a file that is whole.
        """
        undecided = {
            log.stream
            for stranger, log in self._met.values()
            if stranger.size and now - stranger.since < SETTLED
        }
        undecided |= {
            tail.stream
            for tail in self._positions.living.values()
            if tail.gone == now and not tail.is_open
        }
        if undecided:
            self.due = [
                tail
                for tail in self.due
                if tail.begun or not _at_its_name(tail) or tail.stream not in undecided
            ]

    def _put_in_order(self) -> None:
        """Older contents first, and those at matched names last."""
        if not all(map(_at_its_name, self.due)):
            self.due.sort(key=lambda tail: (_at_its_name(tail), tail.changed, tail.key))


def _at_its_name(tail: Tail) -> bool:
    return tail.path == tail.stream and tail.gone is None
