"""Bodies of requests: measured before they are read, unpacked within bounds."""

from __future__ import annotations

import re
import zlib
from http import HTTPStatus
from typing import TYPE_CHECKING

from exporter.server.messages import refuse

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from io import BufferedReader

    from exporter.server.messages import Refusal

CODINGS = ("gzip", "deflate")
"""What bodies may be packed with."""

_LENGTH = re.compile(r"[0-9]{1,18}")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LINE = 4096
_TRAILERS = 64
_MEMBERS = 300


class GoneError(Exception):
    """The client went away, or was too slow, before it had sent everything."""


class Body:
    """A request's body on the wire; read at most once. Raises Refusal for a broken frame.

    `over`: nothing of it is left on the wire, so that another request may follow.
    """

    def __init__(self, stream: BufferedReader, headers: Message, go_on: Callable[[], None]) -> None:
        """Look at the headers. `go_on` is called before reading: the client may wait for that."""
        self._stream, self._go_on = stream, go_on
        codings = headers.get_all("Transfer-Encoding", [])
        lengths = set(headers.get_all("Content-Length", []))
        self._chunked = bool(codings)
        # Two readings of one length are how requests are smuggled past a proxy.
        if codings and (lengths or [coding.strip().lower() for coding in codings] != ["chunked"]):
            raise refuse(HTTPStatus.BAD_REQUEST, "Send chunks or a Content-Length, nothing else.")
        if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise refuse(HTTPStatus.BAD_REQUEST, "Content-Length must be one number.")
        self._length = int(lengths.pop()) if lengths else 0
        self.over = not self._chunked and not self._length

    def read(self, most: int) -> bytes:
        """Give the body. Raises Refusal if it is larger than `most`, and GoneError."""
        if self.over:
            return b""
        if self._length > most:
            raise too_large(most)
        try:
            self._go_on()
            data = self._chunks(most) if self._chunked else self._exactly(self._length)
        except OSError as error:
            raise GoneError from error
        self.over = True
        return data

    def _exactly(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise GoneError
        return data

    def _chunks(self, most: int) -> bytes:
        data = bytearray()
        while size := self._chunk_size():
            if len(data) + size > most:
                raise too_large(most)
            data += self._exactly(size)
            if self._stream.readline(_LINE).strip(b"\r\n"):
                raise refuse(HTTPStatus.BAD_REQUEST, "A chunk is not as long as it says.")
        for _ in range(_TRAILERS):
            if not self._stream.readline(_LINE).strip(b"\r\n"):
                return bytes(data)
        raise refuse(HTTPStatus.BAD_REQUEST, "There are too many trailers.")

    def _chunk_size(self) -> int:
        line = self._stream.readline(_LINE)
        if not line:
            raise GoneError
        if not (found := _CHUNK.fullmatch(line)):
            raise refuse(HTTPStatus.BAD_REQUEST, "A chunk has no size.")
        return int(found[1], 16)


def unpacked(body: bytes, coding: str, most: int) -> bytes:
    """Undo a Content-Encoding. Raises Refusal, also where more than `most` bytes come out."""
    match coding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip" | "deflate":
            return _inflated(body, most)
        case _:
            raise refuse(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "This encoding is not known here; send gzip, deflate or none.",
                ("Accept-Encoding", ", ".join(CODINGS)),
            )


def _inflated(body: bytes, most: int) -> bytes:
    data = b""
    for _ in range(_MEMBERS):  # gzip files may be several, one after the other
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, as it says
        try:
            data += unpacker.decompress(body, most + 1 - len(data))
        except zlib.error as error:
            sentence = "The body is not packed as its Content-Encoding says."
            raise refuse(HTTPStatus.BAD_REQUEST, sentence) from error
        if len(data) > most:
            raise too_large(most)
        if not unpacker.eof:
            raise refuse(HTTPStatus.BAD_REQUEST, "The packed body ends too early.")
        body = unpacker.unused_data
        if not body:
            return data
    raise refuse(HTTPStatus.BAD_REQUEST, "The body is packed in too many pieces.")


def too_large(most: int) -> Refusal:
    """Refuse a body that is larger than `most` bytes."""
    sentence = f"The body is larger than {most >> 20} MiB; send it in parts."
    return refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
