"""Alert kinds: one module each, from an alert to its rules and the cases that prove them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator.rules import (
    absent,
    anomaly,
    budget_forecast,
    burn,
    error_burn,
    expr,
    forecast,
    increase,
    quantile,
    ratio,
    spent,
    value,
)
from spec.model import (
    Absent,
    Anomaly,
    BudgetForecast,
    Burn,
    ErrorBurn,
    Forecast,
    Increase,
    Promql,
    Quantile,
    Ratio,
    Spent,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from generator.model import ProvenAlert, Sort
    from spec.model import Alert, Spec

# The second argument is the condition itself, of the type that the key says.
KINDS: Mapping[type, Callable[[Alert, Any, Spec], ProvenAlert]] = {
    Increase: increase.prove,
    Ratio: ratio.prove,
    Quantile: quantile.prove,
    Value: value.prove,
    Absent: absent.prove,
    Burn: burn.prove,
    ErrorBurn: error_burn.prove,
    Spent: spent.prove,
    Forecast: forecast.prove,
    BudgetForecast: budget_forecast.prove,
    Promql: expr.prove,
    Anomaly: anomaly.prove,
}

# What the cases of an alert with such a condition prove.
SORTS: Mapping[type, frozenset[Sort]] = {
    Increase: increase.SORTS,
    Ratio: ratio.SORTS,
    Quantile: quantile.SORTS,
    Value: value.SORTS,
    Absent: absent.SORTS,
    Burn: burn.SORTS,
    ErrorBurn: error_burn.SORTS,
    Spent: spent.SORTS,
    Forecast: forecast.SORTS,
    BudgetForecast: budget_forecast.SORTS,
    Promql: expr.SORTS,
}


def prove(alert: Alert, spec: Spec) -> ProvenAlert:
    """Make an alert's recordings, rules and cases. The spec has been checked."""
    return KINDS[type(alert.condition)](alert, alert.condition, spec)


def sorts(condition: object) -> frozenset[Sort]:
    """Give the sorts of cases that an alert has; an anomaly has those of what it reads."""
    of = condition.of if isinstance(condition, Anomaly) else condition
    return SORTS[type(of)]
