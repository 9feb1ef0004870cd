"""JSON objects one after the other: pretty-printed over many lines, or back to back on one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from exporter.formats.decoded import MAX_RECORD
from exporter.formats.json_lines import JsonLines

if TYPE_CHECKING:
    from exporter.formats.decoded import Decoded

_BOM = b"\xef\xbb\xbf"
_WHITE = b" \t\r\n\x1e"  # also the record separator of JSON text sequences
_SPACE = re.compile(rb"[ \t\r\n\x1e]*")
_GARBAGE_END = re.compile(rb"[\n{]")
_TEXT = re.compile(rb'[^"\\\n]*(?:\\[^\n][^"\\\n]*)*')
# What can be passed over inside an object: all but braces, and texts that are whole.
_PLAIN = re.compile(rb'(?:[^"{}]+|"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*")*')
_BACK_TO_BACK = re.compile(rb"\}[ \t\r\x1e]*\{")
_OPEN, _QUOTE, _NEWLINE = b'{"\n'


class JsonStream(JsonLines):
    """Decodes objects wherever they stand. What is between them is malformed."""

    def decode(self, data: bytes) -> Decoded:
        """Decode a block of whole objects."""
        if not _one_a_line(data):
            cutter = ObjectCutter(len(data) + 1)
            data = cutter.feed(data) + cutter.end()
        return super().decode(data)


def _one_a_line(data: bytes) -> bool:
    """Tell whether each line holds one object, as the cutter has written them."""
    ends = data.startswith(b"{") and data.endswith(b"}\n")
    whole = ends and data.count(b"}\n{") + 1 == data.count(b"\n")
    return whole and _BACK_TO_BACK.search(data) is None


class ObjectCutter:
    """Finds the objects of a stream and gives each on a line of its own.

    Newlines within an object become carriage returns, which are white space in JSON too, and are
    as forbidden inside a text. Garbage between objects is given by line, to be rejected. An object
    that breaks off (a newline inside a text, or a line that begins with `{` where none may) is
    given as far as it goes; so it is rejected, and the stream goes on with a line that begins with
    `{`. Every byte is looked at once, however long an object is.
    """

    __slots__ = ("_at_start", "_depth", "_in_text", "_max", "_rest", "_seen", "_skips", "too_long")

    def __init__(self, max_record: int = MAX_RECORD) -> None:
        self.too_long = 0
        self._max = max_record
        self._rest = bytearray()  # from the start of the object, or garbage, in hand
        self.resume(at_start=True, skipping=False)

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; give the objects that are complete now, a line each."""
        self._rest += chunk
        whole = bytearray()
        while not self._skips or self._pass_over():
            cut = self._end_of_object() if self._depth else self._end_between()
            if cut is None:
                if len(self._rest) <= self._max:
                    break
                cut = len(self._rest)
            whole += self._take(cut)
        return bytes(whole)

    def held(self) -> int:
        """Bytes of the object that is not complete yet."""
        return len(self._rest)

    def end(self) -> bytes:
        """The stream is over: give what is left, to be rejected; start anew."""
        left = b"" if self._skips else bytes(self._rest)
        left = (left.removeprefix(_BOM) if self._at_start else left).strip(_WHITE)
        self.resume(at_start=True, skipping=False)
        return left.replace(b"\n", b"\r") + b"\n" if left else b""

    @property
    def skipping(self) -> bool:
        """Whether what comes is passed over, up to a line that begins with `{`."""
        return self._skips

    def resume(self, *, at_start: bool, skipping: bool) -> None:
        """Begin in the middle of a stream, or where it is passed over."""
        self._rest.clear()
        self._at_start = at_start
        self._skips = skipping
        self._begin()

    def _begin(self) -> None:
        self._depth = self._seen = 0
        self._in_text = False

    def _take(self, cut: int) -> bytes:
        """Give what was found and let go of it; where it broke off, pass over what follows.

        What is too long is not given. Where it is given up must not depend on the chunks.
        """
        too_long = max(cut, self._seen) > self._max
        self.too_long += too_long
        taken = b"" if too_long else self._rest[:cut].replace(b"\n", b"\r") + b"\n"
        del self._rest[: self._max if too_long else cut]
        self._skips = too_long or self._depth > 0
        self._at_start = False
        self._begin()
        return bytes(taken)

    def _pass_over(self) -> bool:
        """Look for a line that begins with `{`; keep no more than the newline before it."""
        at = self._rest.find(b"\n{")
        if at < 0:
            del self._rest[: len(self._rest) - self._rest.endswith(b"\n")]
            return False
        del self._rest[: at + 1]
        self._skips = False
        return True

    def _end_between(self) -> int | None:
        """Between objects: begin the next one, or find where garbage ends."""
        rest = self._rest
        if self._at_start and rest.startswith(_BOM):
            del rest[: len(_BOM)]
            self._seen = 0
            self._at_start = False  # another one is garbage, however the chunks fall
        if space := _end(_SPACE, rest, 0):
            del rest[:space]
            self._at_start = False
        if rest[:1] == b"{":
            return self._open()
        found = _GARBAGE_END.search(rest, self._seen)
        self._seen = found.end() if found else len(rest)
        return found.start() if found else None

    def _open(self) -> int | None:
        """Begin an object; give its end, if it is there."""
        self._depth = self._seen = 1
        return self._end_of_object()

    def _end_of_object(self) -> int | None:
        """Go on through the object; give its end, or where it breaks off."""
        while (at := self._next_mark()) is not None:
            mark = self._rest[at]
            self._seen = at + 1
            if mark == _NEWLINE:
                return at
            if mark != _OPEN:
                self._depth -= 1
                if not self._depth:
                    return at + 1
            elif (end := self._broken_before(at)) is not None:
                return end
            else:
                self._depth += 1
        return None

    def _next_mark(self) -> int | None:
        """Find the next brace that is in no text, or the newline that breaks a text."""
        rest = self._rest
        while True:
            if self._in_text:
                at = _end(_TEXT, rest, self._seen)
                escape = rest[at : at + 1] == b"\\"
                if at + escape >= len(rest):
                    self._seen = at
                    return None
                if rest[at + escape] == _NEWLINE:
                    return at + escape
                self._in_text, self._seen = False, at + 1
            at = self._seen = _end(_PLAIN, rest, self._seen)
            if at == len(rest):
                return None
            if rest[at] != _QUOTE:
                return at
            self._in_text, self._seen = True, at + 1

    def _broken_before(self, at: int) -> int | None:
        """Where a line begins with a brace that can't belong to the object, give its end."""
        if self._rest[at - 1] != _NEWLINE:
            return None
        end = at
        while self._rest[end - 1] in _WHITE:
            end -= 1
        # In JSON only these may stand before an object that is inside another.
        return None if self._rest[end - 1] in b",[:" else end


def _end(pattern: re.Pattern[bytes], data: bytearray, start: int) -> int:
    """Tell how far a pattern that may be empty reaches."""
    found = pattern.match(data, start)
    return found.end() if found else start
