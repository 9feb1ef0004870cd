"""On-call: receivers, routes, grouping and tests, every name looked up."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from spec.alertmanager import check_channels
from spec.model import Fired, Grouping, Matcher, OnCall, OnCallTest, Receiver, Route, Said
from spec.mute_times import read_mute_times
from spec.problems import nearest
from spec.reading import constants, duration, string, texts

if TYPE_CHECKING:
    from spec.node import Node
    from spec.reading import Reading

_ROUTE_LABELS = (
    ("severity", "severity"), ("category", "category"), ("alert", "alertname"), ("agent", "agent"),
    ("team", "team"),
)  # fmt: skip
NOBODY_NAME = "nobody"
_USUAL = Grouping(("fleet", "agent"), Fraction(30), Fraction(300), Fraction(14400))
NOBODY = OnCall((Receiver(NOBODY_NAME, ()),), (), NOBODY_NAME, _USUAL)


def read_oncall(node: Node | None, alerts: frozenset[str], version: str, into: Reading) -> OnCall:
    """Read who is told what by an Alertmanager of this version; without the section nobody is."""
    if node is None:
        return NOBODY
    receivers = node.get("receivers")
    names = tuple(name for name, _ in receivers.items()) if receivers else ()
    for name, entry in receivers.items() if receivers else ():
        _check_receiver(name, entry, receivers, version, into)
    default, routes = node.get("default"), node.get("routes")
    _known(default, names, into)
    mute_times = read_mute_times(node.get("mute_times"), into)
    grouping = _grouping(node.get("grouping"), _USUAL)
    reader = _Routes(names, tuple(time.name for time in mute_times), alerts, grouping, into)
    tests = node.get("tests")
    return OnCall(
        receivers=tuple(
            Receiver(name, _channels(entry), entry)
            for name, entry in (receivers.items() if receivers else ())
        ),
        routes=tuple(reader.route(route) for route in (routes.elements() if routes else [])),
        default=string(default),
        grouping=grouping,
        mute_times=mute_times,
        tests=tuple(reader.test(test) for test in (tests.elements() if tests else [])),
        origin=node,
    )


def _channels(node: Node) -> tuple[tuple[str, dict[str, Any]], ...]:
    return tuple(
        (kind, cast("dict[str, Any]", channel.plain()))
        for kind, channels in node.items()
        for channel in channels.elements()
        if isinstance(channel.value, dict)
    )


def _check_receiver(
    name: str, node: Node, receivers: Node | None, version: str, into: Reading
) -> None:
    if name == NOBODY_NAME and receivers:
        message = "is the receiver of alerts that go nowhere"
        into.problems.append(receivers.key_problem(name, message, "choose another name"))
    check_channels(node, version, into)
    webhooks = node.get("webhook")
    for webhook in webhooks.elements() if webhooks else []:
        given = [key for key in ("url", "url_file") if webhook.has(key)]
        if not given and isinstance(webhook.value, dict) and not into.meant(webhook, "url"):
            into.wrong(webhook, 'lacks "url"', "or url_file, where the address is a secret")
        elif len(given) > 1:
            into.problems.append(webhook.key_problem("url_file", "is one address too many"))


def _known(node: Node | None, receivers: tuple[str, ...], into: Reading) -> None:
    name = string(node)
    # Without any receiver the section was refused, or is missing.
    if node and receivers and into.lacks("oncall.receivers", name, receivers):
        into.wrong(node, f'there is no receiver "{name}"', nearest(name, receivers))


def _grouping(node: Node | None, usual: Grouping) -> Grouping:
    return Grouping(
        by=texts(node.get("by") if node else None) or usual.by,
        wait=duration(node.get("wait") if node else None, usual.wait),
        interval=duration(node.get("interval") if node else None, usual.interval),
        repeat=duration(node.get("repeat") if node else None, usual.repeat),
    )


class _Routes:
    """Reads what names receivers, mute times and alerts: routes, and the tests of them."""

    def __init__(
        self,
        receivers: tuple[str, ...],
        times: tuple[str, ...],
        alerts: frozenset[str],
        usual: Grouping,
        into: Reading,
    ) -> None:
        self.receivers = receivers
        self.times = times
        self.alerts = alerts
        self.usual = usual
        self.into = into

    def route(self, node: Node) -> Route:
        _known(node.get("to"), self.receivers, self.into)
        matchers = []
        for key, label in _ROUTE_LABELS:
            values = texts(node.get(key))
            if values:
                matchers.append(Matcher(label, values))
        self._alerts(node.get("alert"))
        if node.has("digest") and node.has("grouping"):
            hint = "leave one of them out"
            message = "does not go with digest, which groups a whole fleet"
            self.into.problems.append(node.key_problem("grouping", message, hint))
        grouping = node.get("grouping")
        return Route(
            where=(*matchers, *self.into.where(node.get("labels"), None)),
            to=string(node.get("to")),
            digest=string(node.get("digest")),
            carry_on=string(node.get("continue")) == "true",
            mute=self._times(node.get("mute")),
            active=self._times(node.get("active")),
            grouping=_grouping(grouping, self.usual) if grouping else None,
            origin=node,
        )

    def test(self, node: Node) -> OnCallTest:
        firing, message = node.get("firing"), node.get("message")
        if message:
            _known(message.get("receiver"), self.receivers, self.into)
        return OnCallTest(
            name=string(node.get("name")),
            firing=tuple(self._fired(part) for part in (firing.elements() if firing else [])),
            at=string(node.get("at")),
            message=_said(message) if message else None,
            origin=node,
        )

    def _fired(self, node: Node) -> Fired:
        self._alerts(node.get("alert"))
        labels = constants(node.get("labels"))
        if isinstance(node.value, dict) and not node.has("alert") and "alertname" not in labels:
            self.into.wrong(node, 'lacks "alert"', "or labels with an alertname")
        told = node.get("to")
        for name in told.elements() if told else []:
            _known(name, (*self.receivers, NOBODY_NAME), self.into)
        return Fired(
            alert=string(node.get("alert")),
            labels=labels,
            annotations=constants(node.get("annotations")),
            to=texts(told) if told else None,
            silenced=string(node.get("silenced")) == "true",
            resolved=string(node.get("resolved")) == "true",
        )

    def _alerts(self, node: Node | None) -> None:
        for part in node.elements() if node else []:
            name = string(part)
            if self.into.lacks("alerts", name, self.alerts):
                self.into.wrong(part, f'there is no alert "{name}"', nearest(name, self.alerts))

    def _times(self, node: Node | None) -> tuple[str, ...]:
        for part in node.elements() if node else []:
            name = string(part)
            if self.into.lacks("oncall.mute_times", name, self.times):
                hint = nearest(name, self.times) or "write it to oncall.mute_times"
                self.into.wrong(part, f'there is no mute time "{name}"', hint)
        return texts(node)


def _said(node: Node) -> Said:
    return Said(string(node.get("receiver")), string(node.get("channel")), texts(node.get("says")))
