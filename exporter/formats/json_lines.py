"""JSON, one object a line: a block at once where it is well-formed, else line by line.

A line that the typed decoder refuses is decoded again, alone and untyped. What no rule reads is
skipped, and not even checked for UTF-8; broken text that a rule reads gets replacement characters,
so that a prompt that was cut inside a letter does not cost the line its numbers.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from exporter.formats.decoded import Decoded
from spec.node import scalar_text

if TYPE_CHECKING:
    from exporter.mapping.plan import Plan

# Kinds of lines that no rule is for are learned, so that they do not slow the rest down.
MAX_LEARNED = 256
# Lines that are built by hand before the types are widened, and one in how many they must be.
MAX_REFUSED = 64
_BOM = b"\xef\xbb\xbf"
# An escaped backslash, a whole surrogate pair, or half of one, which is no text.
_ESCAPES = re.compile(
    r"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


class Refused(Exception):  # noqa: N818 (not an error of the program)
    """A line can't be read; the message is the reason."""


class JsonLines:
    """Decodes lines into the structs of a plan's branches.

    `strict`: places have the types that nearly all logs write, so that rules need not look again.
    A log that writes others (numbers as texts, say) has its lines built by hand, until they are so
    many that the types are widened.
    """

    def __init__(self, plan: Plan) -> None:
        """Make the structs; they are kept in the branches' shapes."""
        self.strict = True
        self._lines = self._refused = 0
        self._tag_field = plan.tag_field
        self._branches = {branch.tag: branch for branch in plan.branches}
        self._learned: dict[str, type] = {}
        self._make_structs()
        if len(plan.branches) == 1 and plan.tag_field is not None:
            # Only where there are several kinds does the decoder insist that a line names its own.
            self._learn(f"not {plan.branches[0].tag}", "")
        self._build()

    def _make_structs(self) -> None:
        for number, branch in enumerate(self._branches.values()):
            kind = f"Line{number}"
            branch.shape.make_struct(kind, self._tag_field, branch.tag, strict=self.strict)

    def widen(self) -> bool:
        """Widen the types where that pays; tell whether it was done, and the structs are new."""
        often = self._refused > MAX_REFUSED and self._refused * MAX_REFUSED > self._lines
        if not self.strict or not often:
            return False
        self.strict = False
        self._make_structs()
        self._build()
        return True

    def _build(self) -> None:
        structs = [branch.shape.struct for branch in self._branches.values()]
        union: Any = None
        for struct in (*structs, *self._learned.values()):
            union = struct if union is None else union | struct
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(union)

    def decode(self, data: bytes) -> Decoded:
        """Decode a block of whole lines."""
        self._lines += data.count(b"\n") if self.strict and self._refused else 0
        try:
            events = self._decoder.decode_lines(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._by_line(data)
        if _one_a_line(data, len(events)):
            return Decoded(events)
        # Blank lines, or a value that does not keep to its line.
        return self._by_line(data)

    def _by_line(self, data: bytes) -> Decoded:
        decoded = Decoded([])
        learned, refused_before = len(self._learned), self._refused
        for line in data.split(b"\n")[:-1]:
            stripped = line.strip()
            if not stripped or stripped == _BOM:
                decoded.blank += 1
                continue
            try:
                event = self._line(stripped)
            except Refused as refused:
                decoded.rejected.append(str(refused))
                continue
            if event is None:
                decoded.unmatched += 1
            else:
                decoded.events.append(event)
        if len(self._learned) > learned:
            self._build()
        decoded.built = self._refused > refused_before
        return decoded

    def _line(self, line: bytes) -> object:
        """Decode one line; None where no rule is for its kind."""
        try:
            return self._decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        value = untyped(line)
        if not isinstance(value, dict):
            raise Refused("not_an_object")
        tag: str | None = None
        if self._tag_field is not None:
            tag = scalar_text(value.get(self._tag_field))
            if tag is None:
                return None
            if tag not in self._branches:
                self._learn(tag, value[self._tag_field])
                return None
        self._refused += 1
        return self._branches[tag].shape.build(value)

    def _learn(self, tag: str, written: object) -> None:
        if isinstance(written, str) and len(self._learned) < MAX_LEARNED:
            self._learned.setdefault(
                tag,
                msgspec.defstruct(
                    f"Other{len(self._learned)}", [], tag_field=self._tag_field, tag=tag, gc=False
                ),
            )


def _one_a_line(data: bytes, count: int) -> bool:
    """Tell whether every line holds just one of the so many values in a block.

    Two values in one line and one over two lines would make up for each other in a count of lines.
    Within a value a brace never follows another over a line's end, between two it does.
    """
    if data.count(b"\n") != count:  # blank lines, or a value over several
        return False
    ends = data.count(b"}\n{")
    return ends == count - 1 or ends + data.count(b"}\r\n{") == count - 1


def untyped(line: bytes) -> Any:  # noqa: ANN401 (any JSON)
    """Decode a line of any shape.

    Raises:
        Refused: it is no JSON; the message is the reason.
    """
    try:
        return msgspec.json.decode(line)
    except RecursionError:
        raise Refused("too_deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _leniently(line)


def _leniently(line: bytes) -> Any:  # noqa: ANN401 (any JSON)
    """Decode a line with broken text, or with numbers that no float holds (1e999: infinite)."""
    try:
        # Half a surrogate pair is JSON, but no text that could become a label.
        whole = _ESCAPES.sub(
            lambda found: r"\ufffd" if found["half"] else found[0], line.decode(errors="replace")
        )
        return json.loads(whole, parse_constant=_no_json, parse_int=_integer)
    except RecursionError:
        raise Refused("too_deep") from None
    except ValueError:
        raise Refused("malformed") from None


def _no_json(_: str) -> object:
    raise ValueError


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # Python refuses to read thousands of digits
        return float("inf")
