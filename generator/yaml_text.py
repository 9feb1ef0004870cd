"""YAML as the generated files are written: in the order given, long texts as blocks.

The bytes are those of PyYAML's dumper (a test compares them), which would take most of the time
that generating takes: it looks at every character several times. Here simple texts are known by
their look, and PyYAML is asked only how to spell the others. A document with
something odd in it (a key of several lines, say) is left to it as a whole.
"""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

# Keys that are longer stand behind a question mark; so do empty ones and those of several lines.
_LONG = 100
# Texts of one line, of which every character may stand as it is.
_SIMPLE = re.compile("[ -~\xa0-\u2027\u202a-\ud7ff]+")
# What would be read as something else than a text, if it had no quotes.
_QUOTED = re.compile(r"""[#,\[\]{}&*!|>'"%@` ]|[?:-](?: |$)|---|\.\.\.|.*(?:: |:$| \#| $)""")
_MEANINGS = yaml.SafeDumper.yaml_implicit_resolvers
# Line breaks that only YAML knows.
_BREAKS = re.compile("[\x85\u2028\u2029]")
# What a block can't hold: characters that need escapes, other line breaks, blanks before a break.
_NO_BLOCK = re.compile(
    "[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe]|[\u2028\u2029]| \n| $"
)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as block scalars, and list entries below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's own signature
        """Indent list entries too: PyYAML would set them level with their key."""
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's own signature
        """Write equal values out each time: anchors would tie unrelated places together."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


class _OddError(Exception):
    """What can't simply stand on its line: how it is spelt depends on where it is."""


def dump(value: object, header: str) -> str:
    """Write a document of plain values; every line of `header` becomes a comment above it."""
    comment = "".join(f"# {line}".rstrip() + "\n" for line in header.splitlines())
    lines = [comment]
    try:
        _block(value, "", "", lines)
    except _OddError:
        return f"{comment}{dumped(value)}"
    return "".join(lines)


def dumped(value: object) -> str:
    """Write a document as PyYAML does, slowly."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
    return str(text)


def _block(value: object, lead: str, indent: str, lines: list[str]) -> None:
    """Write a value, its first line after `lead`, the others after `indent`."""
    if not _nested(value):
        lines.append(f"{lead}{_spelled(value, indent)}\n")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _entry(f"{lead}{_key(key)}:", inner, indent, lines)
            lead = indent
    elif isinstance(value, list | tuple):
        for inner in value:
            deeper = f"{indent}  " if _nested(inner) else indent
            _block(inner, f"{lead}- ", deeper, lines)
            lead = indent


def _entry(start: str, value: object, indent: str, lines: list[str]) -> None:
    if _nested(value):
        lines.append(f"{start}\n")
        _block(value, f"{indent}  ", f"{indent}  ", lines)
    else:
        lines.append(f"{start} {_spelled(value, indent)}\n")


def _nested(value: object) -> bool:
    return isinstance(value, dict | list | tuple) and bool(value)


def _spelled(value: object, indent: str) -> str:
    if isinstance(value, str):
        if "\n" in value and not _NO_BLOCK.search(value):
            return _literal(value, f"{indent}  ")
        return _scalar(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    return _asked(value)


def _literal(text: str, indent: str) -> str:
    """Write a text of several lines as a block; the marks say how it begins and ends."""
    body = text.rstrip("\n")
    marks = "2" if text[0] in " \n" else ""
    marks += "-" if body == text else "+" if not body or text.endswith("\n\n") else ""
    lines = "".join(f"\n{indent}{line}" if line else "\n" for line in body.split("\n"))
    return f"|{marks}{lines}{text[len(body) + 1 :]}"


# `typed`: true is no 1.
@lru_cache(maxsize=8192, typed=True)
def _key(key: object) -> str:
    if not isinstance(key, str):
        return _asked(key)
    if not key or len(key) > _LONG or not key.isprintable():
        raise _OddError
    return _scalar(key)


@lru_cache(maxsize=8192)
def _scalar(text: str) -> str:
    if not _SIMPLE.fullmatch(text):
        if _BREAKS.search(text):
            raise _OddError
        return _asked(text)
    if _QUOTED.match(text) or _means(text):
        return "'" + text.replace("'", "''") + "'"
    return text


def _means(text: str) -> bool:
    """Tell whether a text would be read as a number, a date, a truth value or null."""
    return any(pattern.match(text) for _, pattern in _MEANINGS.get(text[0], ()))


def _asked(value: object) -> str:
    """Ask PyYAML how it spells one value, but for the few whose spelling is plain."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    spelled = dumped([value])[2:-1]
    if "\n" in spelled:
        raise _OddError
    return spelled
