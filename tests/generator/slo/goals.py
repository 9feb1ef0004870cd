"""Specs with SLOs and budgets, and the alerts that these bring, from a few lines of YAML."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent
from typing import TYPE_CHECKING

from spec.load import load_spec

if TYPE_CHECKING:
    from pathlib import Path

    from spec.model import Spec

HEAD = """\
version: 1
fleet: support
oncall:
  receivers: {team: {webhook: {url: http://localhost:9}}}
  default: team
"""

TASKS = """\
slos:
  task-success:
    objective: 99%
    over: 30d
    errors: {metric: agent_tasks_total, where: {outcome: [failure, timeout]}}
    total: {metric: agent_tasks_total}
    by: [agent]
"""


def spec(folder: Path, text: str, *names: str) -> Spec:
    """Load a spec of these sections; keep only the alerts on its goals, or those of these names."""
    path = folder / "agents.yaml"
    path.write_text(HEAD + dedent(text), encoding="utf-8")
    whole = load_spec(path)
    goals = [*(slo.name for slo in whole.slos), *(budget.name for budget in whole.budgets)]
    kept = tuple(
        alert
        for alert in whole.alerts
        if alert.name in names or (not names and _asks(alert.condition) in goals)
    )
    return replace(whole, alerts=kept, records=())


def _asks(condition: object) -> str:
    return getattr(condition, "slo", "") or getattr(condition, "budget", "")
