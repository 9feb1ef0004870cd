"""From a spec to a model: every rule, case and inhibition decided, nothing left for the targets."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from generator import budgets, objectives, records
from generator.model import Inhibition, Model
from generator.oncall import on_call, outrankings, shared_labels, without_lifeline
from generator.rules import prove
from spec.model import Burn, ErrorBurn
from spec.reading import PROMETHEUS_FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generator.model import Recording
    from spec.model import Alert, ErrorTier, Spec, Tier


def resolve(spec: Spec) -> Model:
    """Resolve a spec. It has been checked, so nothing can be wrong any more."""
    spec = replace(spec, families={**PROMETHEUS_FAMILIES, **spec.families})
    alerts = tuple(prove(alert, spec) for alert in spec.alerts)
    return Model(
        fleet=spec.fleet,
        spec_file=spec.file,
        alerts=alerts,
        inhibitions=tuple(_inhibitions(spec)),
        dashboards=spec.dashboards,
        families=spec.families,
        oncall=on_call(spec),
        timing=spec.timing,
        selector=spec.selector,
        links=spec.links,
        outputs=spec.outputs,
        outrankings=outrankings(alerts),
        recordings=tuple(_goals(spec)),
        sources=spec.sources,
        records=tuple(records.prove(record, spec) for record in spec.records),
    )


def _goals(spec: Spec) -> Iterator[Recording]:
    """Give what is recorded of SLOs and budgets, for dashboards, alerts or not."""
    for slo in spec.slos:
        yield from objectives.recordings(slo, spec)
    for budget in spec.budgets:
        yield from budgets.recordings(budget, spec)


def _inhibitions(spec: Spec) -> Iterator[Inhibition]:
    by_name = {alert.name: alert for alert in spec.alerts}
    for alert in spec.alerts:
        for name in alert.inhibits:
            if name in by_name:
                yield Inhibition(alert.name, name, shared_labels(alert, by_name[name]))
        yield from _faster_over_slower(alert, spec)
    yield from without_lifeline(spec.alerts)


def _faster_over_slower(alert: Alert, spec: Spec) -> Iterator[Inhibition]:
    """What burns fast also burns slowly: one page of it is enough."""
    tiers: Sequence[Tier | ErrorTier] = ()
    match alert.condition:
        case Burn(name):
            tiers = next(budget.tiers for budget in spec.budgets if budget.name == name)
        case ErrorBurn(name):
            tiers = next(slo.tiers for slo in spec.slos if slo.name == name)
    label = "budget" if isinstance(alert.condition, Burn) else "slo"
    equal = ("fleet", label, *alert.by)
    for faster, slower in combinations(sorted(tiers, key=lambda tier: tier.window), 2):
        yield Inhibition(alert.name, alert.name, equal, faster.name, slower.name)
