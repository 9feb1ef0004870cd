"""Globs read every file that is known, by its own preset alone, and those to come."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentgauge.recognition.cover import cover, kind
from exporter.sources.discovery import Discovery


def owners(preset: str | None) -> tuple[str, ...]:
    return (preset,) if preset else ()


@pytest.mark.parametrize(
    ("files", "globs"),
    [
        ({"r/a.jsonl": "A"}, {"A": ["r/**/*.jsonl"]}),
        ({"r/p/a.jsonl": "A", "r/q/b.jsonl": "A"}, {"A": ["r/**/*.jsonl"]}),
        ({"r/p/a.jsonl": "A", "r/q/b.jsonl": "B"},
         {"A": ["r/p/**/*.jsonl"], "B": ["r/q/**/*.jsonl"]}),
        ({"r/p/a.jsonl": "A", "r/b.traj": "B"}, {"A": ["r/p/**/*.jsonl"], "B": ["r/*.traj"]}),
        ({"r/a.jsonl": "A", "r/b.jsonl": "B"}, {"A": ["r/a.jsonl"], "B": ["r/b.jsonl"]}),
        ({"r/a.jsonl": "A", "r/b.json": "B"}, {"A": ["r/*.jsonl"], "B": ["r/*.json"]}),
        ({"r/a.jsonl": "A", "r/b.jsonl": None}, {"A": ["r/**/*.jsonl"]}),
        ({"r/p/a.jsonl": "A", **{f"r/q/{n}.json": None for n in range(9)}},
         {"A": ["r/p/**/*.jsonl"]}),
        ({"r/a.jsonl": "A", "r/a.log": "A"}, {"A": ["r/**/*.jsonl", "r/**/*.log"]}),
        ({"r/a.jsonl": "A", "r/a.jsonl.1": "A", "r/a.jsonl.2.gz": "A"}, {"A": ["r/**/*.jsonl"]}),
        ({"r/[x]/a.jsonl": "A", "r/y/b.jsonl": "B"},
         {"A": ["r/[[]x]/**/*.jsonl"], "B": ["r/y/**/*.jsonl"]}),
        ({"r": "A"}, {"A": ["r"]}),
    ],
)  # fmt: skip
def test_a_directory_of_one_preset_is_read_as_a_whole(
    files: dict[str, str | None], globs: dict[str, list[str]]
) -> None:
    known = {path: owners(preset) for path, preset in files.items()}
    assert cover("r", known) == {owners(preset): found for preset, found in globs.items()}


@pytest.mark.parametrize(
    ("name", "glob"),
    [
        ("a.jsonl", "*.jsonl"), ("a.b.jsonl", "*.jsonl"), ("a.jsonl.gz", "*.jsonl"),
        ("a.log.1", "*.log"), ("a.log.12.zst", "*.log"), ("a.log-20261120", "*.log"),
        ("a.log-2026-11-20.gz", "*.log"), ("session-12", "session-12"), ("log", "log"),
        ("rollout-2026-02-23T12-40-23.jsonl", "*.jsonl"), (".aider.log", "*.log"),
    ],
)  # fmt: skip
def test_rotated_files_are_found_beside_their_own_name(name: str, glob: str) -> None:
    assert kind(name) == glob


FOLDERS = st.lists(st.sampled_from(["p", "q", "[x]", "y*"]), max_size=3).map("/".join)
NAMES = st.sampled_from(["a.jsonl", "b.jsonl", "c.json", "d.traj", "e", "f?.jsonl", "[g].json"])
FILES = st.dictionaries(
    st.tuples(FOLDERS, NAMES).map(lambda pair: str(Path(*pair))),
    st.sampled_from(["A", "B", None]), min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(files=FILES)
def test_each_file_is_read_once_and_by_its_own_preset(files: dict[str, str | None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        known = {f"{folder}/{name}": owners(preset) for name, preset in files.items()}
        for path in known:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text("x", encoding="utf-8")
        read: dict[str, list[tuple[str, ...]]] = {path: [] for path in known}
        for preset, globs in cover(folder, known).items():
            for found in Discovery(tuple(globs)).find():
                read[found.path].append(preset)
        for path, owner in known.items():
            if owner:
                assert read[path] == [owner], (path, read)
            assert len(read[path]) <= 2
