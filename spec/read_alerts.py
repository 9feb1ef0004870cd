"""Budgets and alerts: from nodes to typed values, with the checks that no schema can make."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from spec.layers import CATALOGUE
from spec.model import (
    Alert,
    Budget,
    Burn,
    Category,
    Increase,
    Ratio,
    Runbook,
    Selection,
    Severity,
    Threshold,
    Tier,
    Value,
)
from spec.problems import nearest
from spec.quantities import format_duration, format_number
from spec.read_queries import ALERT_KINDS, kind_of, read_condition
from spec.reading import amount, camel, constants, duration, string, texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec.model import Condition, Direction, Family
    from spec.node import Node
    from spec.reading import Reading

MAX_ALERT_NAME = 40
_DAY = Fraction(86400)
_ZERO = Fraction(0)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_GIVEN = frozenset({"value", "threshold", "window", "fleet"})
_BURN_GIVEN = frozenset({"tier", "budget"})
# Labels that every alert's rule sets by itself; those of a burn alert tell its tiers apart.
_OWN_LABELS = frozenset({"alertname", "severity", "category", "fleet"})
_BURN_LABELS = _BURN_GIVEN | {"long_window", "short_window"}


def read_budgets(node: Node | None, into: Reading) -> tuple[Budget, ...]:
    """Read budgets; without tiers of their own they get the usual two."""
    budgets: list[Budget] = []
    for name, entry in node.items() if node else ():
        twin = next((b.name for b in budgets if camel(b.name) == camel(name)), None)
        if twin and node:
            message = f'gives alerts of the same names as the budget "{twin}"'
            into.problems.append(node.key_problem(name, message, "choose another name"))
        family = into.family(entry.get("metric"))
        where = into.where(entry.get("where"), family)
        by = into.by(entry.get("by"), [family])
        if family and family.type != "counter":
            at = entry.get("metric") or entry
            into.wrong(at, f"needs a counter, and {family.name} is a {family.type}")
        per = duration(entry.get("per"), _DAY)
        of = Selection(family.name if family else "", where)
        limit = amount(entry.get("limit")) or Fraction(1)
        budgets.append(
            Budget(name, of, limit, per, by, _tiers(entry.get("tiers"), per, into), entry)
        )
    return tuple(budgets)


def _tiers(node: Node | None, per: Fraction, into: Reading) -> tuple[Tier, ...]:
    if node is None:
        # A quarter of the limit in a 24th of the period, or half of it in a sixth.
        return (
            Tier("fast", Fraction(1, 4), per / 24, "critical"),
            Tier("slow", Fraction(1, 2), per / 6, "warning"),
        )
    tiers: list[Tier] = []
    for number, entry in enumerate(node.elements()):
        window = duration(entry.get("window"), per / 24)
        share = amount(entry.get("share")) or _ZERO
        default = ("fast", "slow")[number] if number < 2 else f"tier{number + 1}"  # noqa: PLR2004
        name = string(entry.get("name"), default)
        severity = cast("Severity", string(entry.get("severity"), "warning"))
        if window > per:
            message = f"is longer than the budget's period of {format_duration(per)}"
            into.wrong(entry.get("window") or entry, message)
        if entry.get("share") and not 0 < share <= 1:
            into.wrong(entry.get("share") or entry, "must be a share between 0% and 100%")
        if name in {tier.name for tier in tiers}:
            into.wrong(entry.get("name") or entry, f'there is a tier "{name}" already')
        tiers.append(Tier(name, share, window, severity))
    return tuple(tiers)


def read_alerts(
    node: Node | None, budgets: tuple[Budget, ...], dashboards: frozenset[str], into: Reading
) -> tuple[Alert, ...]:
    """Read alerts; those that are switched off (`false`) are left out."""
    entries = dict(node.items()) if node else {}
    alerts = []
    for name, entry in entries.items():
        if entry.value is False:
            continue
        if len(name) > MAX_ALERT_NAME and node:
            message = f"is longer than {MAX_ALERT_NAME} characters"
            if name in node.keys:
                into.problems.append(node.key_problem(name, message))
            else:
                into.wrong(entry, f"its alert {name} {message}", "choose a shorter name")
        alert = _alert(name, entry, budgets, entries, into)
        if alert and alert.dashboard not in dashboards:
            alert = replace(alert, dashboard="")
        for other in entry.get("inhibits").elements() if entry.get("inhibits") else ():  # type: ignore[union-attr] # tested in the same line
            # What the catalogue names is missing only where no source feeds it, or it is off.
            own = not other.mark.file.startswith(CATALOGUE)
            if own and into.lacks("alerts", string(other), entries):
                into.wrong(
                    other,
                    f'there is no alert "{other.text()}"',
                    nearest(str(other.text()), entries),
                )
        board = entry.get("dashboard")
        # What the catalogue names is missing only where the user has switched it off.
        named = board and not board.mark.file.startswith(CATALOGUE)
        if board and named and into.lacks("dashboards", string(board), dashboards):
            into.wrong(
                board, f'there is no dashboard "{board.text()}"', nearest(string(board), dashboards)
            )
        if alert:
            alerts.append(alert)
    return tuple(alerts)


def _alert(
    name: str, node: Node, budgets: tuple[Budget, ...], others: Iterable[str], into: Reading
) -> Alert | None:
    if not isinstance(node.value, dict):
        return None  # the schema has said so
    kind = kind_of(node, ALERT_KINDS, into, others)
    names = frozenset(b.name for b in budgets)
    condition, families = read_condition(kind, node, names, into) if kind else (None, ())
    before = len(into.problems)
    by = into.by(node.get("by"), families)
    sure = len(into.problems) == before and not (node.has("by") and into.doubtful(node.value["by"]))
    if kind == "burn" and string(node.get("burn")) not in names:
        sure = False
    if isinstance(condition, Burn):
        by = next((b.by for b in budgets if b.name == condition.budget), ())
    threshold = _threshold(kind, node, families, into)
    summary, description = node.get("summary"), node.get("description")
    if summary and _PLACEHOLDER.search(string(summary)):
        into.wrong(summary, "must be the same for every series", "put {labels} in the description")
    given = _GIVEN | frozenset(by) | (_BURN_GIVEN if kind == "burn" else frozenset())
    if sure:
        _check_placeholders(description, given, into)
    _check_labels(node.get("labels"), by, burns=kind == "burn", into=into)
    if condition is None:
        return None
    if threshold:
        _check_reachable(node, condition, threshold, into)
    runbook = node.get("runbook")
    parts = ("meaning", "impact", "diagnosis", "mitigation")
    sentence = string(summary, f"{name} fires.")
    return Alert(
        name=name,
        condition=condition,
        threshold=threshold,
        by=by,
        wait=duration(node.get("for"), _ZERO),
        keep=duration(node.get("keep_firing_for"), _ZERO),
        severity=cast("Severity", string(node.get("severity"), "warning")),
        category=cast("Category", string(node.get("category"), "agent")),
        summary=sentence,
        description=string(description, f"{sentence} The value is {{value}}."),
        runbook=Runbook(*(string(runbook.get(p) if runbook else None) for p in parts)),
        dashboard=string(node.get("dashboard"), "fleet"),
        inhibits=texts(node.get("inhibits")),
        labels=constants(node.get("labels")),
        origin=node,
    )


def _check_placeholders(text: Node | None, given: frozenset[str], into: Reading) -> None:
    for label in dict.fromkeys(_PLACEHOLDER.findall(string(text))):
        if text and label not in given:
            said = f"speaks of {{{label}}}, which this alert has not"
            into.wrong(text, said, nearest(label, given))


def _check_labels(node: Node | None, by: tuple[str, ...], *, burns: bool, into: Reading) -> None:
    """Note labels that would overwrite what routes, inhibitions and links go by."""
    taken = _OWN_LABELS | frozenset(by) | (_BURN_LABELS if burns else frozenset())
    for name, value in node.items() if node else ():
        if name in taken and node:
            into.problems.append(node.key_problem(name, "is a label that the alert has already"))
        elif not string(value) and value.text() is not None:
            into.wrong(value, "must not be empty: to Prometheus that is no label")


def _check_reachable(node: Node, condition: Condition, threshold: Threshold, into: Reading) -> None:
    """Note thresholds that can never be passed, or always are."""
    at = node.get(threshold.direction) or node
    above, bound = threshold.direction == "above", threshold.bound
    counts = isinstance(condition, Increase | Ratio)
    share = (
        isinstance(condition, Ratio)
        and condition.part.metric == condition.of.metric
        and not condition.of.where
    )
    if isinstance(condition, Value) and condition.aggregate == "count":
        # No series are no 0: there is nothing to compare.
        counts, bound = True, bound if above else bound - 1
    if counts and above and bound < 0:
        into.wrong(at, "is passed always: this is never below 0")
    elif (counts and not above and bound <= 0) or (share and above and bound >= 1):
        into.wrong(at, "can never be passed")


def _threshold(
    kind: str | None, node: Node, families: tuple[Family, ...], into: Reading
) -> Threshold | None:
    if kind in ("absent", "burn"):
        for extra in ("above", "below"):
            if node.has(extra):
                into.problems.append(node.key_problem(extra, f"means nothing to {kind}"))
        return None
    if kind is None:
        return None
    if node.has("above") == node.has("below") and not into.meant(node, "above", "below"):
        into.wrong(node, "needs a threshold", "add above: or below:, one of them")
        return None
    at = node.get("above") or node.get("below")
    bound = amount(at)
    if at is None or bound is None:
        return None
    if kind == "quantile" and families:
        _check_bucket(at, bound, families[0], into)
    direction: Direction = "above" if node.has("above") else "below"
    return Threshold(direction, bound)


def _check_bucket(node: Node, bound: Fraction, family: Family, into: Reading) -> None:
    """A quantile is only as exact as the buckets: the threshold must be one, and not the last."""
    bounds = [Fraction(str(b)) for b in family.buckets]
    if not bounds or bound in bounds[:-1]:
        return
    lower = [b for b in bounds[:-1] if b < bound][-1:]
    higher = [b for b in bounds[:-1] if b > bound][:1]
    unit = "s" if family.unit == "s" else ""
    near = " or ".join(f"{format_number(b)}{unit}" for b in (*lower, *higher))
    into.wrong(
        node, f"is no bucket of {family.name}, so no quantile can tell it", near and f"try {near}"
    )
