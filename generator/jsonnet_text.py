"""Jsonnet as `jsonnetfmt` writes it: two spaces, single quotes, a line for each field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset({
    "assert", "else", "error", "false", "for", "function", "if", "import", "importstr", "importbin",
    "in", "local", "null", "self", "super", "tailstrict", "then", "true",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Code:
    """Jsonnet that stands as it is, instead of a text in quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A value, and jsonnet that adds to it."""

    value: object
    more: Code


@dataclass(frozen=True, slots=True)
class Field:
    """A field's name with what stands behind it: `groups+` adds to what was there before."""

    name: str
    mark: str

    def __str__(self) -> str:
        return key(self.name) + self.mark


def write(value: object, depth: int = 0) -> str:  # noqa: PLR0911 (a table of shapes)
    """Write a value of mappings, lists, texts, numbers and `Code`; `depth` is how deep it is."""
    match value:
        case Code(text):
            return text
        case Sum(first, more):
            return f"{write(first, depth)} + {more.text}"
        case str() if "\n" in value:
            lines = [Code(quote(line)) for line in value.split("\n")]
            return f"std.join('\\n', {write(lines, depth)})"
        case str():
            return quote(value)
        case Mapping():
            return _block(
                "{}", [f"{_name(k)}: {write(v, depth + 1)}" for k, v in value.items()], depth
            )
        case Sequence():
            return _block("[]", [write(item, depth + 1) for item in value], depth)
        case _:
            return json.dumps(value)


def key(name: str) -> str:
    """Write a field's name, in quotes where it is no plain one."""
    return name if _PLAIN.fullmatch(name) and name not in _RESERVED else quote(name)


def quote(text: str) -> str:
    """Write a text of one line; in double quotes where that spares escapes."""
    spelled = json.dumps(text, ensure_ascii=False)
    if "'" in text and '"' not in text:
        return spelled
    inner = spelled[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inner}'"


def _name(name: object) -> str:
    return str(name) if isinstance(name, Field) else key(str(name))


def _block(brackets: str, lines: Sequence[str], depth: int) -> str:
    if not lines:
        return brackets
    inner, outer = "  " * (depth + 1), "  " * depth
    body = "".join(f"{inner}{line},\n" for line in lines)
    return f"{brackets[0]}\n{body}{outer}{brackets[1]}"
