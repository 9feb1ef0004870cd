"""The rules and rule tests of a folder, as Prometheus and promtool will read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as its file has it: `spelled` is the YAML mapping, `name` its record or alert."""

    name: str
    spelled: Mapping[str, Any]

    @property
    def expr(self) -> str:
        """Its PromQL."""
        return str(self.spelled["expr"])

    @property
    def tier(self) -> str:
        """What tells it from other rules of the same alert; "" where there are none."""
        return str(self.spelled.get("labels", {}).get("tier", ""))


@dataclass(frozen=True, slots=True)
class Tests:
    """A promtool file: `cases` are its tests, `interval` the pace at which rules are evaluated."""

    file: str
    interval: str
    cases: tuple[Mapping[str, Any], ...]

    @property
    def alerts(self) -> frozenset[str]:
        """The alerts that it speaks of."""
        return frozenset(
            check["alertname"] for case in self.cases for check in case.get("alert_rule_test", ())
        )

    def expected(self, alert: str) -> Iterator[Mapping[str, str]]:
        """Give the labels of every alert of this name that a case expects to fire."""
        for case in self.cases:
            for check in case.get("alert_rule_test", ()):
                if check["alertname"] == alert:
                    yield from (one.get("exp_labels", {}) for one in check.get("exp_alerts") or ())

    def names(self, alert: str) -> tuple[str, ...]:
        """Name the cases of an alert, in their order."""
        return tuple(
            str(case.get("name", ""))
            for case in self.cases
            if any(check["alertname"] == alert for check in case.get("alert_rule_test", ()))
        )

    @property
    def queried(self) -> frozenset[str]:
        """Every name that an expression of a case reads."""
        exprs = (
            check["expr"] for case in self.cases for check in case.get("promql_expr_test") or ()
        )
        return frozenset(name for expr in exprs for name in _NAME.findall(expr))


@dataclass(frozen=True)
class RuleFiles:
    """All rules of a folder, recordings in the order in which they are evaluated, and its tests."""

    recordings: tuple[Rule, ...]
    alerts: tuple[Rule, ...]
    tests: tuple[Tests, ...]

    @cached_property
    def _by_name(self) -> dict[str, list[Rule]]:
        found: dict[str, list[Rule]] = {}
        for rule in self.recordings:
            found.setdefault(rule.name, []).append(rule)
        return found

    def read_by(self, exprs: Iterable[str]) -> tuple[Rule, ...]:
        """Give the recordings that expressions read, and those that these read, in their order."""
        wanted: set[str] = set()
        todo = list(exprs)
        while todo:
            names = set(_NAME.findall(todo.pop())) & self._by_name.keys() - wanted
            wanted |= names
            todo += (rule.expr for name in names for rule in self._by_name[name])
        return tuple(rule for rule in self.recordings if rule.name in wanted)

    def named(self, alert: str) -> tuple[Rule, ...]:
        """Give the rules of an alert; a burn alert has one a tier."""
        return tuple(rule for rule in self.alerts if rule.name == alert)


def read_rules(alerts: Path) -> RuleFiles:
    """Read `rules/` and `tests/` of a folder such as `alerts/`.

    Raises:
        OSError: a file can't be read.
        ValueError: a file is not what Prometheus or promtool would take; the message names it.
    """
    rules: dict[str, list[Rule]] = {"record": [], "alert": []}
    # Recordings stand before alerts whatever their files are called.
    for path in sorted((alerts / "rules").glob("*.yaml")):
        for group in _document(path).get("groups") or ():
            for rule in group.get("rules") or ():
                kind = "record" if "record" in rule else "alert"
                if kind not in rule or "expr" not in rule:
                    raise ValueError(f"{path}: a rule lacks its name or its expr")
                rules[kind].append(Rule(str(rule[kind]), rule))
    tests = tuple(
        Tests(
            path.name,
            str(document.get("evaluation_interval", "1m")),
            tuple(document.get("tests") or ()),
        )
        for path in sorted((alerts / "tests").glob("*.yaml"))
        for document in (_document(path),)
    )
    return RuleFiles(tuple(rules["record"]), tuple(rules["alert"]), tests)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader, in C where there is one
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error
    if not isinstance(document, dict):
        raise ValueError(f"{path}: must be a mapping")  # noqa: TRY004 - what is wrong is the file
    return document
