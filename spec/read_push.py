"""Sources that are pushed to: where they listen, and who may send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from spec.addresses import collide, is_loopback, parse_address
from spec.model import Push
from spec.quantities import parse_size
from spec.reading import string

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from spec.mapping import Mapping
    from spec.model import Source
    from spec.node import Node
    from spec.reading import Reading

LISTEN: dict[Literal["lines", "otlp"], str] = {"lines": "127.0.0.1:9478", "otlp": "127.0.0.1:4318"}
"""Where is listened, where the spec does not say: OTLP has a port of its own."""

LEAST_SPOOL = 32 * 1024 * 1024
"""Bytes of the smallest spool: the largest push must fit."""

_KEYS: dict[str, Literal["lines", "otlp"]] = {"push": "lines", "otlp": "otlp"}
# Formats of which a line is not a whole that can stand alone.
_NO_LINES = ("document", "json-stream")


def read_push(entry: Node, folder: Path, earlier: Iterable[Source], into: Reading) -> Push | None:
    """Read where a source is pushed to; None where it is not."""
    for key, protocol in _KEYS.items():
        if (node := entry.get(key)) is not None and isinstance(node.value, dict):
            push = _push(node, protocol, folder, into)
            _check_address(node, push, earlier, into)
            return push
    return None


def check_push(entry: Node, push: Push | None, mappings: Sequence[Mapping], into: Reading) -> None:
    """Note presets that can't read what is pushed."""
    for mapping in mappings if push else ():
        names = entry.get("preset") or entry
        if push and push.protocol == "otlp" and mapping.format != "otlp":
            message = f"{mapping.name} reads {mapping.format}, and otlp: gives the format otlp"
            into.wrong(names, message, "take push: for lines")
        elif mapping.format in _NO_LINES:
            message = f"{mapping.name} reads a {mapping.format}, and what is pushed are lines"
            into.wrong(names, message, "take file:")
    if push and (wrapped := entry.get("wrapped")):
        into.wrong(wrapped, "is for files that a container runtime writes")


def _push(node: Node, protocol: Literal["lines", "otlp"], folder: Path, into: Reading) -> Push:
    def path(key: str) -> str | None:
        text = string(node.get(key))
        return str((folder / text).absolute()) if text else None

    return Push(
        protocol,
        string(node.get("listen"), LISTEN[protocol]),
        path("token_file"),
        path("web_config"),
        _size(node.get("spool"), into),
    )


def _size(node: Node | None, into: Reading) -> int:
    """Read a number of bytes; what the schema has refused gives the default."""
    try:
        size = parse_size(string(node))
    except ValueError:
        return Push("lines", "").spool
    if node and size < LEAST_SPOOL:
        into.wrong(node, f"must be at least {LEAST_SPOOL >> 20}MiB", "the largest push must fit")
    return size


def _check_address(node: Node, push: Push, earlier: Iterable[Source], into: Reading) -> None:
    """Note an address that is none, is taken, or is open to everybody."""
    at = node.get("listen") or node
    try:
        address = parse_address(push.listen)
    except ValueError as error:
        into.wrong(at, str(error))
        return
    if not (is_loopback(address[0]) or push.token_file or push.web_config):
        message = f"{push.listen} can be reached from other machines, and anybody may send there"
        into.wrong(at, message, "add token_file:, or web_config: with client certificates")
    for other in earlier:
        if other.push and _collides(address, other.push.listen):
            into.wrong(at, f'{push.listen} is taken by the source "{other.name}"', "choose another")


def _collides(address: tuple[str, int], other: str) -> bool:
    try:
        return collide(address, parse_address(other))
    except ValueError:  # That was told where it stands.
        return False
