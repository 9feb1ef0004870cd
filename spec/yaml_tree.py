"""YAML text to a tree of nodes: no code, no surprises, bounded, every place remembered.

Built from the parser's events, so that depth and aliases cost nothing before they are checked.
Plain scalars follow YAML 1.2's core schema: `no`, `on` and `12:30` are texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import yaml

from spec.node import Node, Scalar
from spec.problems import Mark, Problem, SpecError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 64

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?")
# NUL, and halves of surrogate pairs, which a double-quoted scalar may escape.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_PLAIN = {"": None, "~": None, "null": None, "true": True, "false": False}
# libyaml's scanner is ten times faster; the pure one gives the same events where it is missing.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path_: TypeAlias = tuple[str, ...]


def read_tree(path: Path, shown: str | None = None) -> tuple[Node, list[Problem]]:
    """Read and parse a file. `shown` is the name that messages carry.

    Raises:
        SpecError: there is no tree at all: the file can't be read, or is no YAML.
    """
    name = shown or str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = (
            "`agentgauge init` writes a first one" if isinstance(error, FileNotFoundError) else ""
        )
        raise SpecError([Problem(Mark(name), "", f"cannot be read: {reason}", hint)]) from error
    if len(data) > MAX_BYTES:
        message = f"is larger than {MAX_BYTES >> 20} MiB, no spec needs that"
        raise SpecError([Problem(Mark(name), "", message)])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        mark = Mark(name, before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        raise SpecError([Problem(mark, "", "is not UTF-8 text")]) from error
    return parse_tree(text, name)


def parse_tree(text: str, name: str) -> tuple[Node, list[Problem]]:
    """Parse YAML text into a tree, with what is wrong but can be read past (duplicate keys).

    Raises:
        SpecError: the text is no YAML, or is built to exhaust its reader.
    """
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(name, at.line + 1, at.column + 1) if at else Mark(name)
        what = error.problem or error.context or "cannot be parsed"
        raise SpecError([Problem(mark, "", f"is not valid YAML: {what}")]) from error
    except yaml.YAMLError as error:
        what = str(error).splitlines()[0]
        raise SpecError([Problem(Mark(name), "", f"is not valid YAML: {what}")]) from error
    if builder.root is None:
        raise SpecError([Problem(Mark(name), "", "is empty", "start with `version: 1`")])
    return builder.root, builder.problems


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet."""

    node: Node
    anchor: str | None
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    """Puts events together; the stack holds what is open, from the outside in."""

    name: str
    root: Node | None = None
    problems: list[Problem] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    nodes: int = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self.stop(event, "holds more than one document", "keep the first, drop the `---`")
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)
        elif isinstance(event, yaml.ScalarEvent):
            self.scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self.open(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = self.stack.pop()
            if done.anchor:
                self.anchors[done.anchor] = done.node

    def mark(self, event: yaml.Event) -> Mark:
        at = event.start_mark
        return Mark(self.name, at.line + 1, at.column + 1) if at else Mark(self.name)

    def stop(self, event: yaml.Event, message: str, hint: str = "") -> None:
        raise SpecError([Problem(self.mark(event), "", message, hint)])

    def path(self) -> Path_:
        """Give the path of the value that comes next."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        last = str(len(top.node.value)) if isinstance(top.node.value, list) else top.key or "?"
        return (*top.node.path, last)

    def wants_key(self) -> bool:
        return (
            bool(self.stack)
            and isinstance(self.stack[-1].node.value, dict)
            and (self.stack[-1].key is None)
        )

    def open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        if self.wants_key():
            self.stop(event, "a key must be a text")
        if len(self.stack) >= MAX_DEPTH:
            self.stop(event, f"is nested more than {MAX_DEPTH} deep")
        empty: dict[str, Node] | list[Node] = (
            {} if isinstance(event, yaml.MappingStartEvent) else []
        )
        node = Node(empty, self.mark(event), self.path())
        self.untagged(event)
        self.put(event, node)
        self.stack.append(_Open(node, event.anchor))

    def scalar(self, event: yaml.ScalarEvent) -> None:
        if self.wants_key():
            self.key(event)
            return
        self.untagged(event)
        if _NO_TEXT.search(event.value):
            path = ".".join(self.path())
            message = "holds a character that no label or file could hold"
            self.problems.append(Problem(self.mark(event), path, message, "a NUL, or half of one"))
        plain = not event.style
        node = Node(
            plain_scalar(event.value) if plain else event.value, self.mark(event), self.path()
        )
        if event.anchor:
            self.anchors[event.anchor] = node
        self.put(event, node)

    def key(self, event: yaml.ScalarEvent) -> None:
        top = self.stack[-1]
        top.key = event.value
        here = self.mark(event)
        if event.value in top.node.keys:
            first = top.node.keys[event.value]
            path = ".".join((*top.node.path, event.value))
            message = f"is given twice; the first is in line {first.line}"
            self.problems.append(Problem(here, path, message))
        top.node.keys[event.value] = here

    def alias(self, event: yaml.AliasEvent) -> None:
        if self.wants_key():
            self.stop(event, "a key must be a text")
        target = self.anchors.get(event.anchor or "")
        if target is None:
            self.stop(
                event, f"the alias *{event.anchor} has no anchor before it, or refers to itself"
            )
            return
        self.put(event, self.copied(event, target, self.path()))

    def copied(self, event: yaml.Event, node: Node, path: Path_) -> Node:
        """Copy an anchored value to the place of its alias; every copy counts as a node."""
        self.count(event)
        if isinstance(node.value, dict):
            value = {k: self.copied(event, v, (*path, k)) for k, v in node.value.items()}
            return Node(value, node.mark, path, node.keys)
        if isinstance(node.value, list):
            parts = [self.copied(event, v, (*path, str(i))) for i, v in enumerate(node.value)]
            return Node(parts, node.mark, path)
        return Node(node.value, node.mark, path)

    def put(self, event: yaml.Event, node: Node) -> None:
        self.count(event)
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif isinstance(top.node.value, dict) and top.key is not None:
            top.node.value.setdefault(top.key, node)
            top.key = None

    def count(self, event: yaml.Event) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.stop(event, f"grows to more than {MAX_NODES} values through its aliases or size")

    def untagged(self, event: yaml.Event) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            path = ".".join(self.path())
            message = f"the tag {tag!r} is not read here"
            self.problems.append(Problem(self.mark(event), path, message, "quote texts instead"))


def plain_scalar(text: str) -> Scalar:
    """Read an unquoted scalar by YAML 1.2's core schema."""
    if text in _PLAIN:
        return _PLAIN[text]
    if _INT.fullmatch(text):
        # Python refuses to read absurdly long integers; such a thing is a text to us.
        return int(text) if len(text) < 100 else text  # noqa: PLR2004 (far beyond any number)
    return float(text) if _FLOAT.fullmatch(text) else text
