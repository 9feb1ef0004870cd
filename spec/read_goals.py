"""Alerts on what a spec has set itself, its SLOs and budgets: from nodes to typed conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spec.model import BudgetForecast, Burn, ErrorBurn, Family, Spent
from spec.problems import nearest
from spec.reading import amount, duration, string

if TYPE_CHECKING:
    from spec.model import Budget, Goal, Slo
    from spec.node import Node
    from spec.reading import Reading

GOAL_KINDS = ("burn", "spent", "pace", "forecast")
"""Kinds that name a budget or an SLO. A forecast may be of a gauge instead, and is none then."""

PACE = 4
"""A pace is taken over this part of the budget's period."""

FORECAST = 6
"""A forecast looks ahead, and back, for this part of the budget's period."""

RECORDED = {
    "slos": (
        "slo:objective:ratio", "slo:sli:ratio", "slo:error_budget_remaining:ratio",
        "slo:burn_rate:ratio",
    ),
    "budgets": (
        "budget:limit:sum", "budget:spent:ratio", "budget:pace:ratio",
        "budget:runs_out:timestamp_seconds",
    ),
}  # fmt: skip
"""What is recorded of every SLO and every budget, by the section of the spec."""


def recorded_families() -> dict[str, Family]:
    """Give what is recorded of SLOs and budgets as families, for whoever asks what can be read."""
    names = [name for section in RECORDED.values() for name in section]
    return {name: Family(name, "gauge", "Recorded.") for name in names}


@dataclass(frozen=True, slots=True)
class Goals:
    """The SLOs and budgets of a spec."""

    budgets: tuple[Budget, ...] = ()
    slos: tuple[Slo, ...] = ()

    def by(self, condition: object) -> tuple[str, ...] | None:
        """Give the labels that the goal behind a condition is told apart by; None without one."""
        match condition:
            case Burn(name) | Spent(name) | BudgetForecast(name):
                return next((b.by for b in self.budgets if b.name == name), ())
            case ErrorBurn(name):
                return next((s.by for s in self.slos if s.name == name), ())
            case _:
                return None


def names_goal(kind: str | None, node: Node) -> bool:
    """Tell whether an alert of this kind is on a budget or an SLO."""
    asked = node.get(kind) if kind in GOAL_KINDS else None
    return asked is not None and asked.text() is not None


def read_goal(kind: str, node: Node, goals: Goals, into: Reading) -> Goal | None:
    """Read what an alert on a budget or an SLO asks for; None where there is no such."""
    name = string(node.get(kind))
    if kind == "burn" and any(slo.name == name for slo in goals.slos):
        return ErrorBurn(name)
    budget = next((b for b in goals.budgets if b.name == name), None)
    if budget is None:
        _unknown(kind, name, node, goals, into)
        return None
    if kind in ("spent", "pace"):
        _check_share(kind, node, into)
    match kind:
        case "burn":
            return Burn(name)
        case "spent":
            return Spent(name, budget.per)
        case "pace":
            over = duration(node.get("over"), budget.per / PACE)
            _within(node.get("over"), over < budget.per, into)
            return Spent(name, over)
        case _:
            within = duration(node.get("within"), budget.per / FORECAST)
            since = duration(node.get("from"), within)
            _within(node.get("within"), within < budget.per, into)
            _within(node.get("from"), since < budget.per, into)
            return BudgetForecast(name, since, within)


def _check_share(kind: str, node: Node, into: Reading) -> None:
    if node.has("below"):
        into.problems.append(node.key_problem("below", f"means nothing to {kind}", "use above:"))
    above = node.get("above")
    share = amount(above)
    if above and share is not None and share <= 0:
        into.wrong(above, "must be a share of more than 0%")


def _within(node: Node | None, fits: bool, into: Reading) -> None:  # noqa: FBT001 (what is asked)
    if node and not fits:
        into.wrong(node, "must be shorter than the budget's period")


def _unknown(kind: str, name: str, node: Node, goals: Goals, into: Reading) -> None:
    budgets = [budget.name for budget in goals.budgets]
    slos = [slo.name for slo in goals.slos] if kind == "burn" else []
    known = [*budgets, *slos]
    lacks = into.lacks("budgets", name, budgets) and (not slos or into.lacks("slos", name, slos))
    if name and lacks:
        what = "budget or SLO" if slos else "budget"
        into.wrong(node.get(kind) or node, f'there is no {what} "{name}"', nearest(name, known))
