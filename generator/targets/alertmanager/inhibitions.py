"""What is not sent while something else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.promql import matcher
from spec.model import Matcher

if TYPE_CHECKING:
    from generator.model import Inhibition, Model, Outranking


def inhibit_rules(model: Model) -> list[dict[str, object]]:
    """Spell what silences what: first by name, then by severity."""
    return [
        *(_by_name(i) for i in model.inhibitions),
        *(_by_severity(o) for o in model.outrankings),
    ]


def _by_name(inhibition: Inhibition) -> dict[str, object]:
    return {
        "source_matchers": _alert(inhibition.source, inhibition.source_tier),
        "target_matchers": _alert(inhibition.target, inhibition.target_tier),
        "equal": list(inhibition.equal),
    }


def _alert(name: str, tier: str) -> list[str]:
    wanted = {"alertname": name, "tier": tier}
    return [matcher(Matcher(label, (value,))) for label, value in wanted.items() if value]


def _by_severity(outranking: Outranking) -> dict[str, object]:
    present = [matcher(Matcher(label, ("",), negated=True)) for label in outranking.present]
    return {
        "source_matchers": [matcher(Matcher("severity", (outranking.severity,))), *present],
        "target_matchers": [matcher(Matcher("severity", outranking.lesser)), *present],
        "equal": list(outranking.equal),
    }
