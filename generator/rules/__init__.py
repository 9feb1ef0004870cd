"""Alert kinds: one module each, from an alert to its rules and the cases that prove them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator.rules import absent, burn, increase, quantile, ratio, value
from spec.model import Absent, Burn, Increase, Quantile, Ratio, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from generator.model import ProvenAlert
    from spec.model import Alert, Spec

# The second argument is the condition itself, of the type that the key says.
KINDS: Mapping[type, Callable[[Alert, Any, Spec], ProvenAlert]] = {
    Increase: increase.prove,
    Ratio: ratio.prove,
    Quantile: quantile.prove,
    Value: value.prove,
    Absent: absent.prove,
    Burn: burn.prove,
}


def prove(alert: Alert, spec: Spec) -> ProvenAlert:
    """Make an alert's recordings, rules and cases. The spec has been checked."""
    return KINDS[type(alert.condition)](alert, alert.condition, spec)
