"""Records are those that the exporter reads, each with the line on which it begins."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from exporter.explaining.records import Record, records
from exporter.sources.lines import MAX_LINE
from spec.load import load_preset

if TYPE_CHECKING:
    from pathlib import Path


def read(data: bytes, tmp_path: Path, style: str = "json") -> list[Record]:
    preset, log = tmp_path / "one.yaml", tmp_path / "log"
    pattern = "pattern: '(?P<a>.)'\n" if style == "text" else ""
    preset.write_text(
        f"format: {style}\n{pattern}events:\n"
        "- {name: one, labels: {agent: a}, update: {agent_steps_total: inc}}\n"
    )
    log.write_bytes(data)
    return list(records(str(log), load_preset(str(preset))[0]))


def test_every_line_is_a_record_also_the_last_without_a_newline(tmp_path: Path) -> None:
    assert read(b'\xef\xbb\xbf{"a":1}\r\n\n{"a":\r2}', tmp_path) == [
        (1, b'{"a":1}\r\n', ""), (2, b"\n", ""), (3, b'{"a":\r2}\n', ""),
    ]  # fmt: skip


@pytest.mark.parametrize("style", ["json", "logfmt", "text"])
def test_compressed_files_are_unpacked(style: str, tmp_path: Path) -> None:
    assert read(gzip.compress(b"a=1\nb=2\n"), tmp_path, style) == read(
        b"a=1\nb=2\n", tmp_path, style
    )


def test_an_object_over_several_lines_has_the_line_of_its_brace(tmp_path: Path) -> None:
    found = read(b'{\n "a": 1\n}\n\n{"a":2}{"a":3}\nrubbish\n{\n"a":4}', tmp_path, "json-stream")
    assert [record.line for record in found] == [1, 5, 5, 6, 7]


def test_a_document_is_one_record(tmp_path: Path) -> None:
    assert [record.line for record in read(b'{\n"a": 1\n}', tmp_path, "document")] == [1]
    assert read(b" \n", tmp_path, "document") == []


def test_a_line_that_is_too_long_is_told_and_the_next_ones_are_read(tmp_path: Path) -> None:
    data = b'{"a":1}\n' + b"x" * (MAX_LINE + 1) + b'\n{"a":2}\n'
    found = read(data, tmp_path)
    assert [(record.line, record.refused) for record in found] == [
        (1, ""),
        (2, "too_long"),
        (3, ""),
    ]


def test_a_compressed_file_that_breaks_off_is_told(tmp_path: Path) -> None:
    found = read(gzip.compress(b'{"a":1}\n' * 1000)[:-20], tmp_path)
    assert "damaged" in {record.refused for record in found}


def test_the_parts_of_a_containers_line_are_one_record(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(
        b'{"log":"{\\"a\\":","stream":"stdout","time":"t"}\n'
        b'{"log":"1}\\n","stream":"stdout","time":"t"}\n'
        b'{"log":"{}\\n","stream":"stdout","time":"t"}\n'
    )
    mapping, _ = load_preset("aider")
    found = list(records(str(tmp_path / "log"), mapping, "docker"))
    assert [(record.line, record.data.count(b"\n")) for record in found] == [(1, 2), (3, 1)]
