"""Explanations as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from exporter.explaining.explanation import Explained, Left, Rejected, Taken
    from exporter.explaining.movements import Moved

# It follows every event that is applied, and says nothing of a rule.
_LAST_EVENT = "agent_last_event_timestamp_seconds"
AT_THE_END = "at the end"


def record_text(one: Explained) -> str:
    """Write what became of a record, its first line as `log.jsonl:12: applied`."""
    where = f"{one.file}:{one.line}" if one.line else AT_THE_END
    lines = [f"{where}: {outcomes_text(one.outcomes) or 'rejected'}"] if one.line else [f"{where}:"]
    width = max((len(taken.rule) for taken in one.taken), default=0)
    lines += [f"  {taken.rule:<{width}}  {taken_text(taken)}" for taken in one.taken]
    for left, count in _counted(one.left).items():
        times = f" ({count} times)" if count > 1 else ""
        lines += [f"  {said}{times}" for said in left_text(left)]
    lines += [f"  rejected: {rejected_text(rejected)}" for rejected in one.rejected]
    lines += [f"  {moved}" for moved in telling(one.moved)]
    return "\n".join(lines)


def outcomes_text(outcomes: Mapping[str, int]) -> str:
    """Write `applied`, or `2 applied, 1 unmatched` where there are several events."""
    if list(outcomes.values()) == [1]:
        return next(iter(outcomes))
    return ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items())


def taken_text(taken: Taken) -> str:
    """Write whether a rule was applied, and why not."""
    if taken.applied == taken.events:
        return "applied" if taken.events == 1 else f"applied {taken.applied:,} times"
    if taken.applied:
        return f"applied {taken.applied:,} of {taken.events:,} times; {taken.why}"
    return taken.why


def left_text(left: Left) -> Iterator[str]:
    """Write how an event looks that no rule took, and what the nearest lacks."""
    if left.shape:
        yield left.shape
    yield f"nearest is {left.rule}: {left.why}" if left.rule else left.why


def rejected_text(rejected: Rejected) -> str:
    """Write what could not be used."""
    times = f" ({rejected.count:,} times)" if rejected.count > 1 else ""
    detail = f": {rejected.detail}" if rejected.detail else ""
    return f"{rejected.rule} {rejected.reason}{detail}{times}"


def telling(moved: Iterable[Moved]) -> list[Moved]:
    """Leave out what moved by nothing, and the time of the newest event."""
    return [
        one for one in moved
        if not (one.added and not one.value) and not one.sample.startswith(_LAST_EVENT)
    ]  # fmt: skip


def record_plain(one: Explained) -> dict[str, Any]:
    """Give what became of a record as JSON has it."""
    return {
        "file": one.file,
        "line": one.line,
        "outcomes": dict(one.outcomes),
        "rules": [taken_plain(taken) for taken in one.taken],
        "left": [left_plain(left) for left in one.left],
        "rejected": [rejected_plain(rejected) for rejected in one.rejected],
        "moved": [moved_plain(moved) for moved in one.moved],
    }


def taken_plain(taken: Taken) -> dict[str, Any]:
    """Give a rule that took events as JSON has it."""
    return {
        "rule": taken.rule, "events": taken.events, "applied": taken.applied, "why": taken.why,
    }  # fmt: skip


def left_plain(left: Left) -> dict[str, Any]:
    """Give an event that no rule took as JSON has it."""
    return {"shape": left.shape, "nearest": left.rule, "why": left.why}


def rejected_plain(rejected: Rejected) -> dict[str, Any]:
    """Give what could not be used as JSON has it."""
    return {
        "rule": rejected.rule, "reason": rejected.reason, "count": rejected.count,
        "detail": rejected.detail,
    }  # fmt: skip


def moved_plain(moved: Moved) -> dict[str, Any]:
    """Give a sample that moved as JSON has it."""
    value = None if moved.value is None else float(moved.value)
    return {"sample": moved.sample, "added" if moved.added else "set": value}


def _counted(left: Iterable[Left]) -> dict[Left, int]:
    counts: dict[Left, int] = {}
    for one in left:
        counts[one] = counts.get(one, 0) + 1
    return counts
