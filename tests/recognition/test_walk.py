"""A walk sees what globs would find, and no more than it may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentgauge.recognition import walk as walking
from agentgauge.recognition.walk import walk

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_hidden_names_links_and_what_is_no_log_are_left_out(tmp_path: Path) -> None:
    for name in ("a.jsonl", "p/b.jsonl", ".hidden/c.jsonl", "p/.d.jsonl", "node_modules/e.jsonl",
                 "p/f.py", "z"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "p")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "a.jsonl")
    found = [path.removeprefix(f"{tmp_path}/") for path in walk(tmp_path).files]
    assert found == ["a.jsonl", "link.jsonl", "p/b.jsonl", "z"]


def test_a_huge_tree_is_seen_in_part_and_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}/log").touch()
    assert (len(walk(tmp_path).files), walk(tmp_path).cut) == (5, False)
    monkeypatch.setattr(walking, "MOST_ENTRIES", 8)
    assert (len(walk(tmp_path).files), walk(tmp_path).cut) == (3, True)


def test_a_file_is_its_own_tree_and_what_is_not_there_has_none(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    assert walk(tmp_path / "log").files == [str(tmp_path / "log")]
    assert walk(tmp_path / "none").unreadable == [str(tmp_path / "none")]
