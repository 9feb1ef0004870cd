"""The lint in one call: every family of rules over everything, then the exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.lint import (
    alerts,
    boards,
    exceptions,
    existence,
    expressions,
    panels,
    recordings,
    routes,
    texts,
)
from generator.lint.finding import SPEC

if TYPE_CHECKING:
    from generator.lint.exceptions import Exceptions
    from generator.lint.finding import Finding
    from generator.lint.whole import Whole

FAMILIES = (existence, expressions, alerts, texts, recordings, routes, boards, panels)

RULES = (SPEC, *(rule for family in FAMILIES for rule in family.RULES), *exceptions.RULES)
"""All rules, those of the spec itself and of the file of exceptions included."""

EXCEPTABLE = tuple(rule.name for family in FAMILIES for rule in family.RULES)
"""The rules that an exception may name."""


def lint(whole: Whole, excepted: Exceptions) -> tuple[Finding, ...]:
    """Find everything that breaks a rule and is no exception, in the order of the spec's lines."""
    found = sorted({finding for family in FAMILIES for finding in family.find(whole)})
    return tuple(sorted(excepted.apply(found)))
