"""Which samples there are: of what changed at once, of everything often enough to be seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.backfill.pages import Pages
    from spec.model import Family

BEAT = 120
"""Seconds between samples of what does not change. Prometheus looks back five minutes for the
value of a moment, and needs two samples in a window: in each five minutes there are two.
"""

AWAKE = 24 * 60 * 60
"""Seconds after the last event until which there are samples of what does not change."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a scrape would see of a series: the names of its samples, each with a blank, and values.

    `key` tells it from other series, and is the same at all times.
    """

    key: object
    family: Family
    heads: tuple[str, ...]
    values: tuple[str, ...]


def seen(key: object, family: Family, lines: Iterable[str]) -> Seen:
    """Part the lines of a series."""
    pairs = [line.rpartition(" ") for line in lines]
    heads = tuple(f"{name} " for name, _, _ in pairs)
    return Seen(key, family, heads, tuple(value for _, _, value in pairs))


@dataclass(slots=True)
class _Track:
    """What was written last of a series, and when."""

    seen: Seen
    at: int


class Sampler:
    """Writes samples of series as time goes on, as scrapes would have seen them.

    A series that changes has a sample just before, a step earlier, so that the change is in its
    own step, however long nothing happened. A counter or histogram that is new begins with 0 there.
    """

    def __init__(self, pages: Pages, step: int) -> None:
        """`step` is in seconds."""
        self._pages = pages
        self._step = step
        self._tracks: dict[object, _Track] = {}
        self.beat_every = max(1, BEAT // step) * step

    @property
    def series(self) -> int:
        """How many series there are, those of histograms as one."""
        return len(self._tracks)

    def take(self, at: int, moved: Iterable[Seen]) -> None:
        """Write what moved in the step that ends at `at`.

        Raises:
            OSError: a file can't be written.
        """
        before = at - self._step
        self._pages.reach(at, before)
        for now in moved:
            track = self._tracks.get(now.key)
            if track is None:
                track = self._tracks[now.key] = _Track(now, at)
                if now.family.type in ("counter", "histogram"):
                    self._add(before, replace(now, values=("0.0",) * len(now.values)))
            elif (track.seen.heads, track.seen.values) == (now.heads, now.values):
                continue
            elif track.at < before:
                self._add(before, track.seen)
            track.seen, track.at = now, at
            self._add(at, now)

    def _add(self, at: int, what: Seen) -> None:
        self._pages.add(at, what.family, what.heads, what.values)

    def beat(self, after: int, until: int) -> None:
        """Write what did not change between two times, now and then.

        Raises:
            OSError: a file can't be written.
        """
        every = self.beat_every
        for at in range(after - after % every + every, until, every):
            self.all_at(at)

    def all_at(self, at: int) -> None:
        """Write all series that have no sample at this time yet.

        Raises:
            OSError: a file can't be written.
        """
        self._pages.reach(at, at - self._step)
        for track in self._tracks.values():
            if track.at < at:
                self._add(at, track.seen)
                track.at = at

    def forget(self) -> None:
        """Write no more of gauges that have expired."""
        for key in [key for key in self._tracks if not getattr(key, "attached", True)]:
            del self._tracks[key]
