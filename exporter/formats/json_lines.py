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

from exporter.formats.decoded import Decoded, Refused

if TYPE_CHECKING:
    from exporter.formats.kinds import Kinds
    from spec.mapping import Mapping

# Kinds of lines that no rule is for are learned, so that they do not slow the rest down.
MAX_LEARNED = 256
# Lines that are built by hand before the types are widened, and one in how many they must be.
MAX_REFUSED = 64
_BOM = b"\xef\xbb\xbf"
# An escaped backslash, a whole surrogate pair, or half of one, which is no text.
_ESCAPES = re.compile(
    r"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


class JsonLines:
    """Decodes lines into the structs of their kinds.

    `strict`: places have the types that nearly all logs write, so that rules need not look again.
    A log that writes others (numbers as texts, say) has its lines built by hand, until they are so
    many that the types are widened. `type` is what the decoder decodes: the union of all structs.
    """

    def __init__(self, kinds: Kinds, _mapping: Mapping) -> None:
        """Make the structs; they are kept in the shapes of the kinds."""
        self.strict = True
        self._kinds = kinds
        self._lines = self._refused = 0
        self._learned: dict[str, type] = {}
        self._structs = kinds.make_structs(strict=True)
        if len(kinds.shapes) == 1 and kinds.tag_field is not None:
            # Only where there are several kinds does the decoder insist that a line names its own.
            self._learn(f"not {next(iter(kinds.shapes))}")
        self._build()

    def widen(self) -> bool:
        """Widen the types where that pays; tell whether it was done, and the structs are new."""
        often = self._refused > MAX_REFUSED and self._refused * MAX_REFUSED > self._lines
        if not self.strict or not often:
            return False
        self.strict = False
        self._structs = self._kinds.make_structs(strict=False)
        self._build()
        return True

    def _build(self) -> None:
        union: Any = None
        for struct in (*self._structs, *self._learned.values()):
            union = struct if union is None else union | struct
        self.type = union
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(union)

    def decode(self, data: bytes) -> Decoded:
        """Decode a block of whole lines."""
        lines = data.split(b"\n")
        lines.pop()  # what follows the last newline: nothing
        return self.records(lines)

    def records(self, lines: list[bytes]) -> Decoded:
        """Decode what stands on one line each, or could."""
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
            decoded.reject(str(refused), line)
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
        shape = self._kinds.shape(value)
        if shape is None:
            self._learn(value.get(self._kinds.tag_field))
            return None
        self._refused += 1
        return shape.build_struct(value)

    def _learn(self, tag: object) -> None:
        if isinstance(tag, str) and tag not in self._learned and len(self._learned) < MAX_LEARNED:
            name, field = f"Other{len(self._learned)}", self._kinds.tag_field
            self._learned[tag] = msgspec.defstruct(name, [], tag_field=field, tag=tag, gc=False)


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
