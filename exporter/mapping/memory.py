"""A memory of keys: bounded in number and age, the oldest go first; what changed can be saved."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from spec.mapping import LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from exporter.model import Plain

Part: TypeAlias = str | bytes | None
Key: TypeAlias = Part | tuple[Part, ...]
"""What tells one thing from another: one text or several, long ones as their digest."""
Value = TypeVar("Value")

# A longer text is kept as its digest: no memory holds a prompt, nor anything huge.
LONGEST_KEY = 64
LONGEST_KEPT = 256
"""Characters of a text that is kept because a later line shows it; the rest is cut off."""


class _Mark:
    """Stands among the keys: those before it are saved, those after it were touched since."""


MARK = _Mark()


def short(text: str) -> str | bytes:
    """Give a text as it stands in a key: itself, or its digest where it is long."""
    if len(text) <= LONGEST_KEY:
        return text
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Memory(Generic[Value]):
    """Keys, and what is known of each. To touch a key is to make it the youngest.

    Beyond `limit` keys the oldest go. With `keep_for` (seconds) keys go, too, that are older by
    more than that than the newest event that was seen: by the events' own time, so that an old log
    is forgotten no sooner than a new one. `evicted` counts both.
    """

    def __init__(self, limit: int = LIMIT, keep_for: float | None = None) -> None:
        self.limit = limit
        self.keep_for = keep_for
        self.evicted = 0
        self.newest: float | None = None
        self._entries: OrderedDict[Any, Any] = OrderedDict({MARK: None})
        self._times: dict[Key, float | None] = {}
        self._removed: dict[Key, None] = {}
        self._told: tuple[int, float | None] = (0, None)
        self._keeps_removed = False
        self._lost_removed = False

    def __len__(self) -> int:
        return len(self._entries) - 1

    def items(self) -> Iterator[tuple[Key, Value]]:
        """Iterate over the keys with their values, the oldest first."""
        return ((key, value) for key, value in self._entries.items() if key is not MARK)

    # -- what the verbs do -------------------------------------------------------------------

    def touch(self, key: Key, value: Value, time: datetime | None = None) -> None:
        """Keep a value; its key is the youngest now."""
        entries = self._entries
        entries[key] = value
        entries.move_to_end(key)
        if self.keep_for is not None:
            earlier = self._times.get(key)
            at = time.timestamp() if time is not None else self.newest
            self._times[key] = max(at, earlier) if at is not None and earlier is not None else at
        while len(entries) > self.limit + 1:
            self.evict(self.oldest())

    def pass_time(self, key: Key, time: datetime | None) -> None:
        """Let an event's time pass, before its key is looked at: what is too old goes."""
        if time is not None:
            at = time.timestamp()
            self.newest = at if self.newest is None else max(at, self.newest)
        if self.newest is None or self.keep_for is None:
            return
        border = self.newest - self.keep_for
        while len(self) and _before(self._times.get(oldest := self.oldest()), border):
            self.evict(oldest)
        if _before(self._times.get(key), border):
            self.evict(key)

    def oldest(self) -> Key:
        """Give the key that was touched longest ago; there must be one."""
        keys = iter(self._entries)
        first = next(keys)
        oldest: Key = next(keys) if first is MARK else first
        return oldest

    def evict(self, key: Key) -> None:
        """Forget a key for want of room, or for its age."""
        self.evicted += 1
        self._forget(key)

    def remove(self, key: Key) -> Value | None:
        """Take a key out because it is done with; None where there is none."""
        value: Value | None = self._entries.pop(key, None)
        if value is not None and self._keeps_removed:
            self._removed[key] = None
            if len(self._removed) > self.limit:  # it is long ago that somebody saved
                self._removed.clear()
                self._keeps_removed, self._lost_removed = False, True
        return value

    # -- what a checkpoint holds -------------------------------------------------------------

    def save(self, *, whole: bool) -> Plain:
        """Give the keys that were touched or removed since the last call, or all of them."""
        whole = whole or not self._keeps_removed
        touched = list(self.items()) if whole else self._touched()
        now, told = (self.evicted, self.newest), (0, None) if whole else self._told
        if not (touched or self._removed or self._lost_removed) and now == told:
            self._saved()
            return None
        saved = {
            "keys": [[key, self.plain(value), self._times.get(key)] for key, value in touched],
            "removed": [] if whole else list(self._removed),
            "size": len(self),
            "evicted": self.evicted,
            "newest": self.newest,
        }
        self._saved()
        return saved

    def restore(self, saved: Sequence[Plain]) -> None:
        """Become what was saved, in the same order; a smaller limit holds from the next key on."""
        entries = self._entries
        for part in saved:
            for key in part["removed"]:
                entries.pop(_key(key), None)
            for written, value, time in part["keys"]:
                key = _key(written)
                entries[key] = self.value(value)
                entries.move_to_end(key)
                if self.keep_for is not None:
                    self._times[key] = time
            # What was evicted were the oldest, always: those that are too many are these. The same
            # holds where everything was saved anew.
            while len(self) > part["size"]:
                self._forget(self.oldest())
            self.evicted, self.newest = part["evicted"], part["newest"]
            self._saved()

    def plain(self, value: Value) -> Plain:
        """Give a value as a checkpoint holds it."""
        return value

    def value(self, plain: Plain) -> Value:
        """Take a value from a checkpoint."""
        kept: Value = plain
        return kept

    def _forget(self, key: Key) -> None:
        del self._entries[key]
        self._times.pop(key, None)

    def _touched(self) -> list[tuple[Key, Value]]:
        found = []
        for key in reversed(self._entries):
            if key is MARK:
                break
            found.append((key, self._entries[key]))
        return found[::-1]

    def _saved(self) -> None:
        self._entries.move_to_end(MARK)
        self._removed.clear()
        self._told = self.evicted, self.newest
        self._keeps_removed, self._lost_removed = True, False


def _before(time: float | None, border: float) -> bool:
    return time is not None and time < border


def _key(written: Plain) -> Key:
    """Take a key from a checkpoint, where tuples are lists."""
    return tuple(written) if isinstance(written, list) else written
