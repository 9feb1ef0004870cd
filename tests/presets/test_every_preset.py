"""What every preset must have: a page, a log and what it gives, tests, an oracle."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from spec.load import load_preset, preset_names
from spec.mapping import Path as Place
from tests.docs.pages import ROOT, read
from tests.exporter.mapping.test_presets_of_otlp_oracle import KINDS as KINDS_OF_OTLP
from tests.exporter.mapping.test_presets_oracle import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec.mapping import LabelRule, Mapping
    from tests.docs.pages import Page

PRESETS = preset_names()
FIXTURES = ROOT / "tests" / "presets"
INDEXES = ("docs/README.md", "docs/presets/README.md")
OLDER_PAGES = {"hardened-agent": "docs/hardened-agent.md", "execution-log": "docs/execution-log.md"}

WITH_KINDS = {*KINDS, *KINDS_OF_OTLP, "gemini-cli"}  # which has a test of its own kind

# What grows with use: as labels they would be a series each, which Prometheus holds for weeks.
UNBOUNDED = re.compile(
    r"(?i)^(\$file|\$time|cwd|prompt|(session|conversation|thread|trace|span|run|request|message|"
    r"prompt|call|tool_call|tool_use|response|instance|user)[._]?(id|uuid)|id|uuid|"
    r"file_?path|path|session)$"
)


@cache
def mapping_of(preset: str) -> Mapping:
    return load_preset(preset)[0]


def page_of(preset: str) -> Page:
    return read(OLDER_PAGES.get(preset, f"docs/presets/{preset}.md"))


def labels(mapping: Mapping) -> Iterator[tuple[str, LabelRule]]:
    """Give every label that makes a series, with where it is."""
    for event in mapping.events:
        used = {name for update in event.updates for name in update.family.labels}
        own = {name: label for name, label in event.labels.items() if name in used}
        yield from ((f"{event.name}.{name}", label) for name, label in own.items())
        for update in event.updates:
            yield from ((f"{event.name}.{name}", one) for name, one in update.labels.items())


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("index", INDEXES)
def test_it_has_a_page_that_is_listed(preset: str, index: str) -> None:
    folder = (ROOT / index).parent
    listed = {(folder / link.partition("#")[0]).resolve() for link in read(index).links()}
    assert (ROOT / page_of(preset).path) in listed


def row_of(preset: str) -> list[str]:
    """Give the cells of a preset's row in the table of all presets."""
    lines = read("docs/presets/README.md").text.splitlines()
    (row,) = [line for line in lines if line.startswith(f"| [{preset}](")]
    return [cell.strip() for cell in row.strip("|").split(" | ")]


def cost_of(mapping: Mapping) -> str:
    """Say in the table's words where the money comes from that model calls cost."""
    money = [
        update
        for event in mapping.events
        for update in event.updates
        if update.family.name == "agent_cost_usd_total"
    ]
    told = any(update.verb == "add" for update in money)
    priced = any(update.verb == "estimate" or update.estimate_absent for update in money)
    if told:
        return "the log's own, else priced" if priced else "the log's own"
    return "priced by model" if priced else "none"


@pytest.mark.parametrize("preset", PRESETS)
def test_the_table_of_presets_says_where_its_cost_comes_from(preset: str) -> None:
    assert row_of(preset)[2] == cost_of(mapping_of(preset))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_that_saw_no_real_file_says_so_on_its_page(preset: str) -> None:
    checked = row_of(preset)[3]
    assert checked in {"real files", "documented schema", "its own format"}
    admits = "No real file was at hand" in page_of(preset).text
    assert admits == (checked == "documented schema")


@pytest.mark.parametrize("preset", PRESETS)
def test_its_page_shows_lines_and_what_they_give(preset: str) -> None:
    fences = page_of(preset).fences
    assert [f for f in fences if f.given.get("preset") == preset or f.what == "sh run"]
    assert [f for f in fences if f.what in {"prometheus", "text output"}]


@pytest.mark.parametrize("preset", PRESETS)
def test_it_has_a_log_of_its_own_and_what_comes_of_it(preset: str) -> None:
    assert (FIXTURES / preset).is_dir() or (FIXTURES / f"{preset}.jsonl").is_file()
    assert (FIXTURES / f"{preset}.prom").is_file()


def test_no_log_is_without_a_preset() -> None:
    logs = {path.stem for path in FIXTURES.iterdir() if path.suffix in {".jsonl", ".prom"}}
    folders = {path.name for path in FIXTURES.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert (logs | folders) - set(PRESETS) == set()


@pytest.mark.parametrize("preset", PRESETS)
def test_it_has_tests_of_its_own(preset: str) -> None:
    assert mapping_of(preset).tests


@pytest.mark.parametrize("preset", PRESETS)
def test_an_oracle_reads_lines_of_its_kinds(preset: str) -> None:
    assert preset in WITH_KINDS


@pytest.mark.parametrize("preset", PRESETS)
def test_no_label_grows_with_every_session_request_or_path(preset: str) -> None:
    free = [
        (where, place.parts)
        for where, label in labels(mapping_of(preset))
        if not (label.match or label.classes or label.other is not None)
        for place in label.of
        if isinstance(place, Place) and UNBOUNDED.search(place.parts[-1])
    ]
    assert free == []


@pytest.mark.parametrize("preset", PRESETS)
def test_what_tells_sessions_apart_is_read_from_the_line_or_the_file(preset: str) -> None:
    session = mapping_of(preset).session
    assert session is None or all(isinstance(place, Place) for place in session.of)


@pytest.mark.parametrize("preset", PRESETS)
def test_places_are_below_a_home_directory_and_no_pattern(preset: str) -> None:
    mapping = mapping_of(preset)
    assert [p for p in mapping.places if not re.fullmatch(r"~/[\w./-]+", p) or ".." in p] == []
    if any("." not in place.rpartition("/")[2] for place in mapping.places):
        assert mapping.files, "a folder needs the glob of its logs"


def preset_file(preset: str) -> Path:
    return ROOT / "spec" / "presets" / f"{preset}.yaml"


@pytest.mark.parametrize("preset", PRESETS)
def test_its_first_line_says_what_it_reads_and_where_its_page_is(preset: str) -> None:
    first = preset_file(preset).read_text(encoding="utf-8").partition("\n")[0]
    assert first.startswith("# ")
    assert page_of(preset).path in first
