"""From a spec to a model: every rule, case and inhibition decided, nothing left for the targets."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from generator.model import Inhibition, Model
from generator.rules import prove
from spec.model import Burn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.model import Alert, Spec


def resolve(spec: Spec) -> Model:
    """Resolve a spec. It has been checked, so nothing can be wrong any more."""
    return Model(
        fleet=spec.fleet,
        spec_file=spec.file,
        alerts=tuple(prove(alert, spec) for alert in spec.alerts),
        inhibitions=tuple(_inhibitions(spec)),
        dashboards=spec.dashboards,
        families=spec.families,
        oncall=spec.oncall,
        timing=spec.timing,
        selector=spec.selector,
        links=spec.links,
    )


def _inhibitions(spec: Spec) -> Iterator[Inhibition]:
    by_name = {alert.name: alert for alert in spec.alerts}
    for alert in spec.alerts:
        for name in alert.inhibits:
            if name in by_name:
                yield Inhibition(alert.name, name, _shared(alert, by_name[name]))
        if isinstance(alert.condition, Burn):
            yield from _faster_over_slower(alert, spec)


def _shared(source: Alert, target: Alert) -> tuple[str, ...]:
    """Labels on which both must agree: one agent's page must not silence another's."""
    return ("fleet", *(label for label in target.by if label in source.by))


def _faster_over_slower(alert: Alert, spec: Spec) -> Iterator[Inhibition]:
    """A budget that burns fast also burns slowly: one page of it is enough."""
    for budget in spec.budgets:
        if isinstance(alert.condition, Burn) and budget.name == alert.condition.budget:
            tiers = sorted(budget.tiers, key=lambda tier: tier.window)
            for faster, slower in pairwise(tiers):
                equal = ("fleet", "budget", *budget.by)
                yield Inhibition(alert.name, alert.name, equal, faster.name, slower.name)
