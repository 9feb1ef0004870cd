"""The pages hang together, and everything that there is has its place in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args
from xml.etree import ElementTree as ET

import click
import pytest

from agentgauge.cli import VERBS, main
from agentgauge.reference import stale
from exporter.formats import FORMATS
from exporter.status import REASONS
from generator.build import build
from generator.lint.run import RULES
from generator.panels import VISUALISATIONS
from generator.targets import ABOUT, BESIDE, TARGETS
from spec.layers import catalogue
from spec.load import load_preset, load_spec, preset_names, vocabulary
from spec.mapping import TEST_OPERATORS
from spec.model import CATEGORIES, SEVERITIES, RuleServer
from spec.read_queries import ALERT_KINDS, PANEL_KINDS
from spec.schema import build_schema
from spec.units import SCALES
from tests.docs.pages import ROOT, Page, pages, read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PAGES = {page.path: page for page in pages()}
SCHEMA = build_schema()


def page(name: str) -> Page:
    return PAGES[f"docs/{name}.md"]


def lacking(words: Iterable[str], text: str) -> list[str]:
    """Name the words that stand nowhere in a text as code."""
    code = " ".join(re.findall(r"`([^`\n]+)`", text))
    return [
        word for word in words if not re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", code)
    ]


def keys(schema: object) -> set[str]:
    """Gather the keys that a schema knows, at any depth."""
    if isinstance(schema, list):
        return set().union(*map(keys, schema))
    if not isinstance(schema, dict):
        return set()
    found = set(schema.get("properties", {}))
    if "$ref" in schema:
        found |= keys(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    return found.union(*(keys(part) for part in schema.values()))


def section(name: str) -> set[str]:
    """Gather the keys of a section of the spec."""
    return keys(SCHEMA["properties"][name])


# ---- links --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def generated() -> set[str]:
    """The files that the shipped spec gives: links may lead to them."""
    return {artefact.path for artefact in build(load_spec(ROOT / "agents.yaml"))}


@pytest.mark.parametrize("one", PAGES.values(), ids=PAGES)
def test_links_lead_somewhere(one: Page, generated: set[str]) -> None:
    broken = []
    for link in one.links():
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / one.path).parent / path if path else ROOT / one.path
        inside = target.resolve().relative_to(ROOT).as_posix()
        there = target.exists() or inside in generated
        if not there or (anchor and anchor not in read(inside).anchors()):
            broken.append(link)
    assert broken == []


def test_every_page_is_in_the_index() -> None:
    index = PAGES["docs/README.md"]
    linked = {f"docs/{link.partition('#')[0]}" for link in index.links()}
    assert [path for path in PAGES if path.startswith("docs/") and path not in linked] == [
        "docs/README.md"
    ]


@pytest.mark.parametrize("path", sorted((ROOT / "docs/images").glob("*.svg")), ids=lambda p: p.name)
def test_pictures_are_for_light_and_dark_and_tell_what_they_show(path: Path) -> None:
    root = ET.parse(path).getroot()  # noqa: S314 (our own file)
    assert {"title", "desc"} <= {child.tag.rpartition("}")[2] for child in root}
    assert "prefers-color-scheme: dark" in path.read_text(encoding="utf-8")


def test_the_readme_is_short() -> None:
    assert len(PAGES["README.md"].text.splitlines()) <= 120


# ---- generated parts -----------------------------------------------------------------------------


def test_metrics_command_line_and_schema_are_what_the_code_says() -> None:
    assert [str(path.relative_to(ROOT)) for path in stale(ROOT)] == [], "make generate"


def test_every_command_and_option_is_documented() -> None:
    text = page("cli").text
    for verb in VERBS:
        assert f"## `agentgauge {verb}`" in text
        command = main.get_command(click.Context(main), verb)
        assert command is not None
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.opts[0] in text


def test_every_rule_of_the_lint_is_documented() -> None:
    assert lacking((rule.name for rule in RULES), page("linting").prose) == []


def test_help_texts_are_laid_out() -> None:
    # click keeps the lines after a backspace as they are; a raw docstring holds no backspace.
    assert r"\b" not in page("cli").text


def test_every_metric_is_documented() -> None:
    assert lacking(vocabulary(), page("metrics").prose) == []


# ---- everything has its place --------------------------------------------------------------------


def test_every_preset_has_a_page_that_is_linked_from_the_spec() -> None:
    spec = page("spec-language")
    for name in preset_names():
        places = [f"docs/{name}.md", f"docs/presets/{name}.md"]
        assert any(place in PAGES for place in places), name
        assert any(f"docs/{link}" in places for link in spec.links()), name


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_page_names_every_metric_and_field_that_the_preset_moves(name: str) -> None:
    where = next(
        p for path, p in PAGES.items() if path in (f"docs/{name}.md", f"docs/presets/{name}.md")
    )
    mapping, _ = load_preset(name)
    moved = {update.family.name for event in mapping.events for update in event.updates}
    assert [family for family in sorted(moved) if family not in where.text] == []
    fields = {
        ".".join(path.parts)
        for event in mapping.events
        for path in (
            *(of for label in event.labels.values() for of in label.of if hasattr(of, "parts")),
            *(of for u in event.updates for of in u.of if hasattr(of, "parts")),
            *(test.path for test in event.when),
        )
    }
    looped = {f"{n}." for event in mapping.events for n, _ in event.each}
    plain = (f for f in fields if not f.startswith(("$", *looped)))
    assert lacking(sorted(plain), where.prose) == []


def test_every_kind_of_line_of_the_hardened_agent_is_documented() -> None:
    mapping, _ = load_preset("hardened-agent")
    kinds = {
        value
        for event in mapping.events
        for test in event.when
        if test.path.parts == ("event_type",) and isinstance(test.operand, tuple)
        for value in test.operand
    }
    assert lacking(sorted(kinds), page("hardened-agent").prose) == []


def test_every_alert_of_the_catalogue_has_its_row() -> None:
    known: Any = catalogue("alerts").plain()
    rows = [line.split(" | ") for line in page("alerting").text.splitlines() if line[:1] == "|"]
    told = {row[0].strip("| "): row[-1].strip("| ") for row in reversed(rows)}
    for name, alert in known["alerts"].items():
        assert told.get(f"`{name}`") == alert["severity"], name
    for suffix in known["budget_alerts"]:
        assert f"a budget's `…{suffix}`" in told
    for suffix in known["slo_alerts"]:
        assert f"an SLO's `…{suffix}`" in told


def test_every_row_of_the_dashboards_is_documented() -> None:
    boards: Any = catalogue("dashboards").plain()
    text = page("dashboards").prose
    for name, board in boards["dashboards"].items():
        _, found, after = text.partition(f"<fleet>-{name}.json")
        assert found, name
        table = re.match(r"[^|]*((?:\|.*\n)+)", after)
        assert table, name
        rows = re.findall(r"^\| ([^|]+?) \|", table[1], re.MULTILINE)
        assert rows[1:] == [row["title"] for row in board["rows"]]


def test_every_alert_kind_and_every_key_of_an_alert_is_documented() -> None:
    text = page("alerting").prose
    assert [kind for kind in ALERT_KINDS if f"### `{kind}`" not in text] == []
    # These two stand in examples.
    known = section("alerts") - {"part", "of"}
    assert lacking(sorted({*known, *SEVERITIES, *CATEGORIES}), text) == []


def test_every_visualisation_and_every_key_of_a_dashboard_is_documented() -> None:
    text = page("dashboards").prose
    for kind in VISUALISATIONS.values():
        assert re.search(rf"^\| `{kind.name}` \|", text, re.MULTILINE), kind.name
        assert lacking(kind.options, text) == []
    # What these two mean is told with the alerts.
    known = section("dashboards") - {"metric", "not"}
    assert lacking(sorted({*known, *PANEL_KINDS}), text) == []


def test_every_output_is_documented() -> None:
    text = page("architecture").prose
    modules = {target.__module__ for target in (*TARGETS, *ABOUT, *BESIDE.values())}
    for name in (module.rpartition(".")[2] for module in modules):
        assert f"`{name}.py`" in text or f"`{name}/`" in text, name


def test_every_section_and_key_of_the_spec_is_documented() -> None:
    text = page("spec-language").prose
    # A preset's own sections have a page of their own, as the long sections have.
    mapping = {
        "format", "pattern", "prefix", "files", "time", "labels", "exemplar", "session",
        "remember_by", "places", "events", "tests",
    }  # fmt: skip
    assert lacking(sorted(mapping), page("mapping-language").prose) == []
    assert [n for n in SCHEMA["properties"] if n not in mapping and f"## `{n}`" not in text] == []
    sections = (
        "sources", "families", "slos", "budgets", "selector", "links", "timing", "limits",
        "sessions",
    )  # fmt: skip
    known = set().union(*map(section, sections))
    assert lacking(sorted(known), text) == []


def test_every_verb_of_the_mapping_language_is_documented() -> None:
    text = page("mapping-language").prose
    known = section("events") | section("time") | section("labels")
    # Every event has a name; it needs no explanation.
    assert lacking(sorted({*known, "inc"} - {"name"}), text) == []
    assert lacking(sorted({*TEST_OPERATORS, *FORMATS, *(unit for unit, _ in SCALES)}), text) == []


def test_every_key_of_a_mapping_test_is_documented() -> None:
    assert lacking(sorted(section("tests")), page("testing").prose) == []


def test_every_key_of_on_call_is_documented() -> None:
    assert lacking(sorted(section("oncall")), page("oncall").prose) == []


def test_every_key_of_the_outputs_is_documented() -> None:
    known = {*section("outputs"), *get_args(RuleServer), *BESIDE}
    # Versions stand in quotes there.
    assert lacking(sorted(known - {"2.42", "3"}), page("targets").prose) == []


def test_every_reason_of_a_reject_is_documented() -> None:
    lines = vocabulary()["agentgauge_lines_total"].values["outcome"]
    # These two are outcomes of tasks and of lines; nothing is rejected for them.
    reasons = set(REASONS) - {"abandoned", "repeat"}
    assert lacking(sorted({*reasons, *lines}), page("operations").prose) == []
