"""Lines in a container runtime's envelope: unwrapped, and put together where they were parted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exporter.formats.decoded import Decoded, Format
    from exporter.formats.envelopes import Envelope


class Unwrapped:
    """Decodes what is in the envelopes with another format. A line without one is malformed."""

    def __init__(self, inner: Format, envelope: Envelope) -> None:
        self._inner = inner
        self._envelope = envelope

    @property
    def strict(self) -> bool:
        """Whether the inner format is."""
        return self._inner.strict

    def widen(self) -> bool:
        """Let the inner format give up being strict."""
        return self._inner.widen()

    def decode(self, data: bytes) -> Decoded:
        """Decode a block after whose end no part is missing.

        If a stream breaks off amid a line, what is there of the line counts.
        """
        contents = self._envelope.contents(data)
        if contents is not None:
            return self._inner.decode(contents)
        whole, blank, strange = self._by_line(data)
        decoded = self._inner.decode(whole)
        decoded.blank += blank
        for line in strange:
            decoded.reject("malformed", line)
        return decoded

    def _by_line(self, data: bytes) -> tuple[bytes, int, list[bytes]]:
        """Unwrap line by line; give the contents, how many were blank, and those not wrapped."""
        whole: list[bytes] = []
        parts: dict[str, list[bytes]] = {}
        blank = 0
        strange: list[bytes] = []
        for line in data.split(b"\n")[:-1]:
            piece = self._envelope.read(line)
            if piece is None:
                if line.strip():
                    strange.append(line)
                else:
                    blank += 1
            elif piece.last:
                whole.append(b"".join((*parts.pop(piece.stream, ()), piece.content)))
            else:
                parts.setdefault(piece.stream, []).append(piece.content)
        whole += map(b"".join, parts.values())
        return b"".join(line + b"\n" for line in whole), blank, strange
