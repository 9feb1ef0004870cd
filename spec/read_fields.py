"""Fields, labels, keys and tests of the mapping language: from nodes to typed values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spec.mapping import Const, Field, Key, LabelRule, Path, Test
from spec.reading import string, texts

if TYPE_CHECKING:
    from spec.node import Node
    from spec.reading import Reading

_PART = re.compile(r'"([^"]+)"|([^."]+)')


def read_path(text: str) -> Path:
    """Read `a.b."c.d"` into its parts."""
    return Path(tuple(quoted or plain for quoted, plain in _PART.findall(text)))


def read_field(node: Node | None) -> Field:
    """Read a place, a list of places, or `{of: …}`: the first that is there counts."""
    if node is None:
        return ()
    inner = node.get("of")
    return tuple(
        Const(text[1:]) if text.startswith("=") else read_path(text)
        for text in texts(inner or node)
    )


def read_label(node: Node, into: Reading) -> LabelRule:
    """Read how a label's value is made."""
    if not isinstance(node.value, dict):
        return LabelRule(read_field(node))
    match, table, classes = node.get("match"), node.get("map"), node.get("classify")
    other = node.get("else")
    for expression in (match, *(c for _, c in (classes.items() if classes else ()))):
        check_regex(expression, into, group=expression is match)
    pairs = {key: string(value) for key, value in table.items()} if table else None
    return LabelRule(
        of=read_field(node),
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
        parts.append((read_field(part), string(match) if match else None))
    return Key(tuple(parts))


def read_test(place: str, node: Node, into: Reading, *, negated: bool = False) -> Test:
    """Read one condition of `when`."""
    path = read_path(place)
    if isinstance(node.value, dict) and len(node.value) == 1:
        ((operator, operand),) = node.value.items()
        if operator == "not":
            return read_test(place, operand, into, negated=not negated)
        if operator == "matches":
            check_regex(operand, into, group=False)
        value = operand.value
        if operator in ("above", "below", "at_least", "at_most") and not _number(value):
            into.wrong(operand, "must be a number")
        if operator == "exists" and not isinstance(value, bool):
            into.wrong(operand, "must be true or false")
        if operator == "differs_from_sum_of":
            if "*" not in (places := read_path(string(operand)).parts):
                into.wrong(operand, "must be a place with a * in it", "try parts.*.cost")
            return Test(path, operator, places, negated)
        scalar = value if isinstance(value, str | int | float) else ""
        return Test(path, operator, scalar, negated)
    # Not `texts`: an empty text is something that a place may be.
    values = tuple(text for text in (part.text() for part in node.elements()) if text is not None)
    return Test(path, "is", values, negated)


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


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
