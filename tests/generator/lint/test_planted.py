"""Mistakes that no file shows by itself: each is found, at its place, and nothing else is.

`planted/NAME.yaml` holds the mistakes, `planted/NAME.txt` all that is said of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.lint.run import FAMILIES
from tests.generator.lint.linted import PLANTED, make

NAMES = sorted(path.stem for path in PLANTED.glob("*.txt"))

# By construction no spec breaks them: see test_spoilt.py.
NOT_BY_A_SPEC = {
    "alert-name", "alert-without-route", "alert-without-rule", "group-size",
    "panel-no-targets-rule", "recording-duplicate", "recording-name", "recording-unread",
    "template-datasource-rule", "template-instance-rule", "template-job-rule",
    "template-label-promql-rule", "template-on-time-change-reload-rule", "uneditable-dashboard",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_is_planted_is_found_and_nothing_else(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PLANTED)
    found = [str(finding) for finding in make(Path(f"{name}.yaml")).lint()]
    assert found == (PLANTED / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def test_one_of_each_is_planted() -> None:
    said = "".join((PLANTED / f"{name}.txt").read_text(encoding="utf-8") for name in NAMES)
    rules = {rule.name for family in FAMILIES for rule in family.RULES}
    assert {rule for rule in rules if f"[{rule}]" not in said} == NOT_BY_A_SPEC
