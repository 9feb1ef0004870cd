"""What an alert says: the labels, texts and links of its rule, and of the alerts that it fires."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.conventions import dashboard_uid, runbook_file
from generator.model import AlertRule, Expected
from generator.texts import amount, link, literal, read_text
from spec.quantities import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from fractions import Fraction

    from generator.texts import Text
    from spec.model import Alert, Spec


@dataclass(frozen=True, slots=True)
class Announcement:
    """An alert's labels and annotations: as the rule writes them, as a case expects them.

    `labels` are those that the rule adds to the labels of the series. `wait` is the rule's own
    where it differs from the alert's.
    """

    alert: Alert
    labels: Map[str, str]
    annotations: Map[str, Text]
    wait: Fraction | None = None

    def rule(self, expr: str) -> AlertRule:
        """Give the rule that fires while `expr` has a value."""
        return AlertRule(
            alert=self.alert.name,
            expr=expr,
            wait=self.alert.wait if self.wait is None else self.wait,
            keep=self.alert.keep,
            labels={name: literal(value) for name, value in self.labels.items()},
            annotations={name: text.template() for name, text in self.annotations.items()},
        )

    def expected(self, series: Map[str, str], value: float) -> Expected:
        """Give the alert that fires for a series of these labels and this value."""
        return Expected(
            labels={**series, **self.labels},
            annotations={
                name: text.render(series, value) for name, text in self.annotations.items()
            },
        )


def announce(
    alert: Alert,
    spec: Spec,
    unit: str | None,
    *,
    window: Fraction,
    threshold: Fraction | str,
    extra: Map[str, str] | None = None,
    missing: Map[str, str] | None = None,
    facts: Map[str, str] | None = None,
    wait: Fraction | None = None,
) -> Announcement:
    """Decide what an alert says.

    Args:
        alert: The alert.
        spec: Where the fleet's name, its dashboards and the links are.
        unit: The unit of the value and of the threshold.
        window: The time that the texts call `{window}`, in seconds.
        threshold: What the texts call `{threshold}`: an amount of the unit, or words for it.
        extra: More labels of the rule. The texts may name them too: Prometheus does not show a
            rule's own labels to its templates, so they are written out.
        missing: What to say instead of a label that a firing alert may lack.
        facts: What else the texts may name, in words.
        wait: How long the rule's condition must hold, where that is not the alert's own `for`.
    """
    own = {"severity": alert.severity, "category": alert.category, "fleet": spec.fleet}
    labels = {**own, **alert.labels, **(extra or {})}
    constants = {
        "window": format_duration(window),
        "threshold": threshold if isinstance(threshold, str) else amount(threshold, unit),
        "fleet": spec.fleet,
        **(extra or {}),
        **(facts or {}),
    }
    runbook = f"{spec.links['runbooks'].rstrip('/')}/{runbook_file(alert.name)}"
    drop_downs = [name for name in _variables(alert, spec) if name in alert.by]
    # Grafana's own word for "all values": a link must not filter by nothing.
    every = dict.fromkeys(missing or {}, "$__all")
    links = {"runbook_url": link(runbook, (), {})}
    if alert.dashboard:
        grafana = spec.links["grafana"].rstrip("/")
        board = f"{grafana}/d/{dashboard_uid(spec.fleet, alert.dashboard)}"
        links["dashboard_url"] = link(board, drop_downs, every)
    return Announcement(
        alert,
        labels,
        {
            "summary": read_text(alert.summary, {}, None, {}),
            "description": read_text(alert.description, constants, unit, missing or {}),
            **links,
        },
        wait,
    )


def compared(alert: Alert) -> tuple[str, Fraction]:
    """Give an alert's comparison: `>` or `<`, and the bound.

    Raises:
        ValueError: it has no threshold, which the spec's checks would have found.
    """
    if alert.threshold is None:
        raise ValueError(f"{alert.name} has no threshold")
    return ">" if alert.threshold.direction == "above" else "<", alert.threshold.bound


def lasting(window: Fraction | None, alert: Alert) -> Fraction:
    """Give an alert's window in seconds.

    Raises:
        ValueError: it has none, as only a panel's query may.
    """
    if window is None:
        raise ValueError(f"{alert.name} has no window")
    return window


def each(by: tuple[str, ...]) -> str:
    """Say for what an alert fires: `, for each agent and breaker`."""
    *most, last = by or ("",)
    named = f"{', '.join(most)} and {last}" if most else last
    return f", for each {named}" if named else ""


def _variables(alert: Alert, spec: Spec) -> tuple[str, ...]:
    boards = (board for board in spec.dashboards if board.name == alert.dashboard)
    return next((board.variables for board in boards), ())
