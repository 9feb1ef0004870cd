"""On-call: receivers, routes and grouping, every name looked up."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from spec.model import Grouping, Matcher, OnCall, Receiver, Route
from spec.problems import nearest
from spec.reading import duration, string, texts

if TYPE_CHECKING:
    from spec.node import Node
    from spec.reading import Reading

_ROUTE_LABELS = (("severity", "severity"), ("category", "category"), ("alert", "alertname"))
_USUAL = Grouping(("alertname", "fleet"), Fraction(30), Fraction(300), Fraction(14400))
NOBODY = OnCall((Receiver("nobody", ()),), (), "nobody", _USUAL)


def read_oncall(node: Node | None, alerts: frozenset[str], into: Reading) -> OnCall:
    """Read who is told what; without the section nobody is."""
    if node is None:
        return NOBODY
    receivers = node.get("receivers")
    names = [name for name, _ in receivers.items()] if receivers else []
    default = node.get("default")
    _known(default, names, into)
    routes = node.get("routes")
    grouping = node.get("grouping")
    usual = NOBODY.grouping
    return OnCall(
        receivers=tuple(
            Receiver(name, _channels(entry), entry)
            for name, entry in (receivers.items() if receivers else ())
        ),
        routes=tuple(
            _route(route, names, alerts, into) for route in (routes.elements() if routes else [])
        ),
        default=string(default),
        grouping=Grouping(
            by=texts(grouping.get("by") if grouping else None) or usual.by,
            wait=duration(grouping.get("wait") if grouping else None, usual.wait),
            interval=duration(grouping.get("interval") if grouping else None, usual.interval),
            repeat=duration(grouping.get("repeat") if grouping else None, usual.repeat),
        ),
    )


def _channels(node: Node) -> tuple[tuple[str, dict[str, Any]], ...]:
    return tuple(
        (kind, cast("dict[str, Any]", channel.plain()))
        for kind, channels in node.items()
        for channel in channels.elements()
        if isinstance(channel.value, dict)
    )


def _known(node: Node | None, receivers: list[str], into: Reading) -> None:
    name = string(node)
    # Without any receiver the section was refused, or is missing.
    if node and receivers and into.lacks("oncall.receivers", name, receivers):
        into.wrong(node, f'there is no receiver "{name}"', nearest(name, receivers))


def _route(node: Node, receivers: list[str], alerts: frozenset[str], into: Reading) -> Route:
    _known(node.get("to"), receivers, into)
    matchers = []
    for key, label in _ROUTE_LABELS:
        values = texts(node.get(key))
        if values:
            matchers.append(Matcher(label, values))
    alert = node.get("alert")
    for name in alert.elements() if alert else []:
        if into.lacks("alerts", string(name), alerts):
            into.wrong(name, f'there is no alert "{name.text()}"', nearest(string(name), alerts))
    return Route(
        where=(*matchers, *into.where(node.get("labels"), None)),
        to=string(node.get("to")),
        digest=string(node.get("digest")),
        carry_on=string(node.get("continue")) == "true",
        origin=node,
    )
