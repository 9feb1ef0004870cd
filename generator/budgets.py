"""What is recorded of every budget: its spent share, its pace, and when it runs out.

All of a budget carries the label `budget`, so one query shows every budget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.exact import decimal
from generator.model import Recording
from generator.recording import distinct, read
from generator.rolling import counter, growth
from spec.quantities import format_duration, format_number
from spec.read_goals import FORECAST, PACE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from spec.model import Budget, Spec


def spent(budget: Budget, over: Fraction, spec: Spec) -> tuple[Recording, ...]:
    """Record what was spent within a window, in the budget's unit: the last one holds it."""
    return growth(counter(budget.of, budget.by, spec), over, spec)


def runs_out(
    budget: Budget, since: Fraction, within: Fraction, spec: Spec
) -> tuple[Recording, ...]:
    """Record the time, in seconds since 1970, at which a budget runs out: the last one holds it.

    In `within` seconds, what was spent before the budget's period less these seconds will count no
    more. What remains is added to what is spent until then, at the pace of the last `since`
    seconds. Between this and what is spent now lies a straight line. Where it does not rise, the
    budget never runs out, and there is no answer.
    """
    parts = [spent(budget, window, spec) for window in (budget.per, budget.per - within, since)]
    now, kept, lately = (read(part[-1], spec) for part in parts)
    limit, ahead = format_number(budget.limit), format_number(within)
    pace = lately if since == within else f"{lately} * {decimal(within / since)}"
    record = Recording(
        "budget:runs_out:timestamp_seconds",
        f"time() + {ahead} * ({limit} - {now})\n/\n({kept} + {pace} - {now} > 0)",
        {"budget": budget.name, **_asked(budget, since, within)},
    )
    return distinct([*(recording for part in parts for recording in part), record])


def recordings(budget: Budget, spec: Spec) -> tuple[Recording, ...]:
    """Record all of a budget, alerts or not."""
    return distinct(_recordings(budget, spec))


def _recordings(budget: Budget, spec: Spec) -> Iterator[Recording]:
    labels = {"budget": budget.name}
    yield Recording(
        "budget:limit:sum",
        f"vector({format_number(budget.limit)})",
        {**labels, "period": format_duration(budget.per)},
    )
    shares = (("budget:spent:ratio", budget.per), ("budget:pace:ratio", budget.per / PACE))
    for record, over in shares:
        parts = spent(budget, over, spec)
        yield from parts
        allowed = decimal(budget.limit * over / budget.per)
        yield Recording(record, f"{read(parts[-1], spec)} / {allowed}", labels)
    ahead = budget.per / FORECAST
    yield from runs_out(budget, ahead, ahead, spec)


def _asked(budget: Budget, since: Fraction, within: Fraction) -> dict[str, str]:
    """Tell a forecast of an alert's own apart from that of every budget."""
    if since == within == budget.per / FORECAST:
        return {}
    return {"from": format_duration(since), "within": format_duration(within)}
