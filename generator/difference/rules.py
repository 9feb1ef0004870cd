"""Alerts and recordings: which came, which went, and what of the others is different."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator.difference.change import Section, compare, from_to, named
from generator.difference.expressions import expression_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Json = dict[str, Any]

_TIMES = ("for", "keep_firing_for")


def rule_sections(old: Iterable[Json], new: Iterable[Json]) -> Iterator[Section]:
    """Compare the groups of all rule files."""
    groups = tuple(old), tuple(new)
    were, are = (_rules(side, "alert") for side in groups)
    yield Section("alerts", tuple(compare(were, are, _alert, shown=_new_alert)))
    were, are = (_rules(side, "record") for side in groups)
    yield Section("recordings", tuple(compare(were, are, _recording, shown=_new)))
    before, after = ({group["name"]: group for group in side} for side in groups)
    both = before.keys() & after.keys()
    before, after = (
        {name: side[name] for name in side if name in both} for side in (before, after)
    )
    yield Section("groups", tuple(compare(before, after, _group)))


def _rules(groups: Iterable[Json], kind: str) -> Json:
    """Give the rules of a kind by name; an alert of tiers is one rule each."""
    return named(
        (f"{rule[kind]} {rule.get('labels', {}).get('tier', '')}".strip(), rule)
        for group in groups
        for rule in group.get("rules", ())
        if kind in rule
    )


def _new_alert(rule: Json) -> Iterator[str]:
    yield f"severity: {rule.get('labels', {}).get('severity', 'none')}"
    yield from _new(rule)
    yield from (f"{key}: {rule[key]}" for key in _TIMES if key in rule)


def _new(rule: Json) -> Iterator[str]:
    yield f"expression: {' '.join(rule['expr'].split())}"


def _alert(old: Json, new: Json) -> Iterator[str]:
    yield from expression_changes(old["expr"], new["expr"])
    for key in _TIMES:
        yield from from_to(key, old.get(key, "0s"), new.get(key, "0s"))
    yield from _labels(old, new)
    were, are = old.get("annotations", {}), new.get("annotations", {})
    for key in dict.fromkeys([*were, *are]):
        if were.get(key) != are.get(key):
            yield f"{key}: text changed"


def _recording(old: Json, new: Json) -> Iterator[str]:
    yield from expression_changes(old["expr"], new["expr"])
    yield from _labels(old, new)


def _labels(old: Json, new: Json) -> Iterator[str]:
    were, are = old.get("labels", {}), new.get("labels", {})
    for key in dict.fromkeys([*were, *are]):
        yield from from_to(key, were.get(key), are.get(key))


def _group(old: Json, new: Json) -> Iterator[str]:
    for key in dict.fromkeys([*old, *new]):
        if key != "rules":
            yield from from_to(key, old.get(key), new.get(key))
