"""On-call, decided: where the watchdog's alert goes, and what silences what."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from generator.model import Inhibition, Outranking
from spec.model import Absent, Grouping, Increase, Matcher, Receiver, Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.model import ProvenAlert
    from spec.model import Alert, OnCall, Spec

WATCHDOG = "Watchdog"
"""The alert that always fires: whoever hears it no more knows that alerting itself is broken."""

WATCHDOG_RECEIVER, NOBODY = "watchdog", "nobody"

# A dead man's switch wants to hear from us all the time.
_HEARTBEAT = Grouping(("fleet",), Fraction(0), Fraction(60), Fraction(300))
# Where these are gone, nothing is known of the fleet.
_LIFELINES = ("up", "agentgauge_build_info")


def on_call(spec: Spec) -> OnCall:
    """Give who is told what; the watchdog's alert never goes where people read.

    It goes to the receiver `watchdog`, to nobody where there is none, or where a route names it.
    """
    oncall = spec.oncall
    watched = any(alert.name == WATCHDOG for alert in spec.alerts)
    if not watched or any(_names(route, WATCHDOG) for route in oncall.routes):
        return oncall
    here = Matcher("alertname", (WATCHDOG,))
    if any(receiver.name == WATCHDOG_RECEIVER for receiver in oncall.receivers):
        route = Route((here,), WATCHDOG_RECEIVER, grouping=_HEARTBEAT)
        return replace(oncall, routes=(route, *oncall.routes))
    if oncall.default == NOBODY:
        return oncall
    return replace(
        oncall,
        receivers=(*oncall.receivers, Receiver(NOBODY, ())),
        routes=(Route((here,), NOBODY), *oncall.routes),
    )


def _names(route: Route, alert: str) -> bool:
    return any(m.label == "alertname" and alert in m.values for m in route.where)


def without_lifeline(alerts: tuple[Alert, ...]) -> Iterator[Inhibition]:
    """What lies while the exporter is down: alerts that fire because series are absent."""
    for source in alerts:
        if not _is_lifeline(source):
            continue
        for target in alerts:
            told_already = target.name in source.inhibits
            if _lies_by_absence(target) and not _is_lifeline(target) and not told_already:
                yield Inhibition(source.name, target.name, shared_labels(source, target))


def _is_lifeline(alert: Alert) -> bool:
    condition = alert.condition
    return isinstance(condition, Absent) and condition.of.metric in _LIFELINES


def _lies_by_absence(alert: Alert) -> bool:
    below = alert.threshold is not None and alert.threshold.direction == "below"
    return isinstance(alert.condition, Absent) or (isinstance(alert.condition, Increase) and below)


def shared_labels(source: Alert, target: Alert) -> tuple[str, ...]:
    """Labels on which both must agree: one agent's page must not silence another's."""
    return ("fleet", *(label for label in target.by if label in source.by))


def outrankings(alerts: tuple[ProvenAlert, ...]) -> tuple[Outranking, ...]:
    """Give which severities silence which, of one agent and category, where alerts have them.

    An alert that is about no agent silences nothing so, and nothing silences it: two labels that
    are both missing count as equal to Alertmanager.
    """
    known = {
        (rule.labels["severity"], rule.labels["category"])
        for proven in alerts
        if "agent" in proven.alert.by
        for rule in proven.rules
    }
    found = []
    for severity, lesser in (("emergency", ("critical", "warning", "info")),
                             ("critical", ("warning", "info"))):  # fmt: skip
        categories = {category for its, category in known if its == severity}
        silenced = tuple(
            s for s in lesser if any((s, category) in known for category in categories)
        )
        if silenced:
            found.append(Outranking(severity, silenced, ("fleet", "agent", "category"), ("agent",)))
    return tuple(found)
