"""The configuration that the cases run on: theirs, but nobody is woken and no case sees another.

- Every route has a receiver of its own, so that Alertmanager's answer names the route.
- Every alert carries its case's number, on which all inhibitions must agree.
- The tree of routes is there once for each time that is played, with the mute times turned; alerts
  of other cases find one without mute times.
- One more inhibition tells when all alerts have arrived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentgauge.proof.oncall.clock import read_time, turned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

CASE, PLAYED, BARRIER = "agentgauge_case", "agentgauge_played", "agentgauge_barrier"

_TIMES = ("mute_time_intervals", "active_time_intervals")
_KEPT = ("matchers", "match", "match_re", "continue")


def routes_of(config: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each route with its path: "" is the root, `0.2` the third below the first."""
    pending = [("", config["route"])]
    while pending:
        path, route = pending.pop()
        yield path, route
        for number, child in enumerate(route.get("routes") or ()):
            pending.append((f"{path}.{number}" if path else str(number), child))


def derived(
    config: Mapping[str, Any], times: Mapping[str, str], recorder: str, now: datetime
) -> dict[str, Any]:
    """Derive the configuration. `times` are those to play, each with its key; see `PLAYED`."""
    root = config["route"]
    worlds = [
        {"matchers": [f'{PLAYED}="{key}"'], **_world(root, key, "")}
        for key in ("", *times.values())
    ]
    played = [
        {
            "name": f"{key} {interval['name']}",
            "time_intervals": [
                turned(one, read_time(at), now) for one in interval["time_intervals"]
            ],
        }
        for at, key in times.items()
        for interval in _intervals(config)
    ]
    paths = [path for path, _ in routes_of(config)]
    return {
        "route": {
            "receiver": "none",
            "group_by": ["..."],
            "group_wait": "0s",
            "group_interval": "1h",
            "repeat_interval": "1h",
            "routes": worlds,
        },
        "time_intervals": played,
        "inhibit_rules": [
            *(
                {**rule, "equal": [*(rule.get("equal") or ()), CASE]}
                for rule in config.get("inhibit_rules") or ()
            ),
            {
                "source_matchers": [f'{BARRIER}="source"'],
                "target_matchers": [f'{BARRIER}="target"'],
            },
        ],
        "receivers": [
            {"name": "none"},
            *({"name": f"/{path}"} for path in paths),
            *(
                {"name": f"{key}/{path}", "webhook_configs": [{"url": recorder}]}
                for key in times.values()
                for path in paths
            ),
        ],
    }


def _world(route: Mapping[str, Any], key: str, path: str) -> dict[str, Any]:
    spelled: dict[str, Any] = {name: route[name] for name in _KEPT if name in route}
    spelled["receiver"] = f"{key}/{path}"
    for name in _TIMES:
        if key and route.get(name):
            spelled[name] = [f"{key} {time}" for time in route[name]]
    spelled["routes"] = [
        _world(child, key, f"{path}.{number}" if path else str(number))
        for number, child in enumerate(route.get("routes") or ())
    ]
    return spelled


def _intervals(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*(config.get("time_intervals") or ()), *(config.get("mute_time_intervals") or ())]
