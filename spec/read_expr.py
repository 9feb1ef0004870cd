"""PromQL as an alert: what it reads is its own affair, so its cases are the user's."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

from spec.model import Firing, Promql, WrittenCase
from spec.reading import amount, constants, duration, string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.model import CaseSort
    from spec.node import Node
    from spec.reading import Reading

_MINUTE = Fraction(60)
_ONLY = ("unit", "cases")


def read_expr(node: Node) -> Promql:
    """Read an expression and its cases. Whether they prove it, `check` and `test` tell."""
    cases = tuple(_cases(node.get("cases")))
    return Promql(string(node.get("expr")), string(node.get("unit")) or None, cases)


def note_foreign(kind: str, node: Node, into: Reading) -> None:
    """Note what only an expression has, at an alert of another kind."""
    if kind == "expr":
        return
    for key in _ONLY:
        if node.has(key):
            hint = "its unit and its cases follow from what it reads"
            into.problems.append(node.key_problem(key, f"means nothing to {kind}", hint))


def _cases(node: Node | None) -> Iterator[WrittenCase]:
    for number, entry in enumerate(node.elements() if node else (), 1):
        fires = tuple(_firing(entry.get("fires")))
        sort = string(entry.get("sort"), "fires" if fires else "silent")
        every = duration(entry.get("every"), _MINUTE)
        yield WrittenCase(
            name=string(entry.get("name"), f"case {number}"),
            every=every,
            series=tuple(constants(entry.get("series")).items()),
            at=duration(entry.get("at"), every),
            fires=fires,
            sort=cast("CaseSort", sort),
        )


def _firing(node: Node | None) -> Iterator[Firing]:
    """Read what fires: each with its labels, and its value under `value`."""
    for entry in node.elements() if node else ():
        labels = {key: text for key, text in constants(entry).items() if key != "value"}
        yield Firing(labels, amount(entry.get("value")) or Fraction(0))
