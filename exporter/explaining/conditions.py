"""The tests of a rule, answered one by one, with the words for why one does not hold.

Slow and plain, beside the compiled rules: what these leave alone fails a test here, too.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exporter.mapping.values import differs, elements, number, text
from spec.mapping import Const

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spec.mapping import EventRule, Field, Path, Test

LONGEST_SHOWN = 40
"""Characters of a value that are shown: names and kinds are no longer, prompts are."""

MOST_NAMED = 4
"""Values that a test asks for and that are named; the others are counted."""

_COMPARE = {
    "above": operator.gt, "below": operator.lt, "at_least": operator.ge, "at_most": operator.le,
}  # fmt: skip
_ORDER = {
    "above": "above", "below": "below", "at_least": "at least", "at_most": "at most",
}  # fmt: skip


@dataclass(slots=True)
class Event:
    """What rules can see: the fields, loops' elements and their keys, and what has a $name."""

    fields: Mapping[str, Any]
    names: Mapping[str, str]
    elements: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)

    def within(self, name: str, key: object, element: object) -> Event:
        """Give what can be seen in a turn of a loop."""
        return Event(
            self.fields, self.names, {**self.elements, name: element}, {**self.keys, name: key}
        )

    def at(self, path: Path) -> Any:  # noqa: ANN401 (whatever a log holds)
        """Read a place; None where nothing is."""
        head, *rest = path.parts
        if head.startswith("$"):
            return None if rest else self.names.get(head)
        if head in self.elements:
            if rest == ["$key"]:
                return self.keys[head]
            value = self.elements[head]
        else:
            value = self.fields.get(head)
        for part in rest:
            if part == "$count":
                return len(value) if isinstance(value, dict | list) else None
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def first(self, of: Field) -> Any:  # noqa: ANN401 (the same)
        """Read the first place that is there."""
        found = (part.text if isinstance(part, Const) else self.at(part) for part in of)
        return next((value for value in found if value is not None), None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule's tests make of an event.

    `turns` are the events that they let in: one for each turn of the rule's loops. Where there is
    none, `why` says what the first test was that failed, and `held` how many did before it.
    """

    turns: tuple[Event, ...]
    held: int
    why: str = ""


def judge(rule: EventRule, event: Event) -> Verdict:
    """Answer a rule's tests."""
    loops = {name for name, _ in rule.each}
    outer = [test for test in rule.when if test.path.parts[0] not in loops]
    inner = [test for test in rule.when if test.path.parts[0] in loops]
    for held, test in enumerate(outer):
        if not holds(test, event):
            return Verdict((), held, why_not(test, event))
    every = tuple(_turns(rule, event))
    if not every:
        of = " or ".join(shown(path) for _, path in rule.each)
        return Verdict((), len(outer), f"`{of}` has no elements")
    judged = [_judge_turn(inner, turn) for turn in every]
    held = len(outer) + max(count for count, _ in judged)
    fitting = tuple(turn for turn, (_, why) in zip(every, judged, strict=True) if not why)
    why = "" if fitting else max(judged, key=lambda pair: pair[0])[1]
    return Verdict(fitting, held, why)


def _turns(rule: EventRule, event: Event) -> Iterator[Event]:
    turns = [event]
    for name, path in rule.each:
        turns = [
            turn.within(name, key, one) for turn in turns for key, one in elements(turn.at(path))
        ]
    yield from turns


def _judge_turn(tests: list[Test], turn: Event) -> tuple[int, str]:
    for held, test in enumerate(tests):
        if not holds(test, turn):
            return held, why_not(test, turn)
    return len(tests), ""


def holds(test: Test, event: Event) -> bool:
    """Answer one test."""
    return _answer(test, event) != test.negated


def _answer(test: Test, event: Event) -> bool:
    operand: Any = test.operand
    value = event.at(test.path)
    if test.op == "is":
        return text(value) in operand
    if test.op == "exists":
        return (value is not None) is operand
    if test.op == "matches":
        return isinstance(value, str) and re.search(operand, value) is not None
    if test.op == "differs_from_sum_of":
        return differs(value, _parts(operand, event))
    read = number(value)
    return not isinstance(read, str) and bool(_COMPARE[test.op](read, operand))


def _parts(parts: tuple[str, ...], event: Event) -> Iterator[object]:
    """Read `a.*.b` in every element of a."""
    at = parts.index("*")
    for _, element in elements(_walk(event, parts[:at])):
        value = element
        for part in parts[at + 1 :]:
            value = value.get(part) if isinstance(value, dict) else None
        yield value


def _walk(event: Event, parts: tuple[str, ...]) -> object:
    head, *rest = parts
    value = event.elements[head] if head in event.elements else event.fields.get(head)
    for part in rest:
        value = value.get(part) if isinstance(value, dict) else None
    return value


# ---- words --------------------------------------------------------------------------------------


def shown(path: Path) -> str:
    """Write a place nearly as a mapping does: keys with dots have no quotes."""
    return ".".join(path.parts)


def sort_of(value: object) -> str:
    """Say of what sort a value is, and nothing of what it says."""
    for kinds, word in (
        (type(None), "not there"), (bool, "a truth value"), (str, "a text"),
        (int | float, "a number"), (list, "a list"),
    ):  # fmt: skip
        if isinstance(value, kinds):
            return word
    return "an object"


def _told(value: object) -> str:
    """Show a short value; of any other only its sort."""
    told = text(value)
    if told is None or len(told) > LONGEST_SHOWN or not told.isprintable():
        return sort_of(value)
    return f"`{told}`"


def why_not(test: Test, event: Event) -> str:
    """Say why a test does not hold. Values are shown only where a rule compares them."""
    place, value = f"`{shown(test.path)}`", event.at(test.path)
    if test.op == "exists":
        there = bool(test.operand) is not test.negated
        return f"{place} is {'not ' if there else ''}there"
    if value is None and not test.negated:
        return f"{place} is not there"
    return f"{place} {_WHY.get(test.op, _compared)(test, value)}"


def _another(test: Test, value: object) -> str:
    if test.negated:
        return f"is {_told(value)}"
    wanted = test.operand if isinstance(test.operand, tuple) else ()
    return f"is {_told(value)}, not {_either(wanted)}"


def _not_found(test: Test, value: object) -> str:  # noqa: ARG001 (it may be a prompt)
    return f"{'matches' if test.negated else 'does not match'} `{_cut(str(test.operand))}`"


def _summed(test: Test, value: object) -> str:
    if isinstance(number(value), str):
        return f"is {sort_of(value)}, not a number"
    parts = ".".join(test.operand) if isinstance(test.operand, tuple) else ""
    return f"{'is not' if test.negated else 'is'} the sum of `{parts}`"


def _compared(test: Test, value: object) -> str:
    if isinstance(number(value), str):
        return f"is {sort_of(value)}, not a number"
    return f"is {_told(value)}, {'' if test.negated else 'not '}{_ORDER[test.op]} {test.operand}"


_WHY = {"is": _another, "matches": _not_found, "differs_from_sum_of": _summed}


def _either(wanted: tuple[str, ...]) -> str:
    named = [f"`{_cut(one)}`" for one in wanted[:MOST_NAMED]]
    more = len(wanted) - len(named)
    if more:
        return f"{', '.join(named)} or one of {more} more"
    return " or ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)


def _cut(told: str) -> str:
    return told if len(told) <= LONGEST_SHOWN else f"{told[:LONGEST_SHOWN]}…"
