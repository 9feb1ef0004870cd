"""Tests of mappings: lines in, samples out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from spec.mapping import MappingTest
from spec.problems import nearest
from spec.reading import string

if TYPE_CHECKING:
    from collections.abc import Collection

    from spec.node import Node
    from spec.reading import Reading


def read_mapping_tests(
    node: Node | None, sources: Collection[str] | None, into: Reading
) -> tuple[MappingTest, ...]:
    """Read tests: those of a spec name one of its `sources`, a preset's (None) are its own."""
    tests: list[MappingTest] = []
    for entry in node.elements() if node else ():
        name, source = string(entry.get("name")), entry.get("source")
        if name and name in {test.name for test in tests}:
            into.wrong(entry.get("name") or entry, f'there is a test "{name}" already')
        if sources is None and source and node:
            into.problems.append(
                entry.key_problem("source", "means nothing here", "a preset's test is its own")
            )
        if sources is not None and not source:
            into.wrong(entry, "names no source", "say whose mapping reads the lines: source: …")
        elif source and sources is not None and into.lacks("sources", string(source), sources):
            hint = nearest(string(source), sources)
            into.wrong(source, f'there is no source "{string(source)}"', hint)
        lines = _lines(entry.get("lines"))
        tests.append(MappingTest(name, lines, string(entry.get("expect")), string(source), entry))
    return tuple(tests)


def _lines(node: Node | None) -> str:
    """Write lines as a log has them: texts as they are, anything else as JSON."""
    if node is None:
        return ""
    if isinstance(node.value, str):
        return node.value if node.value.endswith("\n") else f"{node.value}\n"
    return "".join(
        f"{one if isinstance(one := line.plain(), str) else json.dumps(one)}\n"
        for line in node.elements()
    )
