"""A log is recognised by its own lines: every preset knows its own, and no other's."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import pytest

from exporter.recognition.recognise import Recogniser
from spec.load import load_preset, preset_names
from tests.preset_logs import REAL, fixture, fixture_files, needs_real_logs

LINE = b'{"event": "message_send", "properties": {"main_model": "m", "prompt_tokens": 1}}\n'
FOLDERS = {"claude-code", "codex", "pi", "aider", "swe-agent", "openhands"}


@cache
def recogniser() -> Recogniser:
    return Recogniser(load_preset(name)[0] for name in preset_names())


@pytest.mark.parametrize("preset", preset_names())
def test_every_presets_own_log_is_recognised(preset: str) -> None:
    known = {file.name: recogniser().recognise(str(file)).presets for file in fixture_files(preset)}
    assert (preset,) in known.values()
    assert set(known.values()) <= {(preset,), ()}, fixture(preset)


@needs_real_logs
@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_every_real_log_is_recognised(folder: str) -> None:
    files = [path for path in (REAL / folder).rglob("*") if path.is_file()]
    assert files
    assert {recogniser().recognise(str(path)).presets for path in files} == {(folder,)}


@pytest.mark.parametrize(
    ("data", "preset"),
    [
        (LINE, "aider"),
        (gzip.compress(LINE, mtime=0), "aider"),
        (b"\xef\xbb\xbf" + LINE, "aider"),
        (LINE.rstrip(b"\n"), "aider"),
        (b'{"event": "launched"}\n' * 150 + LINE, "aider"),
        (b'{"note": "' + b"x" * 1_000_000 + b'"}\n' + LINE, "aider"),
        (b"", None),
        (b"\n \n", None),
        (b"plain text\n" * 100, None),
        (b"plain text\n" * 5 + LINE, "aider"),
        (b"plain text\n" * 30 + LINE, None),
        (b'{"some": "other log"}\n' * 300, None),
        (b"\0\1\2" + LINE, None),
        (b"\x1f\x8b\x08 no gzip", None),
        (b'{"a":' * 100_000, None),
        (b"[1, 2]\n", None),
    ],
    ids=lambda value: f"{value[:20]!r}" if isinstance(value, bytes) else str(value),
)
def test_what_is_no_agents_log_is_nobodys(data: bytes, preset: str | None, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(data)
    assert recogniser().recognise(str(path)).presets == ((preset,) if preset else ())


@pytest.mark.parametrize("like", ["claude-code", "pi", "claude-code-otel"])
def test_a_log_beside_another_one_is_told_from_it(like: str) -> None:
    for preset in ("codex", "hardened-agent", "codex-otel", "pi"):
        file = str(fixture_files(preset)[-1])
        assert recogniser().recognise(file, like).presets == (preset,)


def test_one_line_that_fits_well_tells_more_than_many_that_share_a_word(tmp_path: Path) -> None:
    whole = fixture_files("claude-code")[0].read_bytes().splitlines(keepends=True)
    path = tmp_path / "log"
    shared = b'{"type": "user", "timestamp": "2026-11-20T03:00:00Z"}\n' * 30
    path.write_bytes(shared + next(line for line in whole if b'"usage"' in line))
    assert recogniser().recognise(str(path)) == (("claude-code",), True)


def test_tools_that_share_a_collectors_file_are_all_recognised(tmp_path: Path) -> None:
    path = tmp_path / "collector.jsonl"
    shared = [fixture_files(preset)[0] for preset in ("claude-code-otel", "codex-otel")]
    path.write_bytes(b"".join(file.read_bytes() for file in shared))
    assert recogniser().recognise(str(path)).presets == ("claude-code-otel", "codex-otel")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        recogniser().recognise(str(tmp_path / "none"))
    with pytest.raises(OSError, match="directory"):
        recogniser().recognise(str(Path("/")))
