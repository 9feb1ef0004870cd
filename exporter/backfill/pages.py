"""Samples with times, written as OpenMetrics: a file a day, or less where there are many."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from exporter.store.exposition import head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec.model import Family

BLOCK = 2 * 60 * 60
"""Seconds of a block of Prometheus. Where files end, blocks end: so no two files give one block."""

DAY = 24 * 60 * 60

MOST = 1_000_000
"""Samples after which a file ends with the next block: they are held in memory until then."""

Rows: TypeAlias = "list[tuple[int, tuple[str, ...]]]"


@dataclass(slots=True)
class _Page:
    """What becomes a file: by family and by series, the times with a value for each sample.

    `start` is where its first block of Prometheus begins, `last` where its last one does.
    """

    start: int
    last: int
    samples: int = 0
    families: dict[str, tuple[Family, dict[tuple[str, ...], Rows]]] = field(default_factory=dict)

    def add(self, at: int, family: Family, heads: tuple[str, ...], values: tuple[str, ...]) -> None:
        _, series = self.families.setdefault(family.name, (family, {}))
        series.setdefault(heads, []).append((at, values))
        self.samples += len(values)

    def lines(self) -> Iterator[str]:
        """Write it: families by name, samples of one series together, in the order of time."""
        for _, (family, series) in sorted(self.families.items()):
            yield head(family, openmetrics=True)
            for heads, rows in sorted(series.items()):
                for at, values in rows:
                    for name, value in zip(heads, values, strict=True):
                        yield f"{name}{value} {at}\n"
        yield "# EOF\n"


class Pages:
    """Takes samples in the order of time, a step back at most, and writes them to files.

    A file has its name only when it is whole.
    """

    def __init__(self, folder: Path, since: float) -> None:
        """Samples before `since` (seconds since 1970) are not kept."""
        self.files: list[str] = []
        self.samples = 0
        self.first: int | None = None
        self.last: int | None = None
        self._folder = folder
        self._since = since
        self._page: _Page | None = None
        self._before: _Page | None = None

    def reach(self, at: int, earliest: int) -> None:
        """Go on to samples of this time; none comes any more that is older than `earliest`.

        Raises:
            OSError: a file can't be written.
        """
        page, block = self._page, at - at % BLOCK
        if page is None:
            self._page = _Page(earliest - earliest % BLOCK, block)
            return
        if self._before and earliest >= page.start:
            self._write(self._before)
            self._before = None
        full = page.samples > MOST and not self._before
        if block > page.last and (full or block // DAY > page.start // DAY):
            if self._before:
                self._write(self._before)
            self._before, self._page = page, _Page(block, block)
        else:
            page.last = block

    def add(self, at: int, family: Family, heads: tuple[str, ...], values: tuple[str, ...]) -> None:
        """Take a sample for each of a series' names, which end with a blank."""
        if at < self._since:
            return
        page = self._page
        if page is None or (self._before and at < page.start):
            page = self._before
        assert page is not None  # noqa: S101 (`reach` comes first)
        if family.type == "histogram":
            page.add(at, family, heads, values)
        else:  # of a stateset, states come to be one after the other
            for one, value in zip(heads, values, strict=True):
                page.add(at, family, (one,), (value,))
        self.first = at if self.first is None else min(self.first, at)
        self.last = at if self.last is None else max(self.last, at)

    def finish(self) -> None:
        """Write what is left.

        Raises:
            OSError: a file can't be written.
        """
        for page in (self._before, self._page):
            if page:
                self._write(page)
        self._before = self._page = None

    def _write(self, page: _Page) -> None:
        if not page.samples:
            return
        start = datetime.fromtimestamp(page.start, UTC)
        name = f"{start:%Y-%m-%dT%H}.om"
        path = self._folder / name
        unfinished = path.with_suffix(".part")
        with unfinished.open("w", encoding="utf-8") as file:
            file.writelines(page.lines())
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        self.files.append(name)
        self.samples += page.samples
