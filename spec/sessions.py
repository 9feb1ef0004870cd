"""Sessions: what the spec says of them, and which families a mapping that tells them feeds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spec.model import TopSessions
from spec.read_fields import read_label
from spec.reading import duration, integer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spec.mapping import EventRule, LabelRule, Mapping
    from spec.model import Source
    from spec.node import Node
    from spec.reading import Reading

SESSIONS_TOTAL = "agent_sessions_total"
TOKENS, COST = "agent_session_tokens", "agent_session_cost_usd"
DURATION = "agent_session_duration_seconds"
FAMILIES = (SESSIONS_TOTAL, TOKENS, COST, DURATION)
"""What no rule moves: the head's `session` does."""

_SUMMED = {"agent_token_usage_total": TOKENS, "agent_cost_usd_total": COST}


def read_top_sessions(node: Node | None) -> TopSessions:
    """Read how many sessions are shown, and for how long."""
    usual = TopSessions()
    if node is None:
        return usual
    return TopSessions(
        keep=integer(node.get("keep"), usual.keep), age=duration(node.get("for"), usual.age)
    )


def read_session(node: Node | None, into: Reading) -> LabelRule | None:
    """Read what tells sessions apart. Where a line does not say it, its event has no session."""
    if node is None:
        return None
    rule = read_label(node, into)
    return rule if node.get("absent") else replace(rule, absent="")


def check_session(node: Node | None, events: Iterable[EventRule], into: Reading) -> None:
    """Note sessions that nobody can be told of: they are shown by agent."""
    if node is not None and not any("agent" in event.labels for event in events):
        into.wrong(node, "is of no use: no event has a label agent", "add it under labels")


def without_sessions(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Give sources whose mappings tell no sessions apart."""
    return tuple(
        replace(source, mappings=tuple(replace(one, session=None) for one in source.mappings))
        for source in sources
    )


def fed_by_sessions(mapping: Mapping) -> Iterator[str]:
    """Name the families of sessions that a mapping feeds."""
    if mapping.session is None:
        return
    named = [event for event in mapping.events if "agent" in event.labels and not event.abandoned]
    if named:
        yield SESSIONS_TOTAL
        if mapping.time:
            yield DURATION
    for update in (update for event in named for update in event.updates):
        if update.family.name in _SUMMED:
            yield _SUMMED[update.family.name]
