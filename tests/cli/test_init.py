"""`agentgauge init` finds the logs of agents, and writes a spec that reads each of them once."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from agentgauge.commands.init import command
from agentgauge.recognition.known import known_presets
from exporter.assembly import Exporter, Settings
from exporter.sources.discovery import Discovery
from spec.load import load_spec, preset_names
from spec.model import Source
from tests.preset_logs import REAL, fixture, fixture_files, needs_real_logs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from spec.model import Family

# Of sessions, the largest of all sources together are shown.
BESIDE = ("agentgauge_", "agent_session_")
LINE = '{"event": "message_send", "properties": {"main_model": "m", "prompt_tokens": 1}}\n'
FOLDERS = ("aider", "claude-code", "codex", "openhands", "pi", "swe-agent")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory, in which we are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def init(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def put(path: Path, text: str = LINE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def sources(path: Path) -> dict[str, tuple[str, ...]]:
    """Give the sources of a spec, with their globs below its folder."""
    found = load_spec(path).sources
    return {
        source.name: tuple(glob.removeprefix(f"{path.parent}/") for glob in source.files)
        for source in found
    }


def samples(declared: Iterable[Source], families: dict[str, Family]) -> dict[str, float]:
    exporter = Exporter(Settings("f", "1"), tuple(declared), families)
    exporter.pipeline.run_once()
    lines = exporter.metrics()[1].decode().splitlines()
    named = (line.rpartition(" ") for line in lines if not line.startswith(("#", *BESIDE)))
    return {name: float(value) for name, _, value in named}


def of_preset(preset: str, folder: Path) -> dict[str, float]:
    mapping, families = known_presets()[preset]
    return samples([Source(preset, (str(folder),), (mapping,), {})], families)


def of_spec(path: Path) -> dict[str, float]:
    spec = load_spec(path)
    return samples(spec.sources, dict(spec.families))


@needs_real_logs
def test_a_home_of_real_logs_gives_what_each_preset_gives_of_its_folder(home: Path) -> None:
    for folder in FOLDERS:
        shutil.copytree(REAL / folder, home / folder)

    done = init(str(home))

    assert done.exit_code == 0, done.output
    each = [of_preset(folder, home / folder) for folder in FOLDERS]
    assert of_spec(home / "agents.yaml") == {k: v for found in each for k, v in found.items()}


def test_a_home_of_every_presets_log_is_read_as_each_preset_reads_its_own(home: Path) -> None:
    for preset in preset_names():
        for file in fixture_files(preset):
            inner = file.relative_to(fixture(preset)) if fixture(preset).is_dir() else file.name
            (home / "logs" / preset / inner).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, home / "logs" / preset / inner)

    done = init()

    assert done.exit_code == 0, done.output
    read = {
        source.name: {one.path for one in Discovery(source.files).find()}
        for source in load_spec(home / "agents.yaml").sources
    }
    logs = home / "logs"
    assert set(read) == set(preset_names())
    for preset, paths in read.items():
        assert paths <= {str(path) for path in (logs / preset).rglob("*")}
        known = (path for path in (logs / preset).rglob("*") if path.is_file())
        assert all(str(path) in paths or str(path) in done.output for path in known)


def test_it_looks_where_tools_write_by_themselves(home: Path) -> None:
    claude, codex = fixture_files("claude-code")[0], fixture_files("codex")[-1]
    for folder, file in ((".claude/projects/-home-x", claude), (".codex/sessions/2026/02", codex)):
        put(home / folder / "one.jsonl", file.read_text(encoding="utf-8"))
    put(home / ".aider.analytics.jsonl")

    done = init()

    assert done.exit_code == 0, done.output
    assert sources(home / "agents.yaml") == {
        "aider": (".aider.analytics.jsonl",),
        "claude-code": (".claude/projects/**/*.jsonl",),
        "codex": (".codex/sessions/**/*.jsonl",),
    }


def test_a_home_that_is_named_is_searched_like_ones_own(home: Path) -> None:
    text = fixture_files("claude-code")[0].read_text(encoding="utf-8")
    put(home / "other/.claude/projects/p/one.jsonl", text)
    assert init("other").exit_code == 0
    assert sources(home / "agents.yaml") == {"claude-code": ("other/.claude/projects/**/*.jsonl",)}


def test_a_tool_that_keeps_its_things_elsewhere_is_found_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / "moved"))
    text = fixture_files("claude-code")[0].read_text(encoding="utf-8")
    put(home / "moved/projects/p/one.jsonl", text)
    assert init().exit_code == 0
    assert sources(home / "agents.yaml") == {"claude-code": ("moved/projects/**/*.jsonl",)}


def test_what_a_collector_gathers_is_read_by_all_presets_that_it_is_for(home: Path) -> None:
    texts = [fixture_files(preset)[0].read_text() for preset in ("claude-code-otel", "codex-otel")]
    put(home / "logs/a.jsonl", texts[0])
    put(home / "logs/b.jsonl", texts[0] + texts[1])
    assert init().exit_code == 0
    (source,) = load_spec(home / "agents.yaml").sources
    assert [mapping.name for mapping in source.mappings] == ["claude-code-otel", "codex-otel"]
    assert source.files == (f"{home}/logs/**/*.jsonl",)


def test_a_file_that_shares_but_a_word_with_another_log_is_like_those_beside_it(home: Path) -> None:
    text = fixture_files("claude-code")[0].read_text(encoding="utf-8")
    put(home / "logs/p/one.jsonl", text)
    put(
        home / "logs/q/two.jsonl",
        '{"type": "user", "timestamp": "2026-11-20T03:00:00Z", "message": {"content": "?"}}\n',
    )
    assert init().exit_code == 0
    assert sources(home / "agents.yaml") == {"claude-code": ("logs/**/*.jsonl",)}


def test_what_was_found_and_what_was_left_is_said(home: Path) -> None:
    put(home / "logs/aider.jsonl")
    put(home / "logs/strange.jsonl", '{"some": "log"}\n')
    done = init("logs")
    assert done.stderr.splitlines()[0].split() == ["preset", "files", "size", "newest", "where"]
    assert done.stderr.splitlines()[1].split()[:4] == ["aider", "1", "0.1", "kB"]
    assert "left alone, no preset knows it: logs/strange.jsonl" in done.stderr
    assert "next: agentgauge check agents.yaml" in done.stderr


def test_directories_of_one_preset_become_sources_of_their_own(home: Path) -> None:
    put(home / "a/one.jsonl")
    put(home / "b/one.jsonl", LINE.replace("1}", "2}"))
    assert init("a", "b").exit_code == 0
    assert sources(home / "agents.yaml") == {
        "aider": ("a/**/*.jsonl",),
        "aider-2": ("b/**/*.jsonl",),
    }


def test_a_directory_within_another_is_read_once(home: Path) -> None:
    put(home / "logs/deep/one.jsonl")
    (home / "link").symlink_to(home / "logs")
    assert init("logs", "logs/deep", "link").exit_code == 0
    assert sources(home / "agents.yaml") == {"aider": ("logs/**/*.jsonl",)}


def test_a_spec_elsewhere_names_its_logs_by_whole_paths(home: Path) -> None:
    put(home / "logs/one.jsonl")
    (home / "etc").mkdir()
    assert init("logs", "--out", "etc/agents.yaml").exit_code == 0
    assert load_spec(home / "etc/agents.yaml").sources[0].files == (f"{home}/logs/**/*.jsonl",)


def test_links_in_circles_and_what_is_no_text_do_no_harm(home: Path) -> None:
    put(home / "logs/one.jsonl")
    (home / "logs/circle").symlink_to(home / "logs")
    (home / "logs/self").symlink_to("self")
    os.mkfifo(home / "logs/pipe.jsonl")
    (home / "logs/binary").write_bytes(b"\0" * 100)
    put(home / "logs/empty.jsonl", "")
    assert init("logs").exit_code == 0
    assert sources(home / "agents.yaml") == {"aider": ("logs/**/*.jsonl",)}


def test_where_there_is_nothing_usual_it_looks_in_the_working_directory(home: Path) -> None:
    put(home / "work/one.jsonl")
    assert init().exit_code == 0
    assert sources(home / "agents.yaml") == {"aider": ("**/*.jsonl",)}


def test_where_nothing_is_found_it_says_where_it_looked_and_what_to_do(home: Path) -> None:
    done = init()
    assert (done.exit_code, (home / "agents.yaml").exists()) == (1, False)
    assert f"{home}/.claude/projects" in done.stderr
    assert "agentgauge init --preset NAME DIR" in done.stderr
    assert "no such directory" in init("nowhere").stderr


def test_logs_that_are_yet_to_come_are_told_with_a_preset(home: Path) -> None:
    assert init("later", "--preset", "swe-agent").exit_code == 0
    assert sources(home / "agents.yaml") == {"swe-agent": ("later/**/*.traj",)}
