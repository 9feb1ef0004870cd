"""Active alerts: a table of what is pending or firing, and since when, from Prometheus' own series.

Grafana's alert list shows Grafana's alerts; these are evaluated by Prometheus, so the table reads
`ALERTS`. The alert's own labels decide what it is about: only the agent is filtered, and alerts
that are about no agent always stay.
"""

from __future__ import annotations

from generator.panels.parts.colours import OF_LABEL
from generator.panels.parts.fields import fixed, override, value_mappings
from generator.panels.parts.visualisation import Look, Subject, Surroundings, Visualisation
from generator.panels.table import CELLS, arranged, options
from spec.model import Expr, PanelQuery

_COLUMNS = {"severity": "Severity", "alertname": "Alert", "about": "About", "alertstate": "Status"}
# The labels that tell what an alert is about, in one column: few alerts have more than two.
_ABOUT = (
    "agent", "session", "model", "tool", "server", "breaker", "workflow", "queue", "resource",
    "state", "class", "limit", "action", "suite", "gate", "experiment", "variant", "slo", "budget",
    "tier", "source", "family", "rule_group", "integration",
)  # fmt: skip
_SINCE = "Since"
_SEVERITY_WIDTH, _STATUS_WIDTH, _SINCE_WIDTH = 100, 90, 130


def active(_around: Surroundings) -> tuple[PanelQuery, ...]:
    """Give, for each active alert, when it began to be so, in milliseconds.

    `ALERTS_FOR_STATE` holds the time at which the condition first held, before any `for`.
    """
    began = "1000 * ALERTS_FOR_STATE{$matchers}"
    shown = f"ALERTS{{$matchers}} * ignoring (alertstate) group_left () ({began})"
    labels = ", ".join(f'"{label}"' for label in _ABOUT)
    joined = f'label_join({shown}, "about", " ", {labels})'
    # Spaces alone would be shown as the number 0.
    told = f'label_replace({joined}, "about", "the fleet", "about", " *")'
    by = tuple(_COLUMNS)
    return (PanelQuery(Expr(f"max by ({', '.join(by)}) ({told})"), by=by, name=_SINCE),)


def look(subject: Subject) -> Look:
    """Put the newest alert first, its severity in colour, its name linked to its runbook."""
    severities = {name: (name, colour) for name, colour in OF_LABEL["severity"].items()}
    status = {"firing": ("firing", "red"), "pending": ("pending", "yellow")}
    filled = {"type": "color-background", "mode": "basic"}
    coloured = {"type": "color-text"}
    overrides = [
        override(
            "Severity",
            mappings=value_mappings(dict(severities)),
            custom__cellOptions=filled,
            custom__width=_SEVERITY_WIDTH,
            color=fixed("text"),
        ),
        override(
            "Status",
            mappings=value_mappings(dict(status)),
            custom__cellOptions=coloured,
            custom__width=_STATUS_WIDTH,
        ),
        override(_SINCE, unit="dateTimeAsIsoNoDateIfToday", custom__width=_SINCE_WIDTH),
    ]
    if subject.runbooks:
        url = f"{subject.runbooks}/${{__value.raw}}.md"
        link = {"title": "Runbook of ${__value.raw}", "url": url, "targetBlank": True}
        overrides.append(override("Alert", links=[link]))
    return Look(
        options=options(_SINCE),
        custom=dict(CELLS),
        overrides=tuple(overrides),
        transformations=(*arranged(_COLUMNS, [_SINCE]),),
    )


ALERTS = Visualisation("alerts", "table", look, format="table", built_in=active)
