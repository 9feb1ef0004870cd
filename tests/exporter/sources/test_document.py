"""Every version of a document comes once and whole, over restarts too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from exporter.model import LINE, Noticed, Reject
from exporter.sources.document import QUIET, SCAN_INTERVAL, DocumentSource
from tests.exporter.sources.following import Clock

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

    from exporter.model import Plain


class Documents:
    """A source over `*.json`, and every version that it gave."""

    def __init__(self, folder: Path, start: Literal["beginning", "end"] = "beginning") -> None:
        self.folder = folder
        self.start = start
        self.clock = Clock()
        self.saved: list[Plain] = []
        self.source = self.make()

    def make(self) -> DocumentSource:
        return DocumentSource(
            (f"{self.folder}/*.json",),
            start=self.start,
            max_size=100,
            clock=self.clock,
            wall=lambda: self.clock() - 1e6,
        )

    def write(self, name: str, data: bytes) -> None:
        """Write a version, at a time that no other version has."""
        self.clock.now += 0.001
        path = self.folder / name
        path.write_bytes(data)
        os.utime(path, (self.clock.now + 1000, self.clock.now + 1000))

    def poll(self, seconds: float = SCAN_INTERVAL) -> list[tuple[str, bytes]]:
        self.clock.now += seconds
        folder = f"{self.folder}/"
        return [(b.stream.removeprefix(folder), b.data) for b in self.source.blocks()]

    def restart(self) -> None:
        saved = self.source.save(whole=False)
        if saved is not None:
            self.saved.append(msgspec.msgpack.decode(msgspec.msgpack.encode(saved)))
        self.source = self.make()
        self.source.restore(self.saved)


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    return Documents(tmp_path)


def test_every_version_is_one_block_with_a_final_newline(documents: Documents) -> None:
    documents.write("a.json", b'{"a":\n1}')
    documents.write("b.json", b'\xef\xbb\xbf{"b": 1}\n')
    assert documents.poll() == [("a.json", b'{"a":\n1}\n'), ("b.json", b'{"b": 1}\n')]
    assert documents.poll() == []
    documents.write("a.json", b'{"a":\n2}')
    assert documents.poll() == [("a.json", b'{"a":\n2}\n')]
    assert (documents.source.streams(), documents.source.lag()) == (2, 0)


def test_a_version_is_not_given_again_after_a_restart_nor_if_its_bytes_are_equal(
    documents: Documents,
) -> None:
    documents.write("a.json", b"{}")
    assert documents.poll() == [("a.json", b"{}\n")]
    documents.restart()
    assert documents.poll() == []
    documents.write("a.json", b"{}")
    assert documents.poll() == []
    documents.restart()
    documents.write("a.json", b"[]")
    assert documents.poll() == [("a.json", b"[]\n")]
    documents.restart()
    (documents.folder / "a.json").rename(documents.folder / "away")
    assert documents.poll() == []
    documents.restart()
    (documents.folder / "away").rename(documents.folder / "a.json")
    assert documents.poll() == []


def test_only_what_changed_is_saved(documents: Documents) -> None:
    documents.write("a.json", b"{}")
    documents.write("b.json", b"{}")
    documents.poll()
    assert len(documents.source.save(whole=False)["versions"]) == 2
    assert documents.source.save(whole=False) is None
    documents.write("b.json", b"[]")
    documents.poll()
    assert len(documents.source.save(whole=False)["versions"]) == 1
    assert len(documents.source.save(whole=True)["versions"]) == 2


def test_a_half_written_version_waits_until_it_parses(documents: Documents) -> None:
    documents.write("a.json", b'{"a":')
    assert documents.poll() == []
    assert documents.source.lag() == 5
    assert documents.poll(1) == []
    assert documents.source.lag_seconds() == pytest.approx(1)
    documents.write("a.json", b'{"a":1}')
    assert documents.poll() == [("a.json", b'{"a":1}\n')]
    assert (documents.source.lag(), documents.source.lag_seconds()) == (0, 0)


def test_what_never_parses_is_given_when_it_is_quiet(documents: Documents) -> None:
    documents.write("a.json", b'{"a":')
    assert documents.poll() == []
    assert documents.poll(QUIET) == [("a.json", b'{"a":\n')]
    assert documents.poll(QUIET) == []


def test_what_does_not_parse_is_given_at_the_end(documents: Documents) -> None:
    documents.write("a.json", b"[" * 90)
    assert documents.poll() == []
    assert [block.data for block in documents.source.finish()] == [b"[" * 90 + b"\n"]


def test_an_empty_document_is_none(documents: Documents) -> None:
    documents.write("a.json", b" \n")
    assert documents.poll() == []
    assert documents.source.lag() == 0


def test_a_document_that_is_too_long_is_counted_once(documents: Documents) -> None:
    documents.write("a.json", b" " * 101)
    assert documents.poll() == []
    assert documents.poll() == []
    assert documents.source.noticed() == Noticed((Reject(LINE, "too_long", 1),))


def test_with_start_at_end_the_versions_that_are_there_are_skipped(tmp_path: Path) -> None:
    documents = Documents(tmp_path, "end")
    documents.write("a.json", b"{}")
    assert documents.poll() == []
    documents.restart()
    documents.write("b.json", b"{}")
    documents.write("a.json", b"[]")
    assert documents.poll() == [("a.json", b"[]\n"), ("b.json", b"{}\n")]


def test_the_same_document_under_two_names_is_given_once(documents: Documents) -> None:
    documents.write("a.json", b"{}")
    (documents.folder / "b.json").hardlink_to(documents.folder / "a.json")
    assert documents.poll() == [("a.json", b"{}\n")]
