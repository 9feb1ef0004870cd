"""Recording rules: their names, their expressions, and how an alert reads them.

Equal names mean equal expressions: the name tells the labels that are kept, the metric, the
matchers, the operation and the window.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator import promql
from generator.conventions import short_hash
from generator.model import Recording
from generator.promql import Scope, aggregate, matcher, quote
from spec.model import Matcher, Selection
from spec.quantities import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from spec.model import Family, Quantile, Spec

# Values that can stand in a name as they are; anything else needs a hash to stay apart.
_PLAIN = re.compile(r"(?!(?:or|not)$)[A-Za-z0-9]+")


def scope(spec: Spec) -> Scope:
    """Give the scope of a fleet's rules: only its own exporters' series."""
    return Scope(
        own=tuple(matcher(Matcher(k, (v,))) for k, v in spec.selector.items()),
        recorded=frozenset(name for name, family in spec.families.items() if family.recorded),
        fleet=spec.fleet,
    )


def counts_wholes(family: Family) -> bool:
    """Tell whether a counter counts things that come whole.

    Over a restart `increase` extrapolates, so that five trips become 5.02: whole things are rounded
    before anything is compared with them. Money and seconds are not.
    """
    return family.type == "histogram" or family.unit in (None, "bytes")


def grown(
    of: Selection, over: Fraction, by: tuple[str, ...], spec: Spec, suffix: str | None = None
) -> Recording:
    """Record how much a counter (or the number of a histogram's observations) grew, exactly.

    `suffix` names another part of a histogram.
    """
    family = spec.families[of.metric]
    if suffix is None:
        suffix = "_count" if family.type == "histogram" else ""
    window = format_duration(over)
    total = promql.grown_exactly(scope(spec).select(of, suffix), window, by)
    expr = f"round({total})" if counts_wholes(family) else total
    return Recording(name(by, subject(of) + suffix, f"increase{window}"), expr)


def level(of: Selection, operation: str, by: tuple[str, ...], spec: Spec) -> Recording:
    """Record a gauge's level."""
    expr = aggregate(operation, by, scope(spec).select(of))
    return Recording(name(by, subject(of), operation), expr)


def quotient(part: Recording, of: Recording, over: Fraction, spec: Spec) -> Recording:
    """Record a ratio of two recordings: 0 while no part has happened, nothing without a whole."""
    grouped, numerator, _ = part.record.split(":")
    denominator = of.record.split(":")[1]
    total = read(of, spec)
    return Recording(
        f"{grouped}:{numerator}_per_{denominator}:ratio_increase{format_duration(over)}",
        f"(\n  {read(part, spec)}\n  or\n  0 * {total}\n)\n/\n({total} > 0)",
    )


def quantile(
    of: Quantile, over: Fraction, count: Recording, by: tuple[str, ...], spec: Spec
) -> Recording:
    """Record a histogram's quantile, and nothing (not NaN) while `count` is 0."""
    percent = str(float(of.q * 100)).removesuffix(".0").replace(".", "_")
    measured = promql.quantile(of, by, scope(spec))
    return Recording(
        name(by, subject(of.of), f"p{percent}_{format_duration(over)}"),
        f"{measured}\nand on ({', '.join(by)})\n{read(count, spec)} > 0",
    )


def name(by: tuple[str, ...], subject: str, operation: str) -> str:
    """Name a recording: `level:metric:operation`; the level is `fleet` where no label is kept."""
    return f"{'_'.join(by) or 'fleet'}:{subject}:{operation}"


def subject(of: Selection) -> str:
    """Name what is selected: the metric without `_total`, and its matchers where it has some."""
    words = [of.metric.removesuffix("_total")]
    for m in of.where:
        words += [m.label, *(["not"] if m.negated else []), "_or_".join(m.values)]
    text = "_".join(words)
    if all(_PLAIN.fullmatch(value) for m in of.where for value in m.values):
        return text
    exact = ",".join(map(matcher, of.where))
    return f"{re.sub('[^A-Za-z0-9_]+', '_', text)}_{short_hash(exact)}"


def read(recording: Recording, spec: Spec) -> str:
    """Select a recording's series of this fleet."""
    having = {"fleet": spec.fleet, **recording.labels}
    matchers = ",".join(f"{label}={quote(value)}" for label, value in having.items())
    return f"{recording.record}{{{matchers}}}"


def distinct(recordings: Iterable[Recording]) -> tuple[Recording, ...]:
    """Give each recording once, in the order of its first appearance.

    Raises:
        ValueError: two of one name and labels differ; one of their readers would be lied to.
    """
    found: dict[tuple[object, ...], Recording] = {}
    for recording in recordings:
        key = (recording.record, *recording.labels.items())
        if found.setdefault(key, recording) != recording:
            raise ValueError(f"two recordings are called {recording.record} and differ")
    return tuple(found.values())
