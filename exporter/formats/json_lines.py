"""JSON, one object a line, decoded into just what the rules read.

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
    from collections.abc import Mapping

    from exporter.formats.shape import Shape

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
    """Decodes lines into the structs of their kinds.

    `strict`: places have the types that nearly all logs write, so that rules need not look again.
    A log that writes others (numbers as texts, say) has its lines built by hand, until they are so
    many that the types are widened. `type` is what the decoder decodes: the union of all structs.
    """

    def __init__(self, tag_field: str | None, shapes: Mapping[str | None, Shape]) -> None:
        """Make the structs; they are kept in the shapes.

        `tag_field` is the key that tells kinds of lines apart, `shapes` are by kind; where all
        lines are alike both the key and the only kind are None.
        """
        self.strict = True
        self._lines = self._refused = 0
        self._tag_field = tag_field
        self._shapes = shapes
        self._learned: dict[str, type] = {}
        self._make_structs()
        if len(shapes) == 1 and tag_field is not None:
            # Only where there are several kinds does the decoder insist that a line names its own.
            self._learn(f"not {next(iter(shapes))}", "")
        self._build()

    def _make_structs(self) -> None:
        for number, (tag, shape) in enumerate(self._shapes.items()):
            shape.make_struct(f"Line{number}", self._tag_field, tag, strict=self.strict)

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
        structs = [shape.struct for shape in self._shapes.values()]
        union: Any = None
        for struct in (*structs, *self._learned.values()):
            union = struct if union is None else union | struct
        self.type = union
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(union)

    def decode(self, data: bytes) -> Decoded:
        """Decode a block of whole lines."""
        lines = data.split(b"\n")
        lines.pop()  # what follows the last newline: nothing
        self._lines += len(lines)
        decoded = Decoded([])
        events, rest, place = decoded.events, iter(lines), 0
        learned, refused = len(self._learned), self._refused
        while True:
            before = len(events)
            try:
                events.extend(map(self._decoder.decode, rest))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                # What came before the refused line is in the list; `rest` goes on after it.
                place += len(events) - before
                self._by_hand(lines[place], decoded)
                place += 1
            else:
                break
        if len(self._learned) > learned:
            self._build()
        decoded.built = self._refused > refused
        return decoded

    def _by_hand(self, line: bytes, decoded: Decoded) -> None:
        """Decode a line that the decoder has refused."""
        stripped = line.strip()
        if not stripped or stripped == _BOM:
            decoded.blank += 1
            return
        try:
            event = self._untyped(stripped)
        except Refused as refused:
            decoded.rejected.append(str(refused))
            return
        if event is None:
            decoded.unmatched += 1
        else:
            decoded.events.append(event)

    def _untyped(self, line: bytes) -> object:
        """Decode a line of any shape; None where no rule is for its kind."""
        value = untyped(line)
        if not isinstance(value, dict):
            raise Refused("not_an_object")
        tag: str | None = None
        if self._tag_field is not None:
            tag = scalar_text(value.get(self._tag_field))
            if tag is None:
                return None
            if tag not in self._shapes:
                self._learn(tag, value[self._tag_field])
                return None
        self._refused += 1
        return self._shapes[tag].build(value)

    def _learn(self, tag: str, written: object) -> None:
        if isinstance(written, str) and len(self._learned) < MAX_LEARNED:
            self._learned.setdefault(
                tag,
                msgspec.defstruct(
                    f"Other{len(self._learned)}", [], tag_field=self._tag_field, tag=tag, gc=False
                ),
            )


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
    """Decode a line with broken text, with numbers that no float holds (1e999), or with NaN.

    Python's own json module writes NaN and Infinity, which are no JSON: the number is refused by
    the rule that reads it, the rest of the line counts.
    """
    try:
        # Half a surrogate pair is JSON, but no text that could become a label.
        whole = _ESCAPES.sub(
            lambda found: r"\ufffd" if found["half"] else found[0], line.decode(errors="replace")
        )
        return json.loads(whole, parse_int=_integer)
    except RecursionError:
        raise Refused("too_deep") from None
    except ValueError:
        raise Refused("malformed") from None


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # Python refuses to read thousands of digits
        return float("inf")
