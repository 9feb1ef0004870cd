"""What lines look like: a mapping's format and its options, checked against what it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from spec.mapping import FORMATS
from spec.patterns import group_paths
from spec.problems import nearest
from spec.reading import string, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spec.mapping import Mapping
    from spec.node import Node
    from spec.reading import Reading

FLAT = frozenset({"attributes", "resource", "body"})
"""Keys of an event of OTLP below which all the rest of a path is one key."""

_OTLP = (
    "kind", "role", "name", "start", "end", "duration", "time", "status", "trace_id", "span_id",
    "scope", "severity", *sorted(FLAT),
)  # fmt: skip

_NO_LINES = ("document", "json-stream")


@dataclass(frozen=True, slots=True)
class Lines:
    """A format with its options; see `Mapping`."""

    format: str
    patterns: tuple[str, ...]
    prefix: str | None


def read_lines(root: Node, into: Reading) -> Lines:
    """Read the format, and the options that belong to it."""
    form = string(root.get("format"), "json")
    pattern, prefix = root.get("pattern"), root.get("prefix")
    for key, of in (("pattern", "text"), ("prefix", "json")):
        if root.has(key) and form in FORMATS and form != of:
            message = f"has no meaning for the format {form}"
            into.problems.append(root.key_problem(key, message, f"it belongs to {of}"))
    if form == "text" and not pattern and not into.meant(root, "pattern"):
        at = root.get("format") or root
        into.wrong(at, "text needs a pattern", r"add pattern: '(?P<level>[A-Z]+) (?P<message>.*)'")
    for part in pattern.elements() if pattern else []:
        _check_groups(part, into)
    written = prefix is not None and prefix.value is not True
    if prefix is not None and written:
        _check_groups(prefix, into)
    return Lines(
        form, texts(pattern), None if prefix is None else string(prefix) if written else ""
    )


def _check_groups(node: Node, into: Reading) -> None:
    """Note an expression without fields, or with one inside another; the schema checks the rest."""
    if not isinstance(node.value, str) or into.doubtful(node):
        return
    paths = group_paths(node.value)
    if not paths:
        into.wrong(node, "has no named group, so it gives no field", "name one: (?P<level>…)")
    for name, path in paths.items():
        for other, above in paths.items():
            if above != path and path.parts[: len(above.parts)] == above.parts:
                into.wrong(node, f"{other} cannot hold {name}: it is a text", "rename one")


def read_wrapped(node: Node | None) -> Literal["", "cri", "docker"]:
    """Read which container runtime's envelope lines are in."""
    words: dict[str, Literal["cri", "docker"]] = {"cri": "cri", "docker": "docker"}
    return words.get(string(node), "")


def check_source(entry: Node, mappings: Sequence[Mapping], into: Reading) -> None:
    """Check that presets agree on what the lines of their source are, and that it can be read."""
    names, wrapped = entry.get("preset") or entry, entry.get("wrapped")
    for one in mappings[1:]:
        first = mappings[0]
        if one.format != first.format:
            said = f"{first.name} reads {first.format}, {one.name} reads {one.format}"
            into.wrong(names, f"these presets can't share a source: {said}")
        elif (one.patterns, one.prefix) != (first.patterns, first.prefix):
            said = f"{first.name} and {one.name} differ in pattern or prefix"
            into.wrong(names, f"these presets can't share a source: {said}")
    form = mappings[0].format if mappings else "json"
    if wrapped and form in _NO_LINES:
        into.wrong(wrapped, f"only lines are wrapped, and {mappings[0].name} reads a {form}")
    if form == "document" and entry.has("stdin"):
        into.wrong(entry, f"{mappings[0].name} reads whole documents", "they are files: add file:")


def check_fields(
    lines: Lines, places: Iterable[tuple[tuple[str, ...], Node]], into: Reading
) -> None:
    """Note places that no line of the format has."""
    if lines.format == "otlp":
        known: set[tuple[str, ...]] = {(name,) for name in _OTLP}
    elif lines.format == "text":
        known = {path.parts for one in lines.patterns for path in group_paths(one).values()}
    else:
        return
    names = [".".join(path) for path in known]
    for parts, node in places if known else ():
        read = parts[:1] if lines.format == "otlp" else parts
        if read not in known:
            said = ".".join(parts)
            into.wrong(node, f'lines have no field "{said}"', nearest(".".join(read), names))
