"""Fields, labels, keys and tests of the mapping language: from nodes to typed values."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from spec.mapping import Const, Field, Key, LabelRule, Path, Test
from spec.places import ELEMENT, Place, flattened, parse_path
from spec.reading import string

if TYPE_CHECKING:
    from spec.node import Node
    from spec.reading import Reading

# What is read in place of a path that is none; the problem is noted.
_NOWHERE = Path(("",))


def read_path(node: Node, into: Reading) -> Path:
    """Read `a.b."c.d"` into its parts."""
    path = parse_path(string(node))
    if path is None:
        into.wrong(
            node, f'"{string(node)}" is no place in a line', 'write a.b, or "a.b" for one key'
        )
        return _NOWHERE
    path = flattened(path, into.flat)
    into.places.append(Place(path, node))
    return path


def read_field(node: Node | None, into: Reading) -> Field:
    """Read a place, a list of places, or `{of: …}`: the first that is there counts."""
    if node is None:
        return ()
    parts = [part for part in (node.get("of") or node).elements() if isinstance(part.value, str)]
    return tuple(
        Const(string(part)[1:]) if string(part).startswith("=") else read_path(part, into)
        for part in parts
    )


def read_label(node: Node, into: Reading) -> LabelRule:
    """Read how a label's value is made."""
    if not isinstance(node.value, dict):
        return LabelRule(read_field(node, into))
    match, table, classes = node.get("match"), node.get("map"), node.get("classify")
    if table and classes:
        into.wrong(classes, "cannot stand beside map", "keep one")
    other = node.get("else")
    for expression in (match, *(c for _, c in (classes.items() if classes else ()))):
        check_regex(expression, into, group=expression is match)
    pairs = {key: string(value) for key, value in table.items()} if table else None
    return LabelRule(
        of=read_field(node, into),
        match=string(match) if match else None,
        table={} if pairs is None and other and not classes else pairs,
        classes=tuple((name, string(c)) for name, c in (classes.items() if classes else ())),
        other=string(other) if other else None,
        absent=string(node.get("absent"), "unknown"),
    )


def read_labels(node: Node | None, into: Reading) -> dict[str, LabelRule]:
    """Read a mapping of labels to rules."""
    return {name: read_label(rule, into) for name, rule in (node.items() if node else ())}


def read_key(node: Node | None, into: Reading) -> Key:
    """Read a key: a field, `{of, match}`, or a list of such parts."""
    parts: list[tuple[Field, str | None]] = []
    for part in node.elements() if node else []:
        match = part.get("match")
        check_regex(match, into, group=True)
        parts.append((read_field(part, into), string(match) if match else None))
    return Key(tuple(parts))


def read_tests(where: Node, into: Reading) -> tuple[Test, ...]:
    """Read the conditions of `when`; several operators on one place must all hold."""
    tests: list[Test] = []
    for place, node in where.items():
        mark = where.keys.get(place, node.mark)
        path = read_path(replace(node, value=place, mark=mark, path=(*where.path, place)), into)
        tests += _tests(path, node, into)
    return tuple(tests)


def _tests(path: Path, node: Node, into: Reading, *, negated: bool = False) -> list[Test]:
    if not isinstance(node.value, dict):
        # Not `texts`: an empty text is something that a place may be.
        found = tuple(t for t in (part.text() for part in node.elements()) if t is not None)
        return [Test(path, "is", found, negated)]
    tests: list[Test] = []
    for operator, operand in node.items():
        value = operand.value
        if operator == "not":
            tests += _tests(path, operand, into, negated=not negated)
        elif operator == "differs_from_sum_of":
            tests.append(Test(path, operator, _sum_of(operand, into), negated))
        else:
            scalar = value if isinstance(value, str | int | float) else ""
            tests.append(Test(path, operator, scalar, negated))
    return tests


def _sum_of(node: Node, into: Reading) -> tuple[str, ...]:
    parts = read_path(node, into).parts
    if parts.count(ELEMENT) != 1 or parts[0] == ELEMENT:
        into.wrong(node, "must be a place with one * in it", "write parts.*.cost")
        return ("", ELEMENT)
    return parts


def check_regex(node: Node | None, into: Reading, *, group: bool) -> None:
    """Note an expression that lacks the group whose text is taken; the schema checks the rest."""
    if node is None:
        return
    try:
        groups = re.compile(string(node)).groups
    except re.error:
        return
    if group and not groups:
        into.wrong(node, "takes the text of its first group, and has none", "put it in (…)")
