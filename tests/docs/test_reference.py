"""The generated parts of the documentation: what is replaced, what is kept, what is refused."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from agentgauge.reference import BEGIN, END, PAGES, SCHEMA, MarksError, filled, reference
from tests.docs.pages import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_only_what_lies_between_the_marks_is_replaced() -> None:
    page = f"# Title\n\nWords.\n\n{BEGIN}\nold\n{END}\n\nMore words.\n"
    assert filled(page, "new\n") == (
        f"# Title\n\nWords.\n\n{BEGIN}\n\nnew\n\n{END}\n\nMore words.\n"
    )
    assert filled(filled(page, "new\n"), "new\n") == filled(page, "new\n")


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END}\n{BEGIN}"])
def test_a_page_without_its_marks_is_an_error(page: str) -> None:
    with pytest.raises(MarksError, match="there must be"):
        filled(page, "new")


def test_check_names_what_is_stale_and_writing_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*PAGES, SCHEMA):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    run(reference, [])

    (tmp_path / "docs/cli.md").write_text(f"{BEGIN}\n{END}\n")
    checked = run(reference, ["--check"])
    assert (checked.exit_code, checked.output) == (1, "stale: docs/cli.md\n")
    assert (tmp_path / "docs/cli.md").read_text() == f"{BEGIN}\n{END}\n"

    written = run(reference, [])
    assert (written.exit_code, written.output) == (0, "written: docs/cli.md\n")
    checked = run(reference, ["--check"])
    assert (checked.exit_code, checked.output) == (0, "")


def test_a_page_that_is_not_there_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(reference, [])
    assert answer.exit_code == 1
    assert "docs/metrics.md" in answer.output
