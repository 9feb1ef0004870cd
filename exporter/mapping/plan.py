"""Before code is written: which rules there are, what they read, and how lines are told apart."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from exporter.formats.shape import Shape
from spec.mapping import TOKENS, Const, EventRule, Field, Mapping, Path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.mapping import LabelRule, Update


Use: TypeAlias = Literal["leaf", "number", "amount", "time", "whole"]
"""As what a place is read: see `Shape`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An event rule with its place: `number` counts over all mappings of the source."""

    number: int
    mapping: Mapping
    event: EventRule

    @property
    def name(self) -> str:
        """The name under which the rule is counted."""
        return f"{self.mapping.name}.{self.event.name}"


@dataclass(frozen=True, slots=True)
class Branch:
    """The rules of one kind of line. `tag` is the kind, None where all lines are alike."""

    tag: str | None
    shape: Shape
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it: `tag_field` is the key that tells kinds of lines apart, None where none does."""

    rules: tuple[Rule, ...]
    tag_field: str | None
    branches: tuple[Branch, ...]
    abandoned: dict[str, tuple[Rule, ...]] = field(default_factory=dict)

    @property
    def shapes(self) -> dict[str | None, Shape]:
        """What is read of each kind of line."""
        return {branch.tag: branch.shape for branch in self.branches}

    def start_of(self, rule: Rule) -> Rule:
        """Find the rule that starts what this one ends or gives up; a start finds itself."""
        name = rule.event.pair.name if rule.event.pair else rule.event.abandoned
        return next(
            other for other in self._pairing(rule.mapping, "start") if _pair_of(other) == name
        )

    def ends_of(self, start: Rule) -> list[Rule]:
        """Find the rules that end what this one starts."""
        ends = self._pairing(start.mapping, "end")
        return [rule for rule in ends if _pair_of(rule) == _pair_of(start)]

    def _pairing(self, mapping: Mapping, role: str) -> list[Rule]:
        return [
            rule
            for rule in self.rules
            if rule.mapping is mapping and rule.event.pair and rule.event.pair.role == role
        ]


def _pair_of(rule: Rule) -> str | None:
    return rule.event.pair.name if rule.event.pair else None


def make_plan(mappings: tuple[Mapping, ...]) -> Plan:
    """Plan the mappings of one source, which all apply to every line."""
    every = [(mapping, _counting_once(event)) for mapping in mappings for event in mapping.events]
    rules = tuple(Rule(number, *pair) for number, pair in enumerate(every))
    on_lines = tuple(rule for rule in rules if rule.event.abandoned is None)
    abandoned: dict[str, tuple[Rule, ...]] = {}
    for rule in rules:
        if rule.event.abandoned is not None:
            pair = f"{rule.mapping.name}.{rule.event.abandoned}"
            abandoned[pair] = (*abandoned.get(pair, ()), rule)
    tag_field = _tag_field(on_lines)
    if tag_field is None:
        branches: tuple[Branch, ...] = (Branch(None, _shape(on_lines, None), on_lines),)
    else:
        kinds = {value: None for rule in on_lines for value in _tag_values(rule, tag_field)}
        of_kind = {
            kind: tuple(r for r in on_lines if kind in _tag_values(r, tag_field)) for kind in kinds
        }
        branches = tuple(Branch(k, _shape(r, tag_field), r) for k, r in of_kind.items())
    return Plan(rules, tag_field, branches, abandoned)


def _counting_once(event: EventRule) -> EventRule:
    """Make increments of their own of what counts once a key, though a key may come often."""
    if event.dedupe is None or event.dedupe.keep == "first":
        return event
    updates = (
        replace(update, verb="add") if update.verb == "inc" else update for update in event.updates
    )
    return replace(event, updates=tuple(updates))


def counts_once(update: Update) -> bool:
    """Tell whether an update adds 1 for every new key: it adds, and reads nothing."""
    return update.verb == "add" and not update.of


def estimates(event: EventRule) -> tuple[int, ...]:
    """Give the places of updates that may be estimated; all of an event share one card."""
    return tuple(
        place
        for place, update in enumerate(event.updates)
        if update.verb == "estimate" or update.estimate_absent
    )


def adds_tokens(update: Update) -> bool:
    """Tell whether an update adds tokens, which have a price."""
    return update.verb == "add" and update.family.name == TOKENS and bool(update.of)


def grows(event: EventRule) -> bool:
    """Tell whether numbers of the event are compared with those that were told before."""
    return event.delta is not None or (event.dedupe is not None and event.dedupe.keep == "max")


def _tag_field(rules: tuple[Rule, ...]) -> str | None:
    """Find the one key that every rule tests for equality."""
    common: set[str] | None = None
    for rule in rules:
        tested = {
            test.path.parts[0]
            for test in rule.event.when
            if test.op == "is" and not test.negated and len(test.path.parts) == 1
        }
        common = tested if common is None else common & tested
    usable = {key for key in common or () if not key.startswith("$")}
    looped = {name for rule in rules for name, _ in rule.event.each}
    return min(usable - looped, default=None)


def _tag_values(rule: Rule, tag_field: str) -> tuple[str, ...]:
    for number in implied(rule, tag_field):
        operand = rule.event.when[number].operand
        return operand if isinstance(operand, tuple) else ()
    return ()


def implied(rule: Rule, tag_field: str | None) -> tuple[int, ...]:
    """Number the test of a rule that its branch has answered already: none, or one."""
    return tuple(
        number
        for number, test in enumerate(rule.event.when)
        if tag_field is not None
        and test.path.parts == (tag_field,)
        and test.op == "is"
        and not test.negated
    )[:1]


def _shape(rules: tuple[Rule, ...], tag_field: str | None) -> Shape:
    """Gather all places that rules read, and as what."""
    root = Shape()
    for rule in rules:
        loops: dict[str, Shape] = {}
        for name, path in rule.event.each:
            loops[name] = walk(root, loops, path)
        for path in _texts(rule):
            _mark(root, loops, path, "leaf")
        for path in _paths_of(rule.event.streak.of if rule.event.streak else ()):
            _mark(root, loops, path, "whole")
        for path, use in _numbers(rule):
            _mark(root, loops, path, use)
        for path in _times(rule):
            _mark(root, loops, path, "time")
        for number, test in enumerate(rule.event.when):
            if number not in implied(rule, tag_field):
                as_text = test.op in ("is", "exists", "matches")
                _mark(root, loops, test.path, "leaf" if as_text else "number")
    return root


def _mark(root: Shape, loops: dict[str, Shape], path: Path, use: Use) -> None:
    place = find(root, loops, path, make=True)
    if place is not None:
        setattr(place, use, True)


def walk(root: Shape, loops: dict[str, Shape], path: Path) -> Shape:
    """Give the shape of the elements below a place."""
    place = find(root, loops, path, make=True) or Shape()
    if place.element is None:
        place.element = Shape()
    return place.element


def find(root: Shape, loops: dict[str, Shape], path: Path, *, make: bool = False) -> Shape | None:
    """Find a path's place; None for what is not in the line ($names, keys of elements)."""
    parts = path.parts
    if parts[0].startswith("$"):
        return None
    place, rest = (loops[parts[0]], parts[1:]) if parts[0] in loops else (root, parts)
    if rest[:1] == ("$key",):
        return None
    for part in rest:
        if part in ("$count", "*"):
            if place.element is None:
                place.element = Shape()
            if part == "$count":
                return None
            place = place.element
        else:
            if not make and part not in place.children:
                return None
            place = place.child(part)
    return place


def _texts(rule: Rule) -> Iterator[Path]:
    """Places that are read as texts."""
    event = rule.event
    keys = [m.by for m in (event.dedupe, event.delta, event.streak, event.pair) if m]
    for key in (*keys, *([rule.mapping.remember_by] if rule.mapping.remember_by else [])):
        for of, _ in key.parts:
            yield from _paths_of(of)
    for of in event.remember.values():
        yield from _paths_of(of)
    for label in read_labels(rule).values():
        yield from _paths_of(label.of)
    if rule.mapping.session:
        yield from _paths_of(rule.mapping.session.of)
    if rule.mapping.exemplar:
        yield from _paths_of(rule.mapping.exemplar[1])
    for update in event.updates:
        if update.state is not None:
            yield from _paths_of(update.state.of)
        elif update.table is not None:
            yield from _paths_of(update.of)


def _numbers(rule: Rule) -> Iterator[tuple[Path, Use]]:
    """Places that are read as numbers, each with how: `number` or `amount`."""
    if rule.mapping.time_unit is not None:
        yield from ((path, "number") for path in _paths_of(rule.mapping.time))
    for update in rule.event.updates:
        if update.state is not None or update.time or update.table is not None:
            continue
        plain = update.verb in ("add", "observe") and not update.minus and len(update.of) == 1
        for path in _paths_of(update.of):
            yield path, "amount" if plain else "number"
        for of in update.minus:
            yield from ((path, "number") for path in _paths_of(of))
    if rule.mapping.time_unit is not None:
        # Where a log writes its time as a number, other points in time will be numbers, too.
        yield from ((path, "number") for path in _instants(rule))
    for test in rule.event.when:
        if test.op == "differs_from_sum_of" and isinstance(test.operand, tuple):
            yield Path(test.operand), "number"


def _times(rule: Rule) -> Iterator[Path]:
    """Places that hold points in time, which the decoder reads faster than we could."""
    if rule.mapping.time_unit is None:
        yield from _paths_of(rule.mapping.time)
    yield from _instants(rule)


def _instants(rule: Rule) -> Iterator[Path]:
    for update in rule.event.updates:
        for of in (update.of, *update.minus) if update.time else ():
            yield from _paths_of(of)


def _paths_of(of: Field) -> Iterator[Path]:
    yield from (path for path in of if not isinstance(path, Const))


def used_labels(rule: Rule) -> tuple[str, ...]:
    """Name the labels of a rule that its updates, or the newest event of an agent, need."""
    updates = rule.event.updates
    wanted = {label for update in updates for label in update.family.labels}
    wanted.add("agent")
    return tuple(label for label in rule.event.labels if label in wanted)


def read_labels(rule: Rule) -> dict[str, LabelRule]:
    """Give the labels that a rule reads from the line itself, its updates' own included."""
    event = rule.event
    starts = event.pair is not None and event.pair.role == "start"
    needed = event.labels if starts else used_labels(rule)
    own = {name: event.labels[name] for name in needed if name not in event.kept}
    for number, update in enumerate(event.updates):
        own |= {f"{number} {name}": label for name, label in update.labels.items()}
        if update.price_tier is not None:
            own[f"{number} $tier"] = update.price_tier
    return own
