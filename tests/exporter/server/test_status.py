"""The status page says how every source fares, in HTML that nothing from a log can break out of."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from exporter.model import FILE, LINE, Reject, SourceStatus, Status
from exporter.status import REASONS, duration, render_status, size

EVIL = "<script>alert('\"&')</script>"

STATUS = Status(
    "0.1.0",
    "support",
    3725.0,
    (
        SourceStatus(
            "main",
            {"applied": 1234567, "rejected": 3},
            2,
            3 * 1024 * 1024,
            75.0,
            catching_up=True,
            rejects=(
                Reject(LINE, "malformed", 2, '{"a": <1'),
                Reject("llm-call", "of_tomorrow", 40),
                Reject(FILE, "unreadable", 1),
            ),
        ),
        SourceStatus("stdin", {"ignored": 5}, 1, 0, 0.0, catching_up=False),
    ),
    {"agent_steps_total": 2, "agent_tasks_total": 9},
)


LINES = ("Lines: applied", "ignored", "rejected")


class Page(HTMLParser):
    """A page's rows of cells, links and tags; fails where tags don't match."""

    VOID = frozenset({"meta", "!doctype"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.facts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag == "dd":
            self.facts.append("")
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data
        if "dd" in self.open:
            self.facts[-1] += data


def test_the_page_shows_what_there_is() -> None:
    page = Page(render_status(STATUS))
    assert page.facts == ["Reading history", "1 h 2 min", "1\u202f234\u202f575", "3.0 MiB", "11"]
    assert page.rows == [
        ["Source", "State", "Files", "Behind", "Waiting for", *LINES],
        ["main", "reading history", "2", "3.0 MiB", "1 min 15 s", "1\u202f234\u202f567", "0", "3"],
        ["stdin", "following", "1", "0 B", "0 s", "0", "5", "0"],
        ["Source", "Rule", "Reason", "Count"],
        ["main", "llm-call", "of_tomorrow", "40"],
        ["main", "line", f'malformed{REASONS["malformed"]}{{"a": <1', "2"],
        ["main", "file", f"unreadable{REASONS['unreadable']}", "1"],
        ["Family", "", "Series"],
        ["agent_tasks_total", "", "9"],
        ["agent_steps_total", "", "2"],
    ]
    assert page.links == ["/metrics", "/-/healthy", "/-/ready"]
    assert "script" not in page.tags


def test_every_text_is_escaped() -> None:
    source = SourceStatus(
        EVIL, {EVIL: 1}, 1, 0, 0.0, catching_up=False, rejects=(Reject(EVIL, EVIL, 1, EVIL),)
    )
    text = render_status(Status(EVIL, EVIL, 0.0, (source,), {EVIL: 1}), f"/{EVIL}")
    page = Page(text)
    assert "script" not in page.tags
    assert EVIL not in text


def test_an_empty_fleet_and_one_that_does_not_read_have_a_page() -> None:
    text = render_status(Status("0", "f", 0.0, (), reading=False))
    assert Page(text).facts[0] == "Not reading"
    for sentence in ("There is no source.", "Nothing was rejected.", "No series yet."):
        assert sentence in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.9, "0 s"), (61, "1 min 1 s"), (3600, "1 h 0 min"), (90_000, "1 d 1 h")],
)
def test_a_time_is_written_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1024**4 * 5000, "5000.0 TiB")],
)
def test_a_size_is_written_with_its_unit(number: int, text: str) -> None:
    assert size(number) == text


def test_a_checkpoint_that_cannot_be_written_is_the_first_thing_to_see() -> None:
    text = render_status(Status("0", "f", 0.0, (), failure="state.db: the disk is <full>"))
    assert Page(text).facts[0] == "Waiting for the disk"
    assert '<p class="failure">state.db: the disk is &lt;full&gt;</p>' in text
