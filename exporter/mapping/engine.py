"""A source's mapping at work: takes blocks, moves the series, tells what became of every line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from exporter.formats import cutter_for, make_format
from exporter.mapping.cards import Prices
from exporter.mapping.compile import (
    compile_abandoned,
    compile_events,
    tells_streams_apart,
)
from exporter.mapping.plan import make_plan
from exporter.mapping.runtime import Runtime
from exporter.mapping.samples import Samples
from exporter.model import LINE
from spec.mapping import UNPRICED
from spec.prices import PriceList

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from exporter.mapping.ledger import Ledger
    from exporter.mapping.pairs import Pairs
    from exporter.model import Block, Noticed, Plain
    from spec.mapping import Mapping as Preset
    from spec.model import Family

# Blocks whose lines are counted by kind before the order of the tests is settled.
BLOCKS_TO_LEARN = 8
LAST_EVENT = "agent_last_event_timestamp_seconds"
OUTCOMES = ("applied", "repeat", "unmatched", "rejected", "blank")


class CompiledMapping:
    """The mappings of one source, compiled. Not thread-safe: one thread reads.

    What lines say is gathered in buffers; `drain` empties them into the series.
    """

    def __init__(
        self,
        mappings: tuple[Preset, ...],
        families: Mapping[str, Family],
        ledger: Ledger,
        clock: Callable[[], float],
        *,
        wrapped: str = "",
        prices: Prices | None = None,
    ) -> None:
        """Compile. `clock` is the running time: it ages what waits for an end.

        `wrapped` names the container runtime's envelope around the lines, if there is one. Without
        `prices` those of the shipped table hold.
        """
        self.plan = make_plan(mappings)
        self._ledger = ledger
        self._run = Runtime(
            self.plan,
            ledger,
            families.get(LAST_EVENT),
            clock,
            prices or Prices(PriceList()),
            families.get(UNPRICED),
        )
        self._format = make_format(mappings, wrapped, self.plan.tag_field, self.plan.shapes)
        self._by_line = mappings[0].format != "document" and not cutter_for(mappings[0], wrapped)
        self._kinds: Counter[str | None] = Counter()
        self._blocks_to_learn = BLOCKS_TO_LEARN if len(self.plan.branches) > 1 else 0
        self._compile()
        compile_abandoned(self.plan, self._run)
        self._lines: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        self._bytes = 0
        self._turns: Counter[str] = Counter()
        self.samples = Samples()

    @property
    def mixes(self) -> bool:
        """Whether lines of several streams may stand in one block."""
        return self._by_line and not tells_streams_apart(self.source)

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
        self.samples.take(decoded.samples)

    def _compile(self) -> None:
        """Write the rules as functions: one for what the decoder let in, one for all the rest."""
        self._run.memos.clear()
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

    def notice(self, noticed: Noticed) -> None:
        """Count what the source met besides lines."""
        for reject in noticed.rejects:
            self.reject(reject.rule, reject.reason, reject.count)
        self._turns["agentgauge_file_rotations_total"] += noticed.rotations
        self._turns["agentgauge_file_truncations_total"] += noticed.truncations

    def history_is_read(self) -> None:
        """What comes from now on is news: a series that it makes is shown at 0 first."""
        if self._ledger.history:
            for settling in self._run.unsettled:
                settling.settle_history()
            self.drain()  # What was read until here becomes series as history.
            self._ledger.history = False

    def tick(self, now: float) -> None:
        """Give up starts that have waited too long for their ends.

        The source was read to its end: what comes from now on happens now, and is no history.
        """
        self.history_is_read()
        for pairs in self._run.open_pairs.values():
            pairs.abandon_overdue(now)
        self.settle(now)

    def settle(self, now: float) -> None:
        """Observe what nothing new was told of for long enough."""
        for settling in self._run.unsettled:
            settling.settle(now)

    def finish(self) -> None:
        """Give up every start: nothing comes any more."""
        for pairs in self._run.open_pairs.values():
            pairs.abandon_overdue(None)
        for settling in self._run.unsettled:
            settling.settle_all()

    def open_pairs(self) -> Mapping[str, Pairs]:
        """Give the starts that wait for their ends, by pair."""
        return self._run.open_pairs

    def applied(self) -> dict[str, int]:
        """Count the events that each rule was applied to since the last drain, where it is kept."""
        return self._run.applied()

    def drain(self) -> None:
        """Empty what was gathered into the series."""
        self._run.drain()
        own, source = self._ledger.own, self._ledger.source
        for outcome, count in self._lines.items():
            own.add("agentgauge_lines_total", (source, outcome), count)
        own.add("agentgauge_bytes_total", (source,), self._bytes)
        for name, count in self._turns.items():
            own.add(name, (source,), count)
        self._turns.clear()
        for rule, count in self._run.evictions():
            own.add("agentgauge_evictions_total", (source, rule), count)
        self._lines = Counter(dict.fromkeys(OUTCOMES, 0))
        self._bytes = 0

    def forget_buffers(self) -> None:
        """Let go of series that may be no more. Call it when everything is drained."""
        self._run.clear_cells()

    def save(self, *, whole: bool) -> Plain:
        """Give what the rules remember, by name, with what defines each memory."""
        saved = {
            name: [signature, kept]
            for name, (signature, memory) in self._run.durable_memories().items()
            if (kept := memory.save(whole=whole)) is not None
        }
        return saved or None

    def restore(self, saved: Sequence[Plain]) -> None:
        """Take up what the rules remembered; a memory that is defined otherwise starts empty."""
        for name, (signature, memory) in self._run.durable_memories().items():
            parts = [part[name] for part in saved if name in part]
            if fitting := [kept for was, kept in parts if was == signature]:
                memory.restore(fitting)
        self._run.evictions()  # They were counted before.
