"""`agentgauge explain` tells of lines, or sums them up, and never what they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from agentgauge.commands.explain import command
from tests.preset_logs import fixture_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRESET = """\
format: json
time: time
labels: {agent: bot}
events:
  - name: step
    when: {kind: step}
    update: {agent_steps_total: {add: steps}}
  - name: retry
    when: {kind: retry}
    update: {agent_retries_total: inc}
"""
LOG = """\
{"kind": "step", "bot": "a", "steps": 3}
{"kind": "chat", "bot": "a"}

{"kind": "step", "bot": "a", "steps": "many"}
{"kind":
{"kind": "step", "bot": "a", "steps": 2}
"""
LINES = """\
log:1: applied
  step  applied
  agent_steps_total{agent="a"} +3
log:2: unmatched
  kind=chat
  nearest is step: `kind` is `chat`, not `step`
log:3: blank
log:4: applied
  step  applied
  rejected: step not_a_number: `steps` is a text
log:5: rejected
  rejected: line malformed: not valid in the format of the log
log:6: applied
  step  applied
  agent_steps_total{agent="a"} +2
"""
SUMMARY = """\
bots, 1 file: 3 applied, 1 unmatched, 1 rejected, 1 blank

rules      took  applied
  step        3        3  first log:1
  no event for retry

left alone
        1  kind=chat  first log:2
           nearest is step: `kind` is `chat`, not `step`

rejected
        1  step not_a_number: `steps` is a text  first log:4
        1  line malformed: not valid in the format of the log  first log:5

moved
  agent_steps_total{agent="a"} +5
"""
END = "bots, 1 file: 3 applied, 1 unmatched, 1 rejected, 1 blank\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bots.yaml").write_text(PRESET, encoding="utf-8")
    (tmp_path / "log").write_text(LOG, encoding="utf-8")
    (tmp_path / "agents.yaml").write_text(
        "version: 1\nfleet: f\nsources: [{file: log, preset: ./bots.yaml, labels: {team: x}}]\n"
    )
    return tmp_path


def explain(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        ((), LINES + END),
        (("--summary",), SUMMARY),
        (("--lines", "2"), "".join(LINES.splitlines(keepends=True)[3:6])),
        (("--lines", "5-"), "".join(LINES.splitlines(keepends=True)[10:])),
        (("--only", "unmatched"), "".join(LINES.splitlines(keepends=True)[3:6])),
        (("--only", "rejected"), "".join(LINES.splitlines(keepends=True)[7:12])),
        (("--only", "applied", "--lines", "2-5"), "".join(LINES.splitlines(keepends=True)[7:10])),
    ],
)
def test_lines_are_told_one_by_one_or_summed_up(options: tuple[str, ...], printed: str) -> None:
    done = explain("log", "--preset", "./bots.yaml", *options)
    assert (done.exit_code, done.stdout) == (0, printed)


def test_a_long_log_is_summed_up_unless_lines_are_asked_for(folder: Path) -> None:
    (folder / "log").write_text(LOG * 20, encoding="utf-8")
    assert explain("log", "--preset", "./bots.yaml").stdout.count("log:") == 4
    some = explain("log", "--preset", "./bots.yaml", "--lines", "7-8").stdout
    assert some.splitlines()[0] == "log:7: applied"


def test_a_spec_says_by_which_source_a_file_is_read_and_with_which_labels(folder: Path) -> None:
    done = explain("log", "--spec", "agents.yaml", "--lines", "1")
    assert 'agent_steps_total{agent="a",team="x"} +3' in done.stdout
    (folder / "other").write_text(LOG)
    done = explain("other", "--spec", "agents.yaml")
    assert (done.exit_code, "no source of agents.yaml reads it" in done.stderr) == (1, True)


def test_json_has_the_same() -> None:
    lines = explain("log", "--preset", "./bots.yaml", "--format", "json").stdout.splitlines()
    assert json.loads(lines[0]) == {
        "file": "log", "line": 1, "outcomes": {"applied": 1},
        "rules": [{"rule": "step", "events": 1, "applied": 1, "why": ""}],
        "left": [], "rejected": [],
        "moved": [{"sample": 'agent_steps_total{agent="a"}', "added": 3.0}],
    }  # fmt: skip
    whole = json.loads(
        explain("log", "--preset", "./bots.yaml", "--format", "json", "--summary").stdout
    )
    assert whole["outcomes"] == {
        "applied": 3, "repeat": 0, "unmatched": 1, "rejected": 1, "blank": 1,
    }  # fmt: skip
    assert whole["moved"] == [{"sample": 'agent_steps_total{agent="a"}', "added": 5.0}]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("none",), 1, "none: there is no such file or directory"),
        (("log",), 1, "no preset knows it; name a preset"),
        (("log", "--preset", "aidr"), 1, "did you mean 'aider'?"),
        (("log", "--lines", "a-b"), 2, "write 7, 120-140 or 120-"),
        (("log", "--preset", "aider", "--spec", "agents.yaml"), 2, "exclude each other"),
        (("log", "--preset", "aider", "--summary", "--only", "repeat"), 2, "leave out --lines"),
    ],
)
def test_what_cannot_be_explained_is_said(arguments: tuple[str, ...], code: int, said: str) -> None:
    done = explain(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


@pytest.mark.parametrize("preset", ["claude-code", "codex", "hardened-agent", "otel-genai"])
def test_nothing_that_a_log_says_is_printed_but_in_labels(preset: str) -> None:
    files = [str(file) for file in fixture_files(preset)]
    done = explain(*files, "--preset", preset, "--lines", "1-")
    assert done.exit_code == 0, done.stderr
    for text in {text for file in files for text in long_texts(file)}:
        assert done.stdout.count(text) == done.stdout.count(f'="{text}"'), text


def test_without_a_preset_the_log_tells_by_itself_whose_it_is() -> None:
    files = [str(fixture_files(preset)[0]) for preset in ("aider", "pi")]
    done = explain(*files, "--summary")
    heads = [line for line in done.stdout.splitlines() if " file: " in line]
    assert [head.partition(",")[0] for head in heads] == ["aider", "pi"]


def long_texts(file: str) -> Iterator[str]:
    """Give the texts of a log that are longer than any name."""
    with open(file, "rb") as log:  # noqa: PTH123 (a name that is a text)
        for line in log:
            try:
                yield from (text for text in texts(json.loads(line)) if len(text) > 40)
            except ValueError:
                continue


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else ():
        yield from texts(inner)
    for inner in value if isinstance(value, list) else ():
        yield from texts(inner)
