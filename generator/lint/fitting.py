"""Which alerts a route gets: what is known of their labels before any of them fires."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from generator.lint.shape import Shape
    from generator.lint.whole import LintedAlert, Query, Whole
    from spec.model import Matcher, Route


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule's alerts: labels that are fixed, and those that differ from series to series.

    Of a label that differs, `values` are all that it can have, None where nobody can tell. `open`:
    nobody can tell what labels there are.
    """

    name: str
    fixed: Map[str, str]
    values: Map[str, frozenset[str] | None]
    open: bool = False

    def fits(self, matcher: Matcher) -> bool | None:
        """Tell whether a condition holds; None where it depends on the series."""
        label, wanted = matcher.label, frozenset(matcher.values)
        if label in self.fixed:
            return (self.fixed[label] in wanted) is not matcher.negated
        if label not in self.values:
            return None if self.open else ("" in wanted) is not matcher.negated
        possible = self.values[label]
        if possible is None or possible & wanted:
            sure = possible is not None and possible <= wanted
            return (not matcher.negated) if sure else None
        return matcher.negated

    def fits_route(self, route: Route) -> bool | None:
        """Tell whether all conditions of a route hold; None where it depends on the series."""
        found = [self.fits(matcher) for matcher in route.where]
        if False in found:
            return False
        return None if None in found else True

    def is_taken(self, route: Route, earlier: Route) -> bool:
        """Tell whether an earlier route takes all of these alerts that `route` would get."""
        return not earlier.carry_on and all(
            self.fits(matcher) or any(_implies(own, matcher) for own in route.where)
            for matcher in earlier.where
        )


def firings(whole: Whole) -> tuple[Firing, ...]:
    """Give what may fire, rule by rule."""
    return tuple(
        _firing(alert, dict(rule.labels), query, answer, whole)
        for alert in whole.alerts
        for rule, query, answer in alert.rules
    )


def _firing(
    alert: LintedAlert, own: dict[str, str], query: Query, answer: Shape, whole: Whole
) -> Firing:
    fixed = {label: value for label, value in own.items() if "{{" not in value}
    fixed["alertname"] = alert.proven.alert.name
    free = (set(answer.some or ()) | set(own)) - set(fixed)
    # A label that only some of the alerts have is empty on the others.
    values = {label: _values(label, query, answer, whole) for label in free}
    return Firing(alert.proven.alert.name, fixed, values, open=answer.some is None)


def _values(label: str, query: Query, answer: Shape, whole: Whole) -> frozenset[str] | None:
    possible: frozenset[str] = frozenset() if answer.all_have(label) else frozenset({""})
    found = list(_of_metrics(label, query, whole))
    if not found or None in found:
        return None
    return possible.union(*(values for values in found if values is not None))


def _of_metrics(label: str, query: Query, whole: Whole) -> Iterator[frozenset[str] | None]:
    """Give the values that a label has in what an alert reads, recordings traced back."""
    for name in whole.lineage.of([query.tree]) - whole.lineage.ancestors.keys():
        metric = whole.metrics.find(name)
        if metric is None or metric.labels is None:
            yield None
        elif label in metric.labels:
            yield metric.values.get(label)


def _implies(own: Matcher, other: Matcher) -> bool:
    """Tell whether a condition holds wherever another one does."""
    if own.label != other.label:
        return False
    mine, theirs = set(own.values), set(other.values)
    if own.negated:
        return other.negated and theirs <= mine
    return not mine & theirs if other.negated else mine <= theirs
