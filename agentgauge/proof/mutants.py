"""Mutants: rules with one mistake each, which a good set of cases must notice.

An alert whose comparison can be turned round, whose threshold can be ten times as high, or whose
`for` can be dropped without any case failing is not proven by its cases, however many they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentgauge.proof.rule_files import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

MISTAKES = {
    "inverted": "its comparison turned round",
    "times ten": "its threshold ten times as high",
    "without for": "its `for` dropped",
}
"""The mistakes that are made, and how they are told."""

_OPPOSITE = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}
_COMPARISON = re.compile(r">=|<=|==|!=|>|<")
# What may stand between a comparison and its right side.
_MODIFIERS = re.compile(
    r"\s*(?:bool\b)?\s*(?:(?:on|ignoring)\s*\([^)]*\))?\s*(?:group_(?:left|right)\s*(?:\([^)]*\))?)?\s*"
)
_ZERO = re.compile(r"[-+]?0+(?:\.0*)?(?![\w.])")
# Brackets of any kind hold what is not the rule's own comparison; quotes hold no PromQL at all.
_QUOTED = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`"
_SKIPPED = re.compile(rf"{_QUOTED}|#[^\n]*|\{{(?:{_QUOTED}|[^{{}}\"'`])*\}}|\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule with a mistake, one of `MISTAKES`."""

    of: Rule
    mistake: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Excused:
    """A mistake that can't be made in a rule, and why."""

    of: Rule
    mistake: str
    why: str


def mutants(rule: Rule) -> Iterator[Mutant | Excused]:
    """Make every mistake that can be made in an alerting rule."""
    found = _comparison(rule.expr)
    if found is None:
        why = "it compares nothing: it fires while its expression has a value"
        yield Excused(rule, "inverted", why)
        yield Excused(rule, "times ten", why)
    else:
        start, end = found
        before, sign, after = rule.expr[:start], rule.expr[start:end], rule.expr[end:]
        yield _mutant(rule, "inverted", f"{before}{_OPPOSITE[sign]}{after}")
        yield _mutant(rule, "times ten", f"{before}{sign}{_times_ten(after)}")
    if "for" in rule.spelled:
        spelled = {key: value for key, value in rule.spelled.items() if key != "for"}
        yield Mutant(rule, "without for", Rule(rule.name, spelled))
    else:
        yield Excused(rule, "without for", "it has none: it fires at once")


def _mutant(rule: Rule, mistake: str, expr: str) -> Mutant:
    return Mutant(rule, mistake, Rule(rule.name, {**rule.spelled, "expr": expr}))


def _comparison(expr: str) -> tuple[int, int] | None:
    """Find the rule's comparison: the first that stands in the fewest brackets."""
    blank = _SKIPPED.sub(lambda found: " " * len(found[0]), expr)
    depth = 0
    depths = []
    for character in blank:
        depth += (character == "(") - (character == ")")
        depths.append(depth)
    found = [(depths[one.start()], one.span()) for one in _COMPARISON.finditer(blank)]
    return min(found)[1] if found else None


def _times_ten(after: str) -> str:
    """Multiply what is right of a comparison by ten; of nothing make ten."""
    modifiers = _MODIFIERS.match(after)
    cut = modifiers.end() if modifiers else 0
    head, right = after[:cut], after[cut:]
    if zero := _ZERO.match(right):
        return f"{head}10{right[zero.end() :]}"
    return f"{head}10 * {right}"
