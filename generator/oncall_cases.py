"""Cases for on-call: every alert's way, every inhibition with what it must leave alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.oncall_oracle import Oracle, inhibits, is_source, is_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Mapping as Map

    from generator.model import Inhibition, Model, Outranking
    from spec.model import Route

    Rule = Inhibition | Outranking


@dataclass(frozen=True, slots=True)
class Example:
    """An alert as it fires: the first that a case of its rule expects, with all of its labels."""

    labels: Map[str, str]
    annotations: Map[str, str]

    @property
    def title(self) -> str:
        """Its name and, where there are several of it, its severity."""
        return f"{self.labels['alertname']} ({self.labels.get('severity', 'no severity')})"


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert of a case, and what is expected of it; None: nothing."""

    labels: Map[str, str]
    to: Sequence[str] | None = None
    silenced: bool | None = None
    annotations: Map[str, str] | None = None
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class OnCallCase:
    """Alerts that fire together. `message` is (receiver, channel, what its message says)."""

    name: str
    firing: tuple[Firing, ...]
    at: str = ""
    message: tuple[str, str, tuple[str, ...]] | None = None


def examples(model: Model) -> tuple[Example, ...]:
    """Give one alert of each rule, as it fires in the rule's own tests."""
    found: dict[tuple[str, ...], Example] = {}
    for proven in model.alerts:
        name = proven.alert.name
        for case in proven.cases:
            for expected in case.expected:
                labels = {"alertname": name, **expected.labels}
                rule = tuple(labels.get(key, "") for key in ("alertname", "severity", "tier"))
                found.setdefault(rule, Example(labels, expected.annotations))
    return tuple(found.values())


def route_cases(model: Model, fired: Sequence[Example]) -> Iterator[OnCallCase]:
    """Say of each alert who is told, and find an alert for every route that got none."""
    oracle = Oracle(model)
    reached: list[Route | None] = []
    for example in fired:
        reached += oracle.taken(example.labels)
        yield _sent(oracle, example.title, example.labels)
    for route in (*model.oncall.routes, None):
        if not any(route is one for one in reached):
            labels = made_for(route, model.fleet)
            if any(route is one for one in oracle.taken(labels)):
                yield _sent(oracle, f"an alert of another origin{_of(route)}", labels)


def _sent(oracle: Oracle, title: str, labels: Map[str, str]) -> OnCallCase:
    to = oracle.told(labels)
    return OnCallCase(f"{title} is sent to {', '.join(to) or 'nobody'}", (Firing(labels, to),))


def made_for(route: Route | None, fleet: str) -> dict[str, str]:
    """Make labels that fit a route, or none at all."""
    labels = {"alertname": "SomethingElse", "fleet": fleet}
    for matcher in route.where if route else ():
        if not matcher.negated:
            labels[matcher.label] = matcher.values[0]
    return labels


def _of(route: Route | None) -> str:
    if route is None:
        return ""
    parts = (f"{m.label} {m.values[0]}" for m in route.where if not m.negated)
    return f" with {', '.join(parts)}" if route.where else ""


def inhibition_cases(model: Model, fired: Sequence[Example]) -> Iterator[OnCallCase]:
    """Show each inhibition at work, and for each label that must agree, one that does not."""
    oracle = Oracle(model)
    for rule in oracle.rules:
        pair = _clearest(_pairs(rule, fired, oracle))
        if pair is None:
            continue
        source, target, named = pair
        yield _both(oracle, f"{named} is silenced", source, target)
        for label in rule.equal:
            other = {**target, label: f"other-{target.get(label, '')}"}
            if not oracle.silenced(other, [source]):
                yield _both(oracle, f"{named} is told of another {label}", source, other)
            bare = {name: value for name, value in target.items() if name != label}
            if label != "fleet" and not oracle.silenced(bare, [source]):
                yield _both(oracle, f"{named} is told without {label}", source, bare)


def _clearest(
    pairs: Iterator[tuple[int, dict[str, str], dict[str, str], str]],
) -> tuple[dict[str, str], dict[str, str], str] | None:
    """Take the first pair that the fewest rules are about."""
    fewest, best = 0, None
    for ways, source, target, named in pairs:
        if best is None or ways < fewest:
            fewest, best = ways, (source, target, named)
        if ways == 1:
            break
    return best


def _pairs(
    rule: Rule, fired: Sequence[Example], oracle: Oracle
) -> Iterator[tuple[int, dict[str, str], dict[str, str], str]]:
    """Find alerts that a rule is about, and tell how many rules are about the two."""
    sources = [one for one in fired if is_source(rule, one.labels)]
    targets = [one for one in fired if is_target(rule, one.labels)]
    for source in sources:
        acting = oracle.of(source.labels)
        for target in targets:
            lent = {x: source.labels[x] for x in rule.equal if x in source.labels}
            aligned = {**target.labels, **{x: v for x, v in lent.items() if x in target.labels}}
            if source is not target and inhibits(rule, source.labels, aligned):
                ways = sum(inhibits(one, source.labels, aligned) for one in acting)
                yield ways, dict(source.labels), aligned, f"{target.title} beside {source.title}"


def _both(oracle: Oracle, name: str, source: Map[str, str], target: Map[str, str]) -> OnCallCase:
    alerts = (source, target)
    return OnCallCase(
        name,
        tuple(
            Firing(
                one, silenced=oracle.silenced(one, [other for other in alerts if other is not one])
            )
            for one in alerts
        ),
    )
