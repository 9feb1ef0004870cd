"""Alertmanager's configuration: routes, inhibitions, receivers, mute times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator.difference.change import Section, compare, leaves, named

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

_NAMED = {
    "receivers": "receivers",
    "time_intervals": "mute times",
    "mute_time_intervals": "mute times of old",
}


def oncall_sections(old: Json, new: Json) -> Iterator[Section]:
    """Compare two whole configurations."""
    yield Section("routes", tuple(compare(_routes(old), _routes(new), leaves)))
    were, are = (_inhibitions(config) for config in (old, new))
    yield Section("inhibitions", tuple(compare(were, are, leaves)))
    for key, title in _NAMED.items():
        were, are = (
            named((one["name"], one) for one in config.get(key, ())) for config in (old, new)
        )
        yield Section(title, tuple(compare(were, are, leaves)))
    told = {"route", "inhibit_rules", *_NAMED}
    were, are = ({"alertmanager.yml": _without(config, told)} for config in (old, new))
    yield Section("on-call", tuple(compare(were, are, leaves)))


def _routes(config: Json) -> Json:
    """Give every route of the tree by the way that an alert takes to it."""

    def below(route: Json, way: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
        here = (*way, ", ".join(route.get("matchers", ())) or "everything else") if way else ("",)
        yield " / ".join(filter(None, here)) or "default", _without(route, {"routes", "matchers"})
        for child in route.get("routes", ()):
            yield from below(child, here)

    return named(below(config["route"], ())) if "route" in config else {}


def _inhibitions(config: Json) -> Json:
    return named(
        (f"{_all(rule, 'source')} silences {_all(rule, 'target')}", {"equal": rule.get("equal")})
        for rule in config.get("inhibit_rules", ())
    )


def _all(rule: Json, side: str) -> str:
    return ", ".join(rule.get(f"{side}_matchers", ())) or "everything"


def _without(tree: Json, keys: set[str]) -> Json:
    return {key: value for key, value in tree.items() if key not in keys}
