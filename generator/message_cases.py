"""Cases for messages: one alert, an incident of several, one that is over, a bare one, a flood."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from generator.oncall_cases import Example, Firing, OnCallCase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Mapping as Map

    from generator.model import Model

_FLOOD = 12
_INCIDENT = 3
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_~|<>[]#"})
_ESCAPED: dict[str, Callable[[str], str]] = {
    "slack": lambda text: text.translate(_HTML),
    "msteams": lambda text: text.translate(_MARKS),
    "discord": lambda text: text.translate(_MARKS),
}
# Channels for telephones: no dashboards.
_SHORT = ("telegram", "pushover")


def message_cases(model: Model, fired: Sequence[Example]) -> Iterator[OnCallCase]:
    """Say what stands in the messages of every channel of every receiver."""
    if not fired:
        return
    incident = _incident(fired)
    bare = Example({"alertname": "SomethingElse", "severity": "critical"}, {})
    for receiver in model.oncall.receivers:
        for channel in dict.fromkeys(kind for kind, _ in receiver.channels if kind != "webhook"):
            where = f"{channel} of {receiver.name}"
            for title, alerts, says in (
                ("one alert", incident[:1], _whole(channel, incident[0])),
                ("an incident", incident, (_title(len(incident)), *_names(channel, incident))),
                ("an alert without labels", (bare,), ("SomethingElse",)),
                ("a flood", _flood(incident[0]), (f":{_FLOOD}]", f" of {_FLOOD} firing")),
            ):
                firing = tuple(Firing(a.labels, annotations=a.annotations) for a in alerts)
                message = (receiver.name, channel, says)
                yield OnCallCase(f"{title} in {where}", firing, message=message)
            over = Firing(incident[0].labels, annotations=incident[0].annotations, resolved=True)
            says = ("[RESOLVED]", _escape(channel, incident[0].annotations.get("summary", "")))
            message = (receiver.name, channel, tuple(filter(None, says)))
            yield OnCallCase(f"an alert that is over in {where}", (over,), message=message)


def _incident(fired: Sequence[Example]) -> tuple[Example, ...]:
    """Take alerts that one agent could have at once, or any."""
    of_agents = [example for example in fired if "agent" in example.labels] or list(fired)
    first = of_agents[0]
    alike = [_of(first, example) for example in of_agents]
    names = groupby(alike, key=lambda example: example.labels["alertname"])
    return tuple(next(examples) for _, examples in names)[:_INCIDENT]


def _of(first: Example, example: Example) -> Example:
    if "agent" not in first.labels:
        return example
    return Example({**example.labels, "agent": first.labels["agent"]}, example.annotations)


def _title(number: int) -> str:
    return f"[FIRING:{number}]" if number > 1 else "[FIRING]"


def _whole(channel: str, example: Example) -> tuple[str, ...]:
    """Say what the message of a lone alert holds: what, where, since when, how bad, where to go."""
    said = example.annotations
    texts = [
        f"[FIRING] {example.labels.get('severity', 'alert')}:",
        *(_escape(channel, said[name]) for name in ("summary", "description") if name in said),
        "2026-01-02 03:04:05 UTC",
        _linked(channel, said, "runbook_url"),
        "" if channel in _SHORT else _linked(channel, said, "dashboard_url"),
        _escape(channel, f"agent={example.labels['agent']}") if "agent" in example.labels else "",
    ]
    return tuple(filter(None, texts))


def _linked(channel: str, said: Map[str, str], name: str) -> str:
    address = said.get(name, "")
    return address.translate(_HTML) if channel == "slack" else address


def _names(channel: str, alerts: Sequence[Example]) -> tuple[str, ...]:
    said = (a.annotations.get("summary", a.labels["alertname"]) for a in alerts)
    return tuple(_escape(channel, text) for text in said)


def _flood(example: Example) -> tuple[Example, ...]:
    return tuple(
        Example({**example.labels, "place": f"{number:02}"}, example.annotations)
        for number in range(_FLOOD)
    )


def _escape(channel: str, text: str) -> str:
    return _ESCAPED.get(channel, str)(text)
