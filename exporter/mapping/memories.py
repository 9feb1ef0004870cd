"""All that the rules of a source remember, by names that last over restarts and reloads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from exporter.mapping.buckets import bucket_bounds
from exporter.mapping.cells import picker
from exporter.mapping.growth import Largest, Running
from exporter.mapping.memory import Memory
from exporter.mapping.pairs import Pairs
from exporter.mapping.remembered import Remembered
from exporter.mapping.repeats import Seen, Streaks
from exporter.mapping.signature import (
    dedupe_signature,
    delta_signature,
    pair_signature,
    remember_signature,
    settling_signature,
    streak_signature,
)
from exporter.mapping.unsettled import Settling
from spec.mapping import Bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.mapping.cells import Slot
    from exporter.mapping.ledger import Ledger
    from exporter.mapping.pairs import LevelOf
    from exporter.mapping.plan import Plan, Rule
    from exporter.store.label_text import Labels
    from exporter.store.series import Level
    from spec.mapping import Dedupe, Delta, Mapping, Pair, Streak
    from spec.model import Family

Kind = TypeVar("Kind", bound=Memory[Any])


@dataclass(slots=True)
class Memories:
    """The memories of one source. Each is made when it is first asked for, and stays the same.

    `clock` is the running time, `level` gives the gauge that counts open pairs.
    """

    plan: Plan
    clock: Callable[[], float]
    level: Callable[[Family, Labels], Level]
    named: dict[str, tuple[str, Memory[Any]]] = field(default_factory=dict)
    open_pairs: dict[str, Pairs] = field(default_factory=dict)
    unsettled: dict[str, Settling] = field(default_factory=dict)

    def seen(self, rule: Rule, dedupe: Dedupe) -> Seen:
        """Give the keys that a rule has seen."""
        bounds = dedupe.bounds
        fresh = Seen(bounds.limit, bounds.keep_for)
        return self._named(f"{rule.name}:dedupe", dedupe_signature(rule.event), fresh)

    def largest(self, rule: Rule, dedupe: Dedupe) -> Largest:
        """Give the largest numbers that a rule has seen."""
        bounds = dedupe.bounds
        fresh = Largest(bounds.limit, bounds.keep_for)
        return self._named(f"{rule.name}:dedupe", dedupe_signature(rule.event), fresh)

    def running(self, rule: Rule, delta: Delta) -> Running:
        """Give the running totals that a rule has seen."""
        fresh = Running(
            delta.bounds.limit,
            delta.bounds.keep_for,
            restarts=delta.restarts,
            skip_first=delta.skip_first,
        )
        return self._named(f"{rule.name}:delta", delta_signature(rule.event), fresh)

    def streaks(self, rule: Rule, streak: Streak) -> Streaks:
        """Give the runs of a rule."""
        fresh = Streaks(streak.at, streak.bounds.limit, streak.bounds.keep_for)
        return self._named(f"{rule.name}:streak", streak_signature(rule.event), fresh)

    def remembered(self, mapping: Mapping) -> Remembered:
        """Give what a mapping remembers of streams."""
        name = f"{mapping.name}:remember"
        return self._named(name, remember_signature(mapping), Remembered(Bounds().limit))

    def pairs(self, rule: Rule) -> Pairs:
        """Give the pairs that a rule starts, ends or gives up."""
        start = self.plan.start_of(rule)
        pair = start.event.pair
        assert pair is not None  # noqa: S101 (it is what a start has)
        name = f"{rule.mapping.name}.{pair.name}"
        if name not in self.open_pairs:
            fresh = Pairs(pair.within, self.clock, pair.limit, self._level_of(start, pair))
            signature = pair_signature(start, self.plan.ends_of(start))
            self.open_pairs[name] = self._named(f"{name}:pair", signature, fresh)
        return self.open_pairs[name]

    def settling(self, rule: Rule, slots: Sequence[Slot], ledger: Ledger) -> Settling:
        """Give the observations of a rule that are not final yet."""
        bounds = [bucket_bounds(slot.update) for slot in slots]
        fresh = Settling(slots, ledger, bounds, self.clock)
        signature = settling_signature(rule.event)
        kept = self._named(f"{rule.name}:settling", signature, fresh)
        self.unsettled[rule.name] = kept
        return kept

    def evicted(self) -> Counter[str]:
        """Count how many keys each rule, pair or mapping has forgotten so far."""
        counts: Counter[str] = Counter()
        for name, (_, memory) in self.named.items():
            counts[name.rpartition(":")[0]] += memory.evicted
        return counts

    def _named(self, name: str, signature: str, fresh: Kind) -> Kind:
        memory: Any = self.named.setdefault(name, (signature, fresh))[1]
        kept: Kind = memory
        return kept

    def _level_of(self, start: Rule, pair: Pair) -> LevelOf | None:
        """Make the function that gives the gauge of a start by the label values that it keeps."""
        family = pair.in_progress
        if family is None:
            return None
        names = list(start.event.labels)
        pick = picker([names.index(name) for name in family.labels])
        return lambda kept: self.level(family, pick(kept))
