"""Two PromQL expressions of one rule or panel: what differs, in the words of the spec."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A bound that is no decimal is written as a quotient.
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\[[^\]]*\]|[0-9.]+ / [0-9.]+(?![\w.])|[\w.:$]+|[<>=!~]+|\S')
_NUMBER = re.compile(r"[0-9.]+(?:e[+-]?[0-9]+)?(?: / [0-9.]+)?")
# A recording says at its end over what time it looks back.
_RECORDING = re.compile(r"(\w+:[\w:]*[a-z_])([0-9]+(?:ms|[smhdwy]))")
# What stands before a number tells what the number is: rules compare a value with a threshold by
# `<` or `>`, and its traffic with a minimum by `>=`.
_COMPARED = {"<": "threshold", ">": "threshold", ">=": "minimum", "<=": "maximum"}


def expression_changes(old: str, new: str, name: str = "expression") -> Iterator[str]:
    """Tell a threshold, a window or a metric that changed; or give both, where more did."""
    were, are = _TOKEN.findall(old), _TOKEN.findall(new)
    if were == are:
        return
    steps = SequenceMatcher(None, were, are, autojunk=False).get_opcodes()
    pairs = [
        (at, were[at], are[at - i + j])
        for step, i, i_end, j, j_end in steps
        for at in range(i, i_end)
        if step == "replace" and i_end - i == j_end - j
    ]
    plain = all(step == "equal" or i_end - i == j_end - j for step, i, i_end, j, j_end in steps)
    said = [_said(were[at - 1] if at else "", one, other) for at, one, other in pairs]
    if plain and all(said):
        yield from dict.fromkeys(filter(None, said))
        return
    yield f"{name} was: {' '.join(old.split())}"
    yield f"{name} is:  {' '.join(new.split())}"


def _said(before: str, old: str, new: str) -> str | None:
    """Tell of one token that is another now; None where that has no word."""
    if _NUMBER.fullmatch(old) and _NUMBER.fullmatch(new):
        return f"{_COMPARED.get(before, 'number')}: {old} → {new}"
    if old[0] == new[0] == "[":
        return f"window: {old[1:-1]} → {new[1:-1]}"
    one, other = _RECORDING.fullmatch(old), _RECORDING.fullmatch(new)
    if one and other and one[1] == other[1]:
        return f"window: {one[2]} → {other[2]}"
    word = _word(old)
    return f"{word}: {old} → {new}" if word and word == _word(new) else None


def _word(token: str) -> str | None:
    if token in _COMPARED:
        return "comparison"
    if token[0] == '"':
        return "selects"
    return "reads" if re.match(r"[A-Za-z_]", token) else None
