"""From nodes to values: tolerant of what the schema has refused already, strict about names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spec.model import Family, Matcher, Selection
from spec.problems import Problem, nearest
from spec.quantities import parse_amount, parse_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from fractions import Fraction

    from spec.model import FamilyType
    from spec.node import Node
    from spec.places import Place

# Labels that every scraped series has.
TARGET_LABELS = ("job", "instance")


def _told(name: str, meaning: str, *labels: str) -> tuple[str, Family]:
    kind: FamilyType = "counter" if name.endswith("_total") else "gauge"
    return name, Family(name, kind, meaning, (*labels, *TARGET_LABELS))


SERVER_FAMILIES = dict(
    (
        _told(
            "prometheus_rule_evaluation_failures_total",
            "Rules that Prometheus could not evaluate.",
            "rule_group",
        ),
        _told(
            "prometheus_rule_group_iterations_missed_total",
            "Evaluations that were left out because the one before took too long.",
            "rule_group",
        ),
        _told(
            "prometheus_notifications_errors_total",
            "Alerts that Prometheus could not send to an Alertmanager.",
            "alertmanager",
        ),
        _told(
            "prometheus_notifications_dropped_total",
            "Alerts that Prometheus gave up sending.",
        ),
        _told(
            "prometheus_config_last_reload_successful",
            "1 where Prometheus took over its configuration at the last attempt.",
        ),
        _told(
            "alertmanager_notifications_failed_total",
            "Messages that an Alertmanager could not deliver.",
            "integration",
        ),
        _told(
            "alertmanager_config_last_reload_successful",
            "1 where an Alertmanager took over its configuration at the last attempt.",
        ),
    )
)
"""What Prometheus and Alertmanager tell of themselves. A fleet's selector does not hold for it."""

PROMETHEUS_FAMILIES = dict((_told("up", "1 where the last scrape worked."),)) | SERVER_FAMILIES
"""What rules and panels may read, though no exporter shows it."""


@dataclass(slots=True)
class Reading:
    """What every reader needs: the families to look names up in, and the list of problems.

    `refusals` is what parser and schema have found already. What follows from a refused value is
    not told again: see `doubtful`. `unsure` names families whose declaration was refused. `places`
    are those of a line that were read so far, while a mapping is read. `flat` are the top keys of
    its lines below which all the rest of a path is one key.
    """

    families: Mapping[str, Family]
    extra_labels: frozenset[str] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    refusals: list[Problem] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)
    places: list[Place] = field(default_factory=list)
    flat: frozenset[str] = frozenset()

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Take what parser and schema have found in a file."""
        self.refusals += problems

    def found(self) -> list[Problem]:
        """Give all problems, but for those at a place where a refusal stands already."""
        refused = {(problem.mark.file, problem.path) for problem in self.refusals}
        own = [p for p in self.problems if (p.mark.file, p.path) not in refused]
        return [*self.refusals, *own]

    def lacks(self, section: str, name: str, known: Collection[str]) -> bool:
        """Tell whether a section surely has no such entry: a refused one may have meant it."""
        return name not in known and all(
            problem.path not in (section, f"{section}.{name}") for problem in self.refusals
        )

    def meant(self, node: Node, *keys: str) -> bool:
        """Tell whether one of these keys is there, but misspelt, which was told already."""
        top = ".".join(node.path)
        return any(
            problem.mark.file == node.mark.file
            and problem.path.rpartition(".")[0] == top
            and problem.meant in keys
            for problem in self.refusals
        )

    def doubtful(self, node: Node) -> bool:
        """Tell whether a value, or something in it, was refused."""
        top = ".".join(node.path)
        return any(
            problem.mark.file == node.mark.file
            and (problem.path == top or problem.path.startswith(f"{top}."))
            for problem in self.refusals
        )

    def wrong(self, node: Node, message: str, hint: str = "") -> None:
        """Note a problem at a value."""
        self.problems.append(node.problem(message, hint))

    def family(self, node: Node | None) -> Family | None:
        """Look up the family that a text names; note where there is none."""
        name = node.text() if node else None
        if node is None or not name or name in self.unsure:
            return None
        known = {**self.families, **PROMETHEUS_FAMILIES}
        if self.lacks("families", name, known):
            self.wrong(node, f'there is no metric "{name}"', nearest(name, known))
        return known.get(name)

    def labels_of(self, family: Family) -> tuple[str, ...]:
        """Give the labels that series of a family have in Prometheus."""
        return (*family.labels, *TARGET_LABELS, *sorted(self.extra_labels))

    def label(self, node: Node, name: str, family: Family, *, key: bool = False) -> None:
        """Note where a family lacks a label."""
        have = self.labels_of(family)
        if name in have:
            return
        message = f'{family.name} has no label "{name}"'
        hint = nearest(name, family.labels) or f"it has: {', '.join(family.labels) or 'none'}"
        problem = node.key_problem(name, message, hint) if key else node.problem(message, hint)
        self.problems.append(problem)

    def by(self, node: Node | None, families: Iterable[Family | None]) -> tuple[str, ...]:
        """Read a list of labels that all of the families must have."""
        known = [family for family in families if family]
        names: list[str] = []
        for part in node.elements() if node else []:
            name = part.text()
            if name is None:
                continue
            names.append(name)
            lacking = [f for f in known if name not in self.labels_of(f)]
            if lacking:
                self.label(part, name, lacking[0])
        return tuple(names)

    def where(self, node: Node | None, family: Family | None) -> tuple[Matcher, ...]:
        """Read conditions on labels; note labels that are lacking and values that never occur."""
        for label, condition in node.items() if node and family else ():
            if family and node:
                self.label(node, label, family, key=True)
                self._values(_listed(condition), label, family)
        return read_where(node)

    def _values(self, values: list[Node], label: str, family: Family) -> None:
        allowed = family.values.get(label)
        for value in values:
            text = value.text() or ""
            if allowed and text not in allowed:
                message = f'{family.name} never has {label}="{text}"'
                self.wrong(value, message, nearest(text, allowed))

    def selection(self, node: Node | None) -> tuple[Selection | None, Family | None]:
        """Read `{metric, where}`."""
        if node is None:
            return None, None
        family = self.family(node.get("metric"))
        where = self.where(node.get("where"), family)
        return (Selection(family.name, where) if family else None), family


def read_where(node: Node | None) -> tuple[Matcher, ...]:
    """Read conditions on labels, whether or not there are such labels."""
    return tuple(
        Matcher(
            label, tuple(v.text() or "" for v in _listed(condition)), negated=condition.has("not")
        )
        for label, condition in (node.items() if node else ())
    )


def _listed(condition: Node) -> list[Node]:
    """Give the values of a condition on a label."""
    return [v for v in (condition.get("not") or condition).elements() if v.text() is not None]


def duration(node: Node | None, default: Fraction) -> Fraction:
    """Read a duration in seconds; what the schema has refused gives the default."""
    try:
        return parse_duration(str(node.value)) if node else default
    except ValueError:
        return default


def amount(node: Node | None) -> Fraction | None:
    """Read a number, share or duration; None where it is missing or was refused."""
    try:
        return parse_amount(node.value) if node else None
    except ValueError:
        return None


def integer(node: Node | None, default: int) -> int:
    """Read a whole number."""
    return node.value if node and type(node.value) is int else default


def string(node: Node | None, default: str = "") -> str:
    """Read a text; a number or truth value gives its own text."""
    return (node.text() if node else None) or default


def texts(node: Node | None) -> tuple[str, ...]:
    """Read a text or a list of texts."""
    return tuple(t for t in (part.text() for part in (node.elements() if node else [])) if t)


def constants(node: Node | None) -> dict[str, str]:
    """Read a mapping of texts to texts."""
    return {key: string(value) for key, value in (node.items() if node else ())}


def camel(name: str) -> str:
    """Make an alert's name of a budget's: `daily-cost` gives `DailyCost`."""
    return "".join(word.capitalize() for word in re.split(r"[-_]", name))
