"""Grafana's variables in an expression: put to rest as Grafana would, so that PromQL is left.

Nothing changes its length: a place in the one is the same place in the other.
"""

from __future__ import annotations

import re

RATE_INTERVAL = 9.431
"""What stands for `$__rate_interval`, in seconds: nobody writes such a range."""

_VARIABLE = r"\$\{(?P<braced>\w+)(?::[^}]*)?\}|\$(?P<plain>\w+)|\[\[(?P<old>\w+)(?::\w+)?\]\]"
_STRING = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`"
_EITHER = re.compile(f"(?P<string>{_STRING})|{_VARIABLE}")
_USED = re.compile(_VARIABLE)
_OVER_TIME = re.compile(r"(?:\[|:|\boffset\s+-?)\s*$")
_LIST_OF_LABELS = re.compile(
    r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*$", re.IGNORECASE
)
# What stands right beside a variable that is a part of a name, or a metric itself.
_NAME = re.compile(r"^[\w:] | [\w:{\[]")


def used(text: str) -> tuple[str, ...]:
    """Name the variables that a text speaks of, each once."""
    names = (_name(found) for found in _USED.finditer(text))
    return tuple(dict.fromkeys(names))


def settled(expr: str) -> tuple[str, bool]:
    """Give an expression without variables, and whether one stood for a name.

    Variables in strings stay: they are values, and match what they match. Others are a duration
    where one belongs, a part of a name where it is one, else a number. Nobody can tell here what a
    name will be.
    """
    named = False

    def one(found: re.Match[str]) -> str:
        nonlocal named
        if found["string"]:
            return found[0]
        before, after = expr[: found.start()], expr[found.end() :]
        if _OVER_TIME.search(before):
            rated = _name(found) == "__rate_interval"
            return ("9431ms" if rated else "5m").rjust(len(found[0]), "0")
        beside = f"{before[-1:]} {after[:1]}"
        if _LIST_OF_LABELS.search(before) or _NAME.search(beside):
            named = True
            return "v" * len(found[0])
        return "1".rjust(len(found[0]), "0")

    return _EITHER.sub(one, expr), named


def _name(found: re.Match[str]) -> str:
    return found["braced"] or found["plain"] or found["old"]
