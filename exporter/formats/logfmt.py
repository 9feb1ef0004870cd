"""logfmt: `key=value` pairs on a line, as loggers of Go and Rust write them."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from exporter.formats.decoded import Refused
from exporter.formats.field_lines import FieldLines

if TYPE_CHECKING:
    from exporter.formats.kinds import Kinds
    from spec.mapping import Mapping

_QUOTED = r'"([^"\\]*(?:\\.[^"\\]*)*)"'
_BLANK = r"\x00-\x20"
# A key, plain or quoted; then a value, quoted or plain. What is left over is not logfmt.
_PAIR = re.compile(
    rf'(?:([^{_BLANK}="]+)|{_QUOTED}(?==))'
    rf'(?:(=)(?:{_QUOTED}(?![^{_BLANK}])|([^{_BLANK}"][^{_BLANK}]*)?(?!")))?'
    rf'|([^{_BLANK}])'
)  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL
)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}
_REPLACEMENT = "\ufffd"


class Logfmt(FieldLines):
    """Reads the pairs of a line. All values are texts; a key that stands alone is true.

    A later value of a key counts. A line is malformed if it has no pair at all, or quotes that
    don't match: what stands in a text that was cut off would be taken for keys.
    """

    def __init__(self, kinds: Kinds, _mapping: Mapping) -> None:
        super().__init__(kinds, pairs)


def pairs(line: str) -> dict[str, Any]:
    """Read the pairs of a line.

    Raises:
        Refused: it is no logfmt.
    """
    fields: dict[str, Any] = {}
    paired = False
    for key, quoted_key, equals, quoted, plain, stray in _PAIR.findall(line):
        if stray:
            raise Refused("malformed")
        if equals:
            paired = True
        fields[key or _unescaped(quoted_key)] = (_unescaped(quoted) or plain) if equals else True
    if not paired:
        raise Refused("malformed")
    return fields


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    # JSON's escapes write what is beyond 16 bits as a surrogate pair; half of one is no text.
    return (
        _ESCAPE.sub(_character, text)
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
    )  # fmt: skip


def _character(found: re.Match[str]) -> str:
    short, medium, long, octal, letter = found.groups()
    if letter is not None:
        return _LETTERS.get(letter, str(letter))
    code = int(octal, 8) if octal else int(short or medium or long, 16)
    return chr(code) if code <= sys.maxunicode else _REPLACEMENT
