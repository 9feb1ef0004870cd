"""The judges are pinned, and what they are not asked has its reason."""

from __future__ import annotations

import re

from tools.judges.programs import PINNED, PINS
from tools.judges.verdicts import Verdict


def test_every_judge_has_an_exact_version() -> None:
    versions = {pin.folder: pin.version for pin in PINNED}

    assert [v for v in versions.values() if not re.fullmatch(r"\d+\.\d+\.\d+", v)] == []
    assert versions["prometheus"].startswith("3.")


def test_every_exception_of_pint_has_a_reason() -> None:
    rules = (PINS / "pint/pint.hcl").read_text().split("\nrule {\n")[1:]

    assert [rule for rule in rules if not rule.lstrip().startswith("//")] == []
    assert all("disable = [" in rule for rule in rules)


def test_a_verdict_is_a_line_with_its_findings_below() -> None:
    right = Verdict("pint", "0.87.0", "rules", "")
    wrong = Verdict("pint", "0.87.0", "rules", "Bug: one\nBug: two")
    not_here = Verdict("mixtool", "2282201", "mixin", "", asked=False)

    assert right.told() == "pint             0.87.0            rules: ok"
    assert wrong.told() == (
        "pint             0.87.0            rules: findings:\nBug: one\nBug: two"
    )
    assert not_here.told() == "mixtool          2282201           mixin: not asked"
