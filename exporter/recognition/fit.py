"""How well a mapping fits events: what its rules take, and how much of what they read is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.explaining.conditions import Event, judge
from exporter.mapping.values import number
from spec.mapping import Path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from spec.mapping import EventRule, Field, Update
    from spec.mapping import Mapping as Preset


class Fit(NamedTuple):
    """How well a mapping fits events.

    `points` are, of each event, the places that its rules read and that are there, squared: one
    event in which all is found tells more than many that share a word. A number or a key that a
    rule needs and does not find costs a place. `taken` are the events that some rule took.
    """

    points: int
    taken: frozenset[int]


def fit(preset: Preset, file: str, events: Sequence[Mapping[str, Any]]) -> Fit:
    """Let a mapping's rules judge a log's first events."""
    names: dict[str, Any] = {"$file": file}
    points, taken = 0, set[int]()
    for place, fields in enumerate(events):
        event, found = Event(fields, names), dict[Path, None]()
        lacking = dict[str, None]()
        for rule in preset.events:
            turns = () if rule.abandoned else judge(rule, event).turns
            for turn in turns[:1]:
                found |= dict.fromkeys(p for p in _read(rule) if turn.at(p) is not None)
                lacking |= dict.fromkeys(_lacking(rule, turn))
                _remember(rule, turn, names)
        if found:
            found |= dict.fromkeys(path for path in _places(preset.time) if event.at(path))
            taken.add(place)
            points += max(len(found) - len(lacking), 0) ** 2
    return Fit(points, frozenset(taken))


def _remember(rule: EventRule, turn: Event, names: dict[str, Any]) -> None:
    told = {f"${name}": turn.first(of) for name, of in rule.remember.items()}
    names.update({name: value for name, value in told.items() if value is not None})


def _lacking(rule: EventRule, turn: Event) -> Iterator[str]:
    """Name the numbers, and the parts of keys, that a rule needs and does not find."""
    yield from (repr(update.of) for update in rule.updates if _lacks(update, turn))
    for memory in (rule.dedupe, rule.delta, rule.pair):
        for of, _ in memory.by.parts if memory else ():
            if turn.first(of) is None and any(_places(of)):
                yield repr(of)


def _lacks(update: Update, turn: Event) -> bool:
    """Tell whether a number that an update can't do without is not there."""
    optional = update.skip_absent or update.estimate_absent or update.table is not None
    if optional or not update.of or update.state is not None or update.time:
        return False
    return isinstance(number(turn.first(update.of)), str) and "$duration" not in {
        path.parts[0] for path in _places(update.of)
    }


def _read(rule: EventRule) -> Iterator[Path]:
    """Give the places in a line that a rule reads."""
    yield from (test.path for test in rule.when if not test.path.parts[0].startswith("$"))
    for label in rule.labels.values():
        yield from _places(label.of)
    for update in rule.updates:
        for of in (update.of, *update.minus, *(label.of for label in update.labels.values())):
            yield from _places(of)
    for memory in (rule.dedupe, rule.delta, rule.streak, rule.pair):
        for of, _ in memory.by.parts if memory else ():
            yield from _places(of)
    for of in rule.remember.values():
        yield from _places(of)


def _places(of: Field | Iterable[Path]) -> Iterator[Path]:
    yield from (part for part in of if isinstance(part, Path) and not part.parts[0].startswith("$"))
