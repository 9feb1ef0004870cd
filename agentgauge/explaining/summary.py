"""Explanations summed up: by rule, by shape, by reason, by sample; each with an example."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from agentgauge.explaining.words import moved_plain, telling
from exporter.explaining.explanation import Explained, Left, Rejected
from exporter.mapping.engine import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from exporter.explaining.movements import Moved

MOST_SHAPES = 1000
"""Shapes that are told apart; those beyond are counted together."""

FEW = 20
"""Shapes and rejects that are printed; JSON has all."""

_MORE = Left("other shapes", "", "")


@dataclass(slots=True)
class _Row:
    """A count, and where the first of them was."""

    first: str
    count: int = 0
    applied: int = 0


@dataclass(slots=True)
class Summary:
    """The sum of some explanations. `rules` are all that there are, in their order."""

    source: str
    rules: tuple[str, ...]
    files: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    taken: dict[str, _Row] = field(default_factory=dict)
    left: dict[Left, _Row] = field(default_factory=dict)
    rejected: dict[tuple[str, str, str], _Row] = field(default_factory=dict)
    moved: dict[str, Moved] = field(default_factory=dict)

    def add(self, one: Explained) -> None:
        """Add what became of a record."""
        where = f"{one.file}:{one.line}" if one.line else ""
        if one.file:
            self.files.add(one.file)
        self.outcomes.update(one.outcomes)
        for taken in one.taken:
            row = self.taken.setdefault(taken.rule, _Row(where))
            row.count += taken.events
            row.applied += taken.applied
        for left in one.left:
            known = left in self.left or len(self.left) < MOST_SHAPES
            self.left.setdefault(left if known else _MORE, _Row(where)).count += 1
        for rejected in one.rejected:
            self._reject(rejected, where)
        for moved in one.moved:
            self._move(moved)

    def _move(self, moved: Moved) -> None:
        before = self.moved.get(moved.sample)
        if moved.value is None:
            self.moved.pop(moved.sample, None)
        elif moved.added and before is not None and before.value is not None:
            self.moved[moved.sample] = replace(moved, value=moved.value + before.value)
        else:
            self.moved[moved.sample] = moved

    def _reject(self, rejected: Rejected, where: str) -> None:
        key = (rejected.rule, rejected.reason, rejected.detail)
        if key not in self.rejected and len(self.rejected) >= MOST_SHAPES:
            key = (rejected.rule, rejected.reason, "")
        self.rejected.setdefault(key, _Row(where)).count += rejected.count

    def head(self) -> str:
        """Write how many events had which outcome."""
        many = "file" if len(self.files) == 1 else "files"
        told = {outcome: self.outcomes[outcome] for outcome in OUTCOMES if self.outcomes[outcome]}
        outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in told.items())
        return f"{self.source}, {len(self.files):,} {many}: {outcomes or 'nothing in it'}"

    def text(self) -> str:
        """Write it, for people."""
        parts = (self._rules(), self._left(), self._rejected(), self._moved())
        return "\n".join([self.head(), *(line for part in parts for line in part)])

    def plain(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {
            "source": self.source,
            "files": sorted(self.files),
            "outcomes": {outcome: self.outcomes[outcome] for outcome in OUTCOMES},
            "rules": [
                {
                    "rule": name, "events": row.count, "applied": row.applied, "first": row.first,
                }
                for name in self.rules
                if (row := self.taken.get(name, _Row("")))
            ],
            "left": [
                {
                    "shape": left.shape, "nearest": left.rule, "why": left.why,
                    "count": row.count, "first": row.first,
                }
                for left, row in _most(self.left)
            ],
            "rejected": [
                {
                    "rule": rule, "reason": reason, "detail": detail,
                    "count": row.count, "first": row.first,
                }
                for (rule, reason, detail), row in _most(self.rejected)
            ],
            "moved": [moved_plain(self.moved[sample]) for sample in sorted(self.moved)],
        }  # fmt: skip

    def _rules(self) -> Iterator[str]:
        rows = [(name, self.taken[name]) for name in self.rules if name in self.taken]
        width = max((len(name) for name, _ in rows), default=0)
        if rows:
            yield f"\n{'rules':<{width + 2}}     took  applied"
        for name, row in rows:
            first = f"  first {row.first}" if row.first else ""
            yield f"  {name:<{width}}  {row.count:>7,}  {row.applied:>7,}{first}"
        if never := [name for name in self.rules if name not in self.taken]:
            yield f"  no event for {', '.join(never)}"

    def _left(self) -> Iterator[str]:
        if self.left:
            yield "\nleft alone"
        for left, row in _most(self.left)[:FEW]:
            shape = left.shape or left.why
            yield f"  {row.count:>7,}  {shape}  first {row.first}"
            if left.rule:
                yield f"           nearest is {left.rule}: {left.why}"
        yield from _rest(self.left)

    def _rejected(self) -> Iterator[str]:
        if self.rejected:
            yield "\nrejected"
        for (rule, reason, detail), row in _most(self.rejected)[:FEW]:
            why = f": {detail}" if detail else ""
            first = f"  first {row.first}" if row.first else ""
            yield f"  {row.count:>7,}  {rule} {reason}{why}{first}"
        yield from _rest(self.rejected)

    def _moved(self) -> Iterator[str]:
        moved = telling(self.moved[sample] for sample in sorted(self.moved))
        if moved:
            yield "\nmoved"
        yield from (f"  {one}" for one in moved)


def _most(rows: dict[Any, _Row]) -> list[tuple[Any, _Row]]:
    return sorted(rows.items(), key=lambda pair: -pair[1].count)


def _rest(rows: Iterable[object]) -> Iterator[str]:
    more = len(list(rows)) - FEW
    if more > 0:
        yield f"  and {more:,} kinds more; --format json has them all"
