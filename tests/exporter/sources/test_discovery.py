"""Globs find the regular files that a shell's would, and name what they can't look into."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from exporter.sources.discovery import Discovery

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "a.log",
        "b.txt",
        ".hidden.log",
        "deep/c.log",
        "deep/er/d.log",
        ".git/e.log",
        "x[1].log",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("line\n")
    (tmp_path / "folder.log").mkdir()
    (tmp_path / "nowhere.log").symlink_to("missing")
    (tmp_path / "circle.log").symlink_to("circle.log")
    (tmp_path / "linked.log").symlink_to("b.txt")
    (tmp_path / "deep" / "up").symlink_to("..")
    os.mkfifo(tmp_path / "pipe.log")
    return tmp_path


def names(tree: Path, *globs: str, below: str = "**/*") -> list[str]:
    found = Discovery(tuple(f"{tree}/{glob}".rstrip("/") for glob in globs), below).find()
    return [file.path.removeprefix(f"{tree}/") for file in found]


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*.log", ["a.log", "linked.log", "x[1].log"]),
        ("**/*.log", ["a.log", "deep/c.log", "deep/er/d.log", "linked.log", "x[1].log"]),
        ("**/**/d.log", ["deep/er/d.log"]),
        ("**", ["a.log", "b.txt", "deep/c.log", "deep/er/d.log", "linked.log", "x[1].log"]),
        ("*/*.log", ["deep/c.log"]),
        (".git/*.log", [".git/e.log"]),
        (".*.log", [".hidden.log"]),
        ("d?ep/c.[lx]og", ["deep/c.log"]),
        ("x[1].log", ["x[1].log"]),
        ("deep/up/a.log", ["deep/up/a.log"]),
        ("nothing/**/*.log", []),
        ("a.log/*", []),
    ],
)
def test_a_glob_finds(tree: Path, glob: str, expected: list[str]) -> None:
    assert names(tree, glob) == expected


def test_a_directory_is_searched_with_the_glob_handed_in(tree: Path) -> None:
    assert names(tree, "", below="*/*.log") == ["deep/c.log"]
    assert names(tree, "deep", below="**/*.log") == ["deep/c.log", "deep/er/d.log"]


def test_a_file_that_two_globs_mean_is_found_once(tree: Path) -> None:
    assert names(tree, "a.*", "*.log", "a.log") == ["a.log", "linked.log", "x[1].log"]


@pytest.mark.parametrize(
    ("glob", "named"),
    [
        ("*.log", []),
        ("*.txt", []),
        ("?.lo*", []),
        ("deep/*.no", []),
        ("missing.log", ["missing.log"]),
        ("*.c", []),
        ("deep/c", ["deep/c"]),
        ("?", ["a", "b"]),
        ("x[[]1]", ["x[1]"]),
    ],
)
def test_names_that_a_glob_means_without_a_file(tree: Path, glob: str, named: list[str]) -> None:
    discovery = Discovery((f"{tree}/{glob}",))
    discovery.find()
    assert sorted(path.removeprefix(f"{tree}/") for path in discovery.named) == named


def test_a_tree_deeper_than_the_interpreters_stack_is_walked(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("end.log", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    found = names(tmp_path, "**/*.log")
    # Nor can pytest remove it.
    subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)
    assert found == ["d/" * 1200 + "end.log"]
