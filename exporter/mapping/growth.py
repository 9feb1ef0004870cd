"""Numbers that grow from line to line: what a line adds to those that were told before.

A number is None where a line did not tell it, or told it wrongly: it neither grows nor is it lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from exporter.mapping.memory import Key, Memory
from spec.mapping import LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from exporter.model import Plain

Number: TypeAlias = int | float | None
Numbers: TypeAlias = tuple[Number, ...]

_LARGEST = 2**63


class Largest(Memory[Numbers]):
    """The largest numbers of each key (`dedupe` with `keep: max`), in whatever order they come."""

    def take(self, key: Key, told: Numbers, time: datetime | None = None) -> tuple[Any, ...] | None:
        """Take a line's numbers; give whether the key is new, and by how much each number grew.

        None where the key is known and nothing grew.
        """
        if self.keep_for is not None:
            self.pass_time(key, time)
        before: Numbers | None = self._entries.get(key)
        if before is None:
            self.touch(key, told, time)
            return (True, *told)
        if before == told:
            self.touch(key, before, time)
            return None
        kept = list(before)
        grown = _grow(before, told, kept)
        self.touch(key, tuple(kept), time)
        return (False, *grown) if any(grown) else None

    def plain(self, value: Numbers) -> Plain:
        """Give numbers as a checkpoint holds them."""
        return _plain(value)

    def value(self, plain: Plain) -> Numbers:
        """Take numbers from a checkpoint."""
        return tuple(_numbers(plain))


class Running(Memory[tuple[Numbers, Numbers]]):
    """Running totals by key (`delta`): what was counted of each, and what the log wrote last.

    The two differ where something is subtracted from what the log writes. `restarts`: a total that
    falls began anew, and all totals of its key with it. `skip_first`: the first total is where
    counting begins, and not yet counted.
    """

    def __init__(
        self,
        limit: int = LIMIT,
        keep_for: float | None = None,
        *,
        restarts: bool = True,
        skip_first: bool = False,
    ) -> None:
        super().__init__(limit, keep_for)
        self.restarts = restarts
        self.skip_first = skip_first

    def take(
        self, key: Key, told: Numbers, written: Numbers, time: datetime | None = None
    ) -> Numbers | None:
        """Take a line's totals, less what is subtracted and as `written`; give what each grew by.

        `written` is empty where nothing restarts. None where nothing grew.
        """
        if self.keep_for is not None:
            self.pass_time(key, time)
        nothing = (None,) * len(told)
        before = self._entries.get(key)
        if before == (told, written):
            self.touch(key, before, time)
            return None
        counted, last = before or (nothing, (None,) * len(written))
        restarted = self.restarts and any(map(_fell, last, written))
        kept = list(counted)
        grown = _grow(nothing if restarted else counted, told, kept, skip_first=self.skip_first)
        latest = [old if now is None else now for old, now in zip(last, written, strict=True)]
        self.touch(key, (tuple(kept), tuple(latest)), time)
        return tuple(grown) if any(grown) else None

    def plain(self, value: tuple[Numbers, Numbers]) -> Plain:
        """Give totals as a checkpoint holds them."""
        return [_plain(part) for part in value]

    def value(self, plain: Plain) -> tuple[Numbers, Numbers]:
        """Take totals from a checkpoint."""
        counted, last = plain
        return tuple(_numbers(counted)), tuple(_numbers(last))


def _grow(
    base: Numbers, told: Numbers, kept: list[Number], *, skip_first: bool = False
) -> list[Number]:
    """Give by how much each number exceeds its base; put what is counted now into `kept`."""
    grown: list[Number] = []
    for place, now in enumerate(told):
        start = base[place]
        if now is None:
            grown.append(None)
        elif start is None:
            kept[place] = now
            grown.append(0 if skip_first else now)
        elif now > start:
            kept[place] = now
            grown.append(now - start)
        else:
            kept[place] = start
            grown.append(0)
    return grown


def _fell(before: Number, now: Number) -> bool:
    return before is not None and now is not None and now < before


def _plain(numbers: Numbers) -> Plain:
    """Whole numbers of more than 64 bits become texts."""
    return [
        str(number) if isinstance(number, int) and not -_LARGEST <= number < _LARGEST else number
        for number in numbers
    ]


def _numbers(plain: Iterable[Plain]) -> Iterable[Number]:
    return (int(number) if isinstance(number, str) else number for number in plain)
