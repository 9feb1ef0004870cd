"""What container runtimes wrap around the lines of a container."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from exporter.formats.decoded import Refused
from exporter.formats.json_lines import untyped

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Piece:
    """What a wrapped line holds: a line of the container, or a part of one.

    `stream` is the container's own, stdout or stderr. `last`: the container's line ends here.
    """

    stream: str
    content: bytes
    last: bool


class Envelope(Protocol):
    """How a runtime wraps lines."""

    def read(self, line: bytes) -> Piece | None:
        """Unwrap one line; None where it is not wrapped so."""
        ...

    def contents(self, data: bytes) -> bytes | None:
        """Unwrap whole lines at once; None where some are parts, or not wrapped so."""
        ...


class Cri:
    """The format of the Container Runtime Interface: `TIME stdout|stderr P|F CONTENT`.

    The third word are tags with colons between; the first of them is P for a part, F for the rest
    of a line, or all of it.
    """

    _FULL = re.compile(rb"(?m)^[^ \n]+ (?:stdout|stderr) F(?::[^ \n]*)?(?: |$)")
    _LINE = re.compile(rb"[^ ]+ (stdout|stderr) ([PF])(?::[^ ]*)?(?: (.*))?", re.DOTALL)

    def read(self, line: bytes) -> Piece | None:
        """Unwrap one line."""
        found = self._LINE.fullmatch(line)
        if found is None:
            return None
        return Piece(found[1].decode(), found[3] or b"", found[2] == b"F")

    def contents(self, data: bytes) -> bytes | None:
        """Unwrap whole lines at once."""
        contents, unwrapped = self._FULL.subn(b"", data)
        return contents if unwrapped == data.count(b"\n") else None


class _Logged(msgspec.Struct, gc=False):
    log: str
    stream: str = ""


class Docker:
    r"""Docker's json-file: `{"log":"CONTENT\n","stream":"stdout","time":"TIME"}`.

    A `log` without a newline at its end is a part.
    """

    def __init__(self) -> None:
        self._decode: Callable[[bytes], _Logged] = msgspec.json.Decoder(_Logged).decode

    def read(self, line: bytes) -> Piece | None:
        """Unwrap one line."""
        try:
            logged = self._decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _leniently(line)
        return _piece(logged.log, logged.stream)

    def contents(self, data: bytes) -> bytes | None:
        """Unwrap whole lines at once."""
        lines = data.split(b"\n")
        lines.pop()  # what follows the last newline: nothing
        try:
            logs = [logged.log for logged in map(self._decode, lines)]
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return "".join(logs).encode() if all(log.endswith("\n") for log in logs) else None


def _leniently(line: bytes) -> Piece | None:
    """Unwrap a line with broken text."""
    try:
        value = untyped(line)
    except Refused:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("log"), str):
        return None
    return _piece(value["log"], str(value.get("stream")))


def _piece(log: str, stream: str) -> Piece:
    return Piece(stream, log.removesuffix("\n").encode(), log.endswith("\n"))


ENVELOPES: dict[str, Callable[[], Envelope]] = {"cri": Cri, "docker": Docker}
