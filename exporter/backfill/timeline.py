"""Records of many streams in the order of their times, kept on disk until all are known."""

from __future__ import annotations

import math
import tempfile
from array import array
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEFORE_ALL = -math.inf
"""The time of what is no event: it only has to be counted."""

LONGEST_RUN = 256 * 1024
"""Bytes of records of one stream that are handed on together."""


class Steps:
    """Time in equal steps, in whole seconds; the last one ends at `until`."""

    def __init__(self, length: int, until: int) -> None:
        self.length = length
        self.until = until

    def end(self, time: float) -> int:
        """Give the end of the step in which a time is."""
        return min(math.ceil(time / self.length) * self.length, self.until)


class Run(NamedTuple):
    """Records of one stream that follow each other; `time` is that of the first."""

    time: float
    source: int
    stream: str
    data: bytes


class Timeline:
    """Takes records stream by stream, and gives them by time.

    Those of one stream keep their order, and so do records of the same time. What is told of a
    record is a few numbers; the records themselves are in a file without a name, which is gone
    with the program, however that ends.
    """

    def __init__(self, folder: Path, steps: Steps) -> None:
        """`folder` has room for all the records.

        Raises:
            OSError: nothing can be written there.
        """
        self.steps = steps
        self.bytes = 0
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by `close`)
        self._streams: list[tuple[int, str]] = []
        self._numbers: dict[tuple[int, str], int] = {}
        self._times = array("d")
        self._sizes = array("q")
        self._of = array("l")

    def add(self, time: float | None, source: int, stream: str, data: bytes, *, alone: bool) -> int:
        """Take records of a stream, not earlier than its last ones; give their place.

        Without a time, `date` must give one later. `alone`: they are not joined with others.

        Raises:
            OSError: there is no room for them.
        """
        number = self._numbers.setdefault((source, stream), len(self._streams))
        if number == len(self._streams):
            self._streams.append((source, stream))
        at = math.nan if time is None else time
        self._file.write(data)
        self.bytes += len(data)
        if not alone and self._goes_on(number, at):
            self._sizes[-1] += len(data)
        else:
            self._times.append(at)
            self._sizes.append(len(data))
            self._of.append(number)
        return len(self._times) - 1

    def _goes_on(self, number: int, at: float) -> bool:
        """Tell whether records follow those before them, in the same stream and step."""
        if not self._of or self._of[-1] != number or self._sizes[-1] > LONGEST_RUN:
            return False
        last = self._times[-1]
        if math.isnan(at) or math.isnan(last):
            return math.isnan(at) and math.isnan(last)
        return self.steps.end(at) == self.steps.end(last)

    def date(self, place: int, time: float | None) -> None:
        """Say when records happened that had no time; with None they are left out."""
        self._times[place] = math.inf if time is None else time

    def runs(self) -> Iterator[Run]:
        """Give all records by time. May be called again.

        Raises:
            OSError: they can't be read back.
        """
        starts = array("q", [0])
        for size in self._sizes:
            starts.append(starts[-1] + size)
        self._file.flush()
        for place in sorted(range(len(self._times)), key=self._times.__getitem__):
            if self._times[place] == math.inf:
                return
            self._file.seek(starts[place])
            data = self._file.read(self._sizes[place])
            yield Run(self._times[place], *self._streams[self._of[place]], data)

    def close(self) -> None:
        """Forget everything."""
        self._file.close()
