"""A source's mapping at work: takes blocks, keeps the series, tells what became of every line."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from exporter.formats import FORMATS
from exporter.mapping.compile import compile_abandoned, compile_events
from exporter.mapping.plan import make_plan
from exporter.mapping.runtime import Runtime
from exporter.model import LINE, Counts
from exporter.store.series import Now, SeriesBook, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from exporter.model import Block
    from spec.mapping import Mapping as Preset
    from spec.model import Family

# Blocks whose lines are counted by kind before the order of the tests is settled.
BLOCKS_TO_LEARN = 8
LAST_EVENT = "agent_last_event_timestamp_seconds"


class CompiledMapping:
    """The mappings of one source, compiled. Not thread-safe: the caller holds the series' lock."""

    def __init__(
        self,
        mappings: tuple[Preset, ...],
        families: Mapping[str, Family],
        *,
        born_at_zero: float = 0.0,
        now: Now | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Compile. `born_at_zero` is in seconds; see `exporter.store.series.SeriesBook`.

        `now` are gauges and states that are shared with other sources.
        """
        self.plan = make_plan(mappings)
        self.book = SeriesBook(clock, born_at_zero, now=now or Now())
        self._run = Runtime(self.plan, self.book, families.get(LAST_EVENT), clock)
        self._format = FORMATS[mappings[0].format](self.plan.tag_field, self.plan.shapes)
        self._kinds: Counter[str | None] = Counter()
        self._blocks_to_learn = BLOCKS_TO_LEARN if len(self.plan.branches) > 1 else 0
        self._compile()
        compile_abandoned(self.plan, self._run)
        self._lines: Counter[str] = Counter(applied=0, repeat=0, unmatched=0, rejected=0, blank=0)
        self._bytes = 0

    def apply(self, block: Block) -> None:
        """Take a block's lines, in order."""
        decoded = self._format.decode(block.data)
        apply = self._apply_built if decoded.built else self._apply
        applied, repeat, unmatched = apply(decoded.events, block.stream)
        if self._blocks_to_learn:
            self._learn(decoded.events)
        if decoded.built and self._format.widen():
            self._compile()
        lines = self._lines
        lines["applied"] += applied
        lines["repeat"] += repeat
        lines["unmatched"] += unmatched + decoded.unmatched
        lines["blank"] += decoded.blank
        self._bytes += len(block.data)
        for reason in decoded.rejected:
            self.reject(LINE, reason, 1)

    def _compile(self) -> None:
        """Write the rules as functions: one for what the decoder let in, one for all the rest."""
        self._apply_built, self.source = compile_events(
            self.plan, self._run, self._kinds, strict=False
        )
        self._apply = self._apply_built
        if self._format.strict:
            self._apply, self.source = compile_events(
                self.plan, self._run, self._kinds, strict=True
            )

    def _learn(self, events: list[object]) -> None:
        """Count kinds of lines; then compile once more: the frequent ones are tested first."""
        kinds = {branch.shape.struct: branch.tag for branch in self.plan.branches}
        self._kinds.update(kinds[type(event)] for event in events if type(event) in kinds)
        self._blocks_to_learn -= 1
        if not self._blocks_to_learn:
            self._compile()

    def reject(self, rule: str, reason: str, count: int) -> None:
        """Count what could not be read; a rejected line is a line too."""
        self._run.count_reject(rule, reason, count)
        if rule == LINE:
            self._lines["rejected"] += count

    def tick(self, now: float) -> None:
        """Give up starts that have waited too long for their ends.

        The source was read to its end: what comes from now on happens now, and is no history.
        """
        self.book.history = False
        for pairs in self._run.open_pairs.values():
            pairs.abandon_overdue(now)

    def finish(self) -> None:
        """Give up every start: nothing comes any more."""
        for pairs in self._run.open_pairs.values():
            pairs.abandon_overdue(None)

    def snapshot(self) -> Snapshot:
        """Project what the rules have gathered to series."""
        snapshot = Snapshot()
        for cells in self._run.cells.values():
            cells.project(snapshot)
        self.book.show(snapshot)
        return snapshot

    def counts(self) -> Counts:
        """Tell what became of the lines so far."""
        evictions: Counter[str] = Counter()
        for number, memory in self._run.memories.items():
            evictions[self.plan.rules[number].name] += memory.evicted
        for name, pairs in self._run.open_pairs.items():
            evictions[name] += pairs.evicted
        return Counts(
            dict(self._lines),
            dict(self._run.rejects),
            {name: count for name, count in evictions.items() if count},
            self._bytes,
            self._run.young_rejects(),
        )
