"""PromQL for what a spec can ask for; alerts and panels share it, so they show the same numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spec.quantities import format_duration, format_number
from spec.reading import SERVER_FAMILIES

if TYPE_CHECKING:
    from fractions import Fraction

    from spec.model import (
        Absent,
        Average,
        Increase,
        Matcher,
        Quantile,
        Rate,
        Ratio,
        Selection,
        Value,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """What every selector of a rule or panel carries, and the window where a query names none.

    `matchers` are ready-made (`job=~"$job"`), and so are those in `own`, which select the fleet's
    exporters: what Prometheus and Alertmanager tell of themselves does not carry them.
    `variables` maps a label to the value that is matched where a family has this label (`agent` to
    `$agent`). What is `recorded` carries the label of the `fleet` instead of an exporter's.
    Of `histograms` a ratio counts the observations.
    """

    matchers: tuple[str, ...] = ()
    window: str = "$__range"
    variables: tuple[tuple[str, str], ...] = ()
    labels: dict[str, tuple[str, ...]] | None = None
    own: tuple[str, ...] = ()
    recorded: frozenset[str] = frozenset()
    fleet: str = ""
    histograms: frozenset[str] = frozenset()

    def select(self, of: Selection, suffix: str = "") -> str:
        """Write a selector: the family's name, its matchers and the scope's."""
        have = (self.labels or {}).get(of.metric, ())
        drop_downs = tuple(f'{label}=~"{var}"' for label, var in self.variables if label in have)
        scoped = (*self.matchers, *self.own)
        if of.metric in SERVER_FAMILIES:
            scoped = self.matchers
        elif of.metric in self.recorded:
            scoped = (f"fleet={quote(self.fleet)}",)
        matchers = (*map(matcher, of.where), *drop_downs, *scoped)
        return f"{of.metric}{suffix}" + (f"{{{','.join(matchers)}}}" if matchers else "")

    def over(self, seconds: Fraction | None) -> str:
        """Write a window, or the scope's own."""
        return self.window if seconds is None else format_duration(seconds)


def quote(text: str) -> str:
    """Write a PromQL string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def matcher(m: Matcher) -> str:
    """Write a label matcher; several values become an anchored alternation."""
    if len(m.values) == 1:
        return f"{m.label}{'!=' if m.negated else '='}{quote(m.values[0])}"
    alternatives = "|".join(_literal(v) for v in m.values)
    return f"{m.label}{'!~' if m.negated else '=~'}{quote(alternatives)}"


def _literal(text: str) -> str:
    """Write a text so that RE2 matches just it."""
    return "".join(f"\\{c}" if c in r"\.+*?()|[]{}^$" else c for c in text)


def aggregate(operation: str, by: tuple[str, ...], inner: str) -> str:
    """Write `sum by (a) (inner)`, or `sum(inner)` over everything."""
    return f"{operation} by ({', '.join(by)}) ({inner})" if by else f"{operation}({inner})"


def increase(query: Increase, by: tuple[str, ...], scope: Scope) -> str:
    """Write how much a counter grew."""
    return _grown(query.of, query.per, by, scope)


def rate(query: Rate, by: tuple[str, ...], scope: Scope) -> str:
    """Write how fast a counter grows, per second."""
    return aggregate("sum", by, f"rate({scope.select(query.of)}[{scope.window}])")


def ratio_total(query: Ratio, by: tuple[str, ...], scope: Scope) -> str:
    """Write the denominator of a ratio."""
    return _grown(query.of, query.over, by, scope)


def ratio_part(query: Ratio, by: tuple[str, ...], scope: Scope, total: str) -> str:
    """Write the numerator: 0, not nothing, where `total` is there and no part has happened yet."""
    return f"{_grown(query.part, query.over, by, scope)} or 0 * {total}"


def ratio(query: Ratio, by: tuple[str, ...], scope: Scope) -> str:
    """Write a ratio that has no value, instead of NaN, while nothing happens."""
    total = ratio_total(query, by, scope)
    return f"({ratio_part(query, by, scope, total)}) / ({enough(total, query.at_least)})"


def enough(total: str, at_least: Fraction) -> str:
    """Write the total where there is at least so much of it."""
    return f"{total} >= {format_number(at_least)}" if at_least else f"{total} > 0"


def quantile(query: Quantile, by: tuple[str, ...], scope: Scope) -> str:
    """Write a histogram's quantile."""
    buckets = f"increase({scope.select(query.of, '_bucket')}[{scope.over(query.over)}])"
    return f"histogram_quantile({format_number(query.q)}, {aggregate('sum', (*by, 'le'), buckets)})"


def observations(of: Selection, over: Fraction | None, by: tuple[str, ...], scope: Scope) -> str:
    """Write how many observations a histogram took in."""
    return aggregate("sum", by, f"increase({scope.select(of, '_count')}[{scope.over(over)}])")


def average(query: Average, by: tuple[str, ...], scope: Scope) -> str:
    """Write the mean of a histogram's observations."""
    window = scope.over(query.over)
    total = aggregate("sum", by, f"increase({scope.select(query.of, '_sum')}[{window}])")
    count = aggregate("sum", by, f"increase({scope.select(query.of, '_count')}[{window}])")
    return f"{total} / ({count} > 0)"


def value(query: Value, by: tuple[str, ...], scope: Scope) -> str:
    """Write a gauge's level."""
    return aggregate(query.aggregate, by, scope.select(query.of))


def grown_exactly(selector: str, window: str, by: tuple[str, ...]) -> str:
    """Write how much counters grew between the first and the last sample in a window.

    `increase` extrapolates to the edges of the window from the samples that there are. Of a series
    that is two scrapes old it knows one step, and may well double it: five trips of a new breaker
    would page as ten. A counter that has not been reset is simply subtracted; one that has is left
    to `increase`, which knows about resets.
    """
    series = f"{selector}[{window}]"
    inner = (
        f"  max_over_time({series}) - min_over_time({series}) unless resets({series}) > 0\n"
        f"  or\n"
        f"  increase({series})"
    )
    return aggregate("sum", by, f"\n{inner}\n")


def _grown(of: Selection, per: Fraction | None, by: tuple[str, ...], scope: Scope) -> str:
    suffix = "_count" if of.metric in scope.histograms else ""
    return aggregate("sum", by, f"increase({scope.select(of, suffix)}[{scope.over(per)}])")


def absent(query: Absent, by: tuple[str, ...], scope: Scope) -> str:
    """Write what is gone: each group that was there, or without any one answer without labels."""
    selector = scope.select(query.of)
    if not by:
        return f"absent({selector})"
    was = aggregate("group", by, f"last_over_time({selector}[{scope.over(query.within)}])")
    there = aggregate("group", by, selector)
    return f"(\n  {was}\n  unless\n  {there}\n)\nor on ()\nabsent({selector})"
