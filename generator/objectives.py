"""What is recorded of every SLO: its errors by window, its period, budget and burn rate.

Errors and events are recorded apart, and divided where there are events: a quiet time gives no
answer instead of NaN, and what was counted before it is not lost. Errors are 0, not missing, while
none has happened. All of an SLO carries the label `slo`, so one query shows every SLO.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.exact import decimal
from generator.model import Recording
from generator.recording import distinct, read
from generator.rolling import Counter, counter, growth
from spec.model import Matcher, Selection
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from spec.model import Slo, Spec


def bucket(slo: Slo) -> Selection:
    """Select the bucket of what was fast enough; servers write its bound as `5` or as `5.0`."""
    bound = format_number(slo.within or 0)
    spelt = (bound,) if "." in bound else (bound, f"{bound}.0")
    return Selection(slo.total.metric, (*slo.total.where, Matcher("le", spelt)))


def events(slo: Slo, over: Fraction, spec: Spec) -> tuple[Recording, ...]:
    """Record all events of a window: the last one holds them."""
    return growth(counter(slo.total, slo.by, spec), over, spec)


def ratio(slo: Slo, over: Fraction, spec: Spec) -> Recording:
    """Record the share of errors in a window. What it reads must be recorded too: see `errors`."""
    total = read(events(slo, over, spec)[-1], spec)
    part = read(_part(slo, over, spec)[-1], spec)
    known = f"(\n  {part}\n  or\n  0 * {total}\n)"
    wrong = f"(\n  {total}\n  -\n  {_indented(known)}\n)" if slo.good else known
    window = format_duration(over)
    return Recording(
        f"slo:errors_per_total:ratio_increase{window}",
        f"{wrong}\n/\n({total} > 0)",
        {"slo": slo.name},
    )


def errors(slo: Slo, over: Fraction, spec: Spec) -> tuple[Recording, ...]:
    """Record the share of errors in a window, and before it all that it reads."""
    return (*events(slo, over, spec), *_part(slo, over, spec), ratio(slo, over, spec))


def recordings(slo: Slo, spec: Spec) -> tuple[Recording, ...]:
    """Record all of an SLO, alerts or not."""
    return distinct(_recordings(slo, spec))


def _recordings(slo: Slo, spec: Spec) -> Iterator[Recording]:
    for tier in slo.tiers:
        yield from errors(slo, tier.window, spec)
        yield from errors(slo, tier.short, spec)
    yield from errors(slo, slo.over, spec)
    period = read(ratio(slo, slo.over, spec), spec)
    labels = {"slo": slo.name}
    allowed = decimal(slo.error_budget)
    yield Recording(
        "slo:objective:ratio",
        f"vector({format_number(slo.objective)})",
        {**labels, "period": format_duration(slo.over)},
    )
    yield Recording("slo:sli:ratio", f"1 - {period}", labels)
    yield Recording("slo:error_budget_remaining:ratio", f"1 - {period} / {allowed}", labels)
    fastest = min(tier.window for tier in slo.tiers)
    burning = read(ratio(slo, fastest, spec), spec)
    window = {"long_window": format_duration(fastest)}
    yield Recording("slo:burn_rate:ratio", f"{burning} / {allowed}", {**labels, **window})


def _part(slo: Slo, over: Fraction, spec: Spec) -> tuple[Recording, ...]:
    if slo.within is None:
        return growth(counter(slo.part, slo.by, spec), over, spec)
    return growth(Counter(bucket(slo), slo.by, "_bucket"), over, spec)


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")
