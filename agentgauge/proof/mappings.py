"""Tests of mappings: the lines that a spec or a preset gives, read by the real exporter."""

from __future__ import annotations

import difflib
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agentgauge import __version__
from agentgauge.proof.result import Failure
from exporter.assembly import Exporter, Settings
from spec.model import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.mapping import MappingTest
    from spec.model import Spec

_SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\S+)?$")
_LABEL = re.compile(r'([a-zA-Z_]\w*)\s*=\s*"((?:\\.|[^"\\])*)"')
# What nobody wants to write down each time: left out unless a test speaks of it.
_QUIET = re.compile(
    r"agentgauge_|agent_last_event_timestamp_seconds$|agent_sessions?_|.*_(?:bucket|created)$"
)


def mapping_tests(spec: Spec) -> tuple[tuple[Source, MappingTest], ...]:
    """Give every test of a spec and of the presets that it names, with the source that reads it."""
    by_name = {source.name: source for source in spec.sources}
    found = [(by_name[test.source], test) for test in spec.tests if test.source in by_name]
    presets = {mapping.name: mapping for source in spec.sources for mapping in source.mappings}
    for mapping in presets.values():
        source = Source(mapping.name, (), (mapping,), {})
        found += [(source, test) for test in mapping.tests]
    return tuple(found)


def prove_mapping(source: Source, test: MappingTest, spec: Spec) -> Failure | None:
    """Read a test's lines as `export --once` would; None where what comes out is as expected."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "lines.log")
        log.write_text(test.lines, encoding="utf-8")
        settings = Settings(
            spec.fleet, __version__, series_limit=spec.series_limit, sessions=spec.sessions,
            prices=spec.prices,
        )  # fmt: skip
        alone = replace(source, files=(str(log),), push=None, start="beginning")
        exporter = Exporter(settings, (alone,), spec.families)
        exporter.pipeline.run_once()
        _, body = exporter.metrics()
    spoken = {name for name, _ in _samples(test.expect)}
    wanted = sorted(text for _, text in _samples(test.expect))
    found = sorted(
        text for name, text in _samples(body.decode()) if name in spoken or not _QUIET.match(name)
    )
    if wanted == found:
        return None
    lines = difflib.unified_diff(wanted, found, "expected", "found", lineterm="", n=0)
    said = "\n".join(line for line in lines if not line.startswith("@@"))
    return Failure(f"{source.name}: {test.name}", said)


def _samples(exposition: str) -> Iterator[tuple[str, str]]:
    """Give each sample's name, and the sample with its labels in order and its value as a number.

    What is no sample stays as it is, so that it shows in the difference.
    """
    for line in exposition.splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        found = _SAMPLE.match(text)
        if not found:
            yield text, text
            continue
        name, labels, value = found.groups()
        ordered = ",".join(f'{k}="{v}"' for k, v in sorted(_LABEL.findall(labels or "")))
        yield (
            name,
            f"{name}{{{ordered}}} {_number(value)}" if ordered else f"{name} {_number(value)}",
        )


def _number(text: str) -> str:
    try:
        return f"{float(text):.15g}"
    except ValueError:
        return text
