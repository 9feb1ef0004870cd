"""What lines a mapping reads, and what each moves, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec.mapping import EventRule, Mapping, Test

_WORDS = {"above": "above", "below": "below", "at_least": "at least", "at_most": "at most"}


def event_types(mapping: Mapping) -> list[tuple[str, ...]]:
    """Give a row an event: its name, which lines it is, and the metrics that it moves."""
    return [(event.name, _lines(event), _moves(event)) for event in mapping.events]


def _lines(event: EventRule) -> str:
    if event.abandoned:
        return f"none: a {event.abandoned} that never ended"
    return ", ".join(_test(test) for test in event.when) or "any"


def _test(test: Test) -> str:
    place, no = f"`{'.'.join(test.path.parts)}`", "not " if test.negated else ""
    match test.op, test.operand:
        case "is", tuple() as values:
            return f"{place} {no}{' or '.join(f'`{value}`' for value in values)}"
        case "is", value:
            return f"{place} {no}`{value}`"
        case "exists", wanted:
            return place if bool(wanted) != test.negated else f"no {place}"
        case "matches", _:
            return f"{place} {no}of a pattern"
        case "differs_from_sum_of", _:
            return f"{place} {no}other than its parts"
        case op, bound:
            return f"{place} {no}{_WORDS[op]} {bound}"


def _moves(event: EventRule) -> str:
    names = [update.family.name for update in event.updates]
    if event.pair and event.pair.in_progress:
        names.append(event.pair.in_progress.name)
    if event.pair and not names:
        return f"the {event.pair.role} of a {event.pair.name}"
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names)) or "what later lines need"
