"""Rules are proven by promtool, and coverage is earned: what no case would notice is told."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from agentgauge.proof.rule_files import read_rules
from agentgauge.proof.rules import prove_rules, trials_in
from agentgauge.servers import PROMTOOL

if TYPE_CHECKING:
    from pathlib import Path

    from agentgauge.proof.rules import RuleProof

LABELS = {"severity": "warning"}
RULES: dict[str, Any] = {
    "groups": [
        {
            "name": "recording",
            "rules": [
                {"record": "agent:trips:increase1h", "expr": "sum by (agent) (trips)"},
                {"record": "agent:trips:double", "expr": "2 * agent:trips:increase1h"},
            ],
        },
        {
            "name": "alerts",
            "rules": [
                {
                    "alert": "Tripping",
                    "expr": "agent:trips:double > 10",
                    "for": "2m",
                    "labels": LABELS,
                }
            ],
        },
    ]
}


def case(name: str, values: str, at: str, *fires: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": 'trips{agent="a"}', "values": values}],
        "alert_rule_test": [
            {
                "eval_time": at,
                "alertname": "Tripping",
                "exp_alerts": [{"exp_labels": {**LABELS, **labels}} for labels in fires],
            }
        ],
    }


CASES = [
    case("fires: more than five", "0 6x9", "5m", {"agent": "a"}),
    case("stays silent: five", "0 5x9", "5m"),
    case("stays silent: not for long", "0 6x9", "2m"),
    case("reset: fires: over a restart", "9 6x9", "5m", {"agent": "a"}),
]
SORTS = {"Tripping": frozenset({"fires", "silent", "reset"})}


def written(folder: Path, rules: dict[str, Any], cases: list[dict[str, Any]]) -> Path:
    tests = {"rule_files": ["../rules/r.yaml"], "evaluation_interval": "1m", "tests": cases}
    for name, document in (("rules/r.yaml", rules), ("tests/t.yaml", tests)):
        path = folder / "alerts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document, sort_keys=False))
    return folder / "alerts"


def proven(folder: Path, rules: dict[str, Any], cases: list[dict[str, Any]]) -> RuleProof:
    promtool = PROMTOOL.find()
    assert promtool, PROMTOOL.missing()
    read = read_rules(written(folder, rules, cases))
    scratch = folder / "scratch"
    scratch.mkdir()
    done: list[int] = []
    found = prove_rules(read, SORTS, scratch, done.append, promtool)
    assert sum(done) == trials_in(read)
    return found


def told(proof: RuleProof) -> list[tuple[str, str]]:
    return [(one.of, one.said.splitlines()[0]) for one in proof.failures]


def test_rules_whose_cases_would_notice_every_mistake_are_covered(tmp_path: Path) -> None:
    proof = proven(tmp_path, RULES, CASES)
    assert told(proof) == []
    assert [str(one) for one in proof.coverage] == [
        "1 of 1 alerts (100%)",
        "1 of 1 alerting rules (100%)",
        "2 of 2 recording rules (100%)",
        "3 of 3 mistakes noticed (100%)",
    ]


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (0, "no case fails with its threshold ten times as high: its cases prove too little"),
        (2, "no case fails with its `for` dropped: its cases prove too little"),
        (3, "has no case of the sort `reset`"),
    ],
)
def test_a_case_that_is_taken_away_is_missed(tmp_path: Path, gone: int, said: str) -> None:
    cases = [one for number, one in enumerate(CASES) if number != gone]
    # Without its first case the alert still fires after a restart.
    if gone == 0:
        cases = [one for one in cases if "restart" not in one["name"]]
    proof = proven(tmp_path, RULES, cases)
    assert ("Tripping", said) in told(proof)
    assert not all(one.full for one in proof.coverage)


def test_a_case_that_fails_is_told_with_what_came_instead(tmp_path: Path) -> None:
    rules = copy.deepcopy(RULES)
    rules["groups"][1]["rules"][0]["expr"] = "agent:trips:double > 12"
    proof = proven(tmp_path, rules, CASES)
    failed = {one.of: one.said for one in proof.failures}
    assert "fires: more than five" in failed["alerts/tests/t.yaml"]
    assert "got:[]" in failed["alerts/tests/t.yaml"]


def test_an_alert_and_a_recording_without_a_case_are_named(tmp_path: Path) -> None:
    rules = copy.deepcopy(RULES)
    rules["groups"][0]["rules"].append({"record": "agent:lost:sum", "expr": "sum(lost)"})
    rules["groups"][1]["rules"].append({"alert": "Lost", "expr": "lost > 1"})
    proof = proven(tmp_path, rules, CASES)
    assert ("Lost", "has no case in which it fires") in told(proof)
    assert ("agent:lost:sum", "is recorded, and no case reads it") in told(proof)
    assert [str(one) for one in proof.coverage][:3] == [
        "1 of 2 alerts (50%)",
        "1 of 2 alerting rules (50%)",
        "2 of 3 recording rules (66%)",
    ]


def test_every_tier_needs_a_case_of_its_own(tmp_path: Path) -> None:
    rules = copy.deepcopy(RULES)
    second = copy.deepcopy(rules["groups"][1]["rules"][0])
    second["labels"] = {**LABELS, "tier": "slow"}
    second["expr"] = "agent:trips:double > 100"
    rules["groups"][1]["rules"].append(second)
    assert ("Tripping (tier slow)", "has no case in which it fires") in told(
        proven(tmp_path, rules, CASES)
    )


def test_rules_that_are_no_rules_are_named_with_their_file(tmp_path: Path) -> None:
    alerts = written(tmp_path, RULES, CASES)
    (alerts / "rules" / "r.yaml").write_text("groups: [{name: g, rules: [{alert: A}]}]")
    with pytest.raises(ValueError, match=r"r\.yaml: a rule lacks its name or its expr"):
        read_rules(alerts)
