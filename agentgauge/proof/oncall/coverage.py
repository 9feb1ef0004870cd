"""What the cases reached: measured in what Alertmanager did, not in what the cases say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from agentgauge.proof.oncall.judge import receivers
from agentgauge.proof.oncall.messages import templated
from agentgauge.proof.oncall.report import Covered
from agentgauge.proof.oncall.worlds import routes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from agentgauge.proof.oncall.cases import Case
    from agentgauge.proof.oncall.messages import Rendered
    from agentgauge.proof.oncall.playing import Seen

_TEMPLATE = re.compile(r'\{\{-?\s*template\s+"([^"]+)"')
_MATCHER = re.compile(r"\s*(\w+)\s*(=~|!~|!=|=)\s*(.*?)\s*")


def telling(config: Mapping[str, Any]) -> dict[str, str]:
    """Give the receiver of each route, by the route's path, where it has a channel."""
    loud = {
        receiver["name"]
        for receiver in config.get("receivers") or ()
        if any(key.endswith("_configs") and value for key, value in receiver.items())
    }
    own = {path: route.get("receiver") for path, route in routes_of(config)}
    inherited = {path: _inherited(path, own) for path in own}
    return {path: name for path, name in inherited.items() if name in loud}


def _inherited(path: str, own: Mapping[str, str | None]) -> str:
    while own[path] is None:
        path = path.rpartition(".")[0]
    return own[path] or ""


def cover(
    config: Mapping[str, Any],
    cases: Sequence[Case],
    outcomes: Mapping[int, tuple[Seen, ...]],
    messages: Mapping[int, Rendered],
) -> tuple[Covered, ...]:
    """Count routes, receivers, inhibitions, mute times and templates, and those reached."""
    told = telling(config)
    everything = [one for seen in outcomes.values() for one in seen]
    reached = {path for one in everything for path in one.routes}
    heard = {name for one in everything for name in receivers(one, told)}
    routes = dict(routes_of(config))
    rules = {_rule_name(rule): rule for rule in config.get("inhibit_rules") or ()}
    at_work = {
        name
        for name, rule in rules.items()
        if any(_at_work(rule, case, outcomes[case.number]) for case in cases)
    }
    rendered = {name for one in messages.values() if not one.error for name in _templates(one.used)}
    every = _templates(text for _, text in templated(config.get("receivers") or [], ""))
    return (
        _covered("routes", {_route_name(p, r): p in reached for p, r in routes.items()}),
        _covered("receivers", {name: name in heard for name in told.values()}),
        _covered("inhibitions", {name: name in at_work for name in rules}),
        _covered("mute times", dict(_mute_times(routes, cases, outcomes))),
        _covered("templates", {name: name in rendered for name in every}),
    )


def _covered(what: str, reached: Mapping[str, bool]) -> Covered:
    lacking = tuple(name for name, is_reached in reached.items() if not is_reached)
    return Covered(what, len(reached) - len(lacking), len(reached), lacking)


def _route_name(path: str, route: Mapping[str, Any]) -> str:
    where = " ".join(route.get("matchers") or ()) or ("any" if path else "the rest")
    return f"{where} to {route.get('receiver', 'its parent')}"


def _rule_name(rule: Mapping[str, Any]) -> str:
    source, target = (" ".join(rule.get(f"{s}_matchers") or ()) for s in ("source", "target"))
    return f"{source} over {target}"


def _templates(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for text in texts for name in _TEMPLATE.findall(text)))


def _mute_times(
    routes: Mapping[str, Mapping[str, Any]],
    cases: Sequence[Case],
    outcomes: Mapping[int, tuple[Seen, ...]],
) -> Iterator[tuple[str, bool]]:
    """Give whether each use of a mute time was seen to mute, and to let through."""
    for path, route in routes.items():
        for key, word in (("mute_time_intervals", "mute"), ("active_time_intervals", "active")):
            if route.get(key):
                seen = [one for c in cases if c.at for one in outcomes[c.number]]
                took = [path in one.muted for one in seen if path in one.routes and not one.by]
                name = f"{word} {', '.join(route[key])} of {_route_name(path, route)}"
                yield name, len(set(took)) > 1


def _at_work(rule: Mapping[str, Any], case: Case, seen: tuple[Seen, ...]) -> bool:
    return any(
        _fits(rule.get("source_matchers"), case.firing[place].labels)
        and _fits(rule.get("target_matchers"), alert.labels)
        and all(
            case.firing[place].labels.get(label) == alert.labels.get(label)
            for label in rule.get("equal") or ()
        )
        for alert, one in zip(case.firing, seen, strict=True)
        for place in one.by
    )


def _fits(matchers: Iterable[str] | None, labels: Mapping[str, str]) -> bool:
    return all(_matches(matcher, labels) for matcher in matchers or ())


def _matches(matcher: str, labels: Mapping[str, str]) -> bool:
    found = _MATCHER.fullmatch(matcher)
    if found is None:
        return False
    name, operator, value = found.groups()
    wanted = json.loads(value) if value.startswith('"') else value
    have = labels.get(name, "")
    same = bool(re.fullmatch(wanted, have)) if operator.endswith("~") else wanted == have
    return same != operator.startswith("!")
