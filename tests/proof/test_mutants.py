"""Mistakes that cases must notice are made where they matter, and nowhere else."""

from __future__ import annotations

import pytest

from agentgauge.proof.mutants import Excused, Mutant, mutants
from agentgauge.proof.rule_files import Rule

INVERTED = {
    "a > 5": "a <= 5",
    "a{x=\"1 > 2\",y!='3'} < 5": "a{x=\"1 > 2\",y!='3'} >= 5",
    "(a / (b > 0)) >= 0.5": "(a / (b > 0)) < 0.5",
    "(a > 0) == 1": "(a > 0) != 1",
    "rate(a[5m]) != bool 0": "rate(a[5m]) == bool 0",
    "a > 1 and b > 2": "a <= 1 and b > 2",
    '# more > less\na{b=~">{2}|}"}\n> 1': '# more > less\na{b=~">{2}|}"}\n<= 1',
}
TIMES_TEN = {
    "a > 5": "a > 10 * 5",
    "a > 50 / 12": "a > 10 * 50 / 12",
    "a > 0": "a > 10",
    "a > bool 0.0 and b > 1": "a > bool 10 and b > 1",
    "a > on (agent) group_left () b": "a > on (agent) group_left () 10 * b",
    "a > 0.5": "a > 10 * 0.5",
}


def made(**spelled: object) -> dict[str, Mutant | Excused]:
    return {one.mistake: one for one in mutants(Rule("A", {"alert": "A", **spelled}))}


@pytest.mark.parametrize(("expr", "turned"), INVERTED.items())
def test_the_comparison_that_decides_is_turned_round(expr: str, turned: str) -> None:
    mutant = made(expr=expr)["inverted"]
    assert isinstance(mutant, Mutant)
    assert mutant.rule.expr == turned


@pytest.mark.parametrize(("expr", "higher"), TIMES_TEN.items())
def test_the_threshold_becomes_ten_times_as_high(expr: str, higher: str) -> None:
    mutant = made(expr=expr)["times ten"]
    assert isinstance(mutant, Mutant)
    assert mutant.rule.expr == higher


def test_only_the_for_is_dropped() -> None:
    mutant = made(expr="a > 1", **{"for": "5m", "keep_firing_for": "1m"})["without for"]
    assert isinstance(mutant, Mutant)
    assert mutant.rule.spelled == {"alert": "A", "expr": "a > 1", "keep_firing_for": "1m"}


def test_what_can_not_be_got_wrong_is_excused_with_a_reason() -> None:
    excused = made(expr='absent(up{job!="a>b"})')
    assert {name: one.why for name, one in excused.items() if isinstance(one, Excused)} == {
        "inverted": "it compares nothing: it fires while its expression has a value",
        "times ten": "it compares nothing: it fires while its expression has a value",
        "without for": "it has none: it fires at once",
    }
