"""Rules and their cases: promtool accepts them, and the cases notice when a rule is wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from generator.conventions import MAX_GROUP, MAX_UID, dashboard_uid
from generator.model import Recording
from generator.recording import distinct, subject
from generator.resolve import resolve
from generator.rules import KINDS, prove
from spec.load import load_spec
from spec.model import Burn, Family, Increase, Matcher, Promql, Quantile, Selection, Tier, Value
from spec.quantities import parse_duration
from tests.generator.rules import fleets, promtool

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.model import AlertRule

GOLDEN = Path(__file__).with_name("golden")
SECOND, HOUR = Fraction(1), Fraction(3600)


# ---- what is written ----------------------------------------------------------------------------


def test_a_small_fleet_gives_these_files() -> None:
    given = fleets.spec(fleets.KINDS["ratio-below"], fleets.KINDS["burn"])
    files = promtool.generated(resolve(given))
    wanted = {
        path.relative_to(GOLDEN).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(GOLDEN.rglob("*"))
        if path.is_file()
    }
    assert files == wanted


def test_the_same_spec_gives_the_same_bytes() -> None:
    given = fleets.spec(*fleets.KINDS.values())
    assert promtool.generated(resolve(given)) == promtool.generated(resolve(given))


def test_every_kind_is_proven_by_promtool(tmp_path: Path) -> None:
    selector = {"job": "the job", "cluster": 'e"u'}
    given = replace(fleets.spec(*fleets.KINDS.values()), selector=selector)
    promtool.prove(given, tmp_path)


@pytest.mark.parametrize(
    ("window", "wait", "keep"),
    [
        ("1", "1/2", "1"),
        ("90", "0", "2"),
        ("420", "2", "0"),
        ("2592000", "1/2", "0"),
    ],
)
def test_any_window_wait_and_keep_is_proven_by_promtool(
    window: str, wait: str, keep: str, tmp_path: Path
) -> None:
    seconds = Fraction(window)
    alerts = [
        fleets.pressed(one, seconds, seconds * Fraction(wait), seconds * Fraction(keep))
        for name, one in fleets.KINDS.items()
        if name != "burn"
    ]
    promtool.prove(fleets.spec(*alerts), tmp_path)


@pytest.mark.parametrize(("per", "wait"), [("60", "1/1000"), ("2592000", "0")])
def test_any_budget_is_proven_by_promtool(per: str, wait: str, tmp_path: Path) -> None:
    period = Fraction(per)
    lasts = period * Fraction(wait)
    tiers = (
        Tier("fast", Fraction(2, 100), period / 144, "critical"),
        Tier("middle", Fraction(5, 100), period / 24, "warning"),
        Tier("slow", Fraction(1, 3), period / 12, "info"),
    )
    tokens = Selection("agent_token_usage_total", (Matcher("type", ("input",), negated=True),))
    money = replace(fleets.BUDGETS[0], limit=Fraction("33.33"), per=period, tiers=tiers)
    budgets = (
        replace(money, name="money"),
        replace(money, name="tokens", of=tokens, limit=Fraction(10**6), by=()),
    )
    alerts = [
        fleets.alert(
            f"Burn{number}",
            Burn(budget.name),
            None,
            budget.by,
            wait=lasts,
            keep=lasts,
            description="{value} of {budget} in {window}.",
        )
        for number, budget in enumerate(budgets)
    ]
    promtool.prove(fleets.spec(*alerts, budgets=budgets), tmp_path)


def test_tiers_that_lie_far_apart_are_proven_within_what_promtool_reads(tmp_path: Path) -> None:
    tiers = (
        Tier("minutes", Fraction(3, 100), Fraction(420), "warning"),
        Tier("day", Fraction(1), 24 * HOUR, "info"),
    )
    budget = replace(fleets.BUDGETS[0], tiers=tiers)
    promtool.prove(fleets.spec(fleets.KINDS["burn"], budgets=(budget,)), tmp_path)


@pytest.mark.parametrize("threshold", [("above", "0"), ("above", "2.5"), ("below", "2.5")])
@pytest.mark.parametrize("wait", [0, 300])
def test_a_count_of_series_is_proven_by_promtool(
    threshold: tuple[str, str], wait: int, tmp_path: Path
) -> None:
    counted = Value(Selection("circuit_breaker_state"), "count")
    one = fleets.alert("Breakers", counted, threshold, wait=Fraction(wait))
    promtool.prove(fleets.spec(one), tmp_path)


def test_a_bucket_that_is_not_above_zero_is_proven_by_promtool(tmp_path: Path) -> None:
    size = Family("drift", "histogram", "Drift.", ("agent",), buckets=(-1.0, 0.0, 1.0))
    alerts = [
        fleets.alert(
            f"Drift{n}", Quantile(Selection("drift"), Fraction(9, 10), HOUR, Fraction(0)), bound
        )
        for n, bound in enumerate(
            (("above", "0"), ("above", "-1"), ("below", "0"), ("below", "-1"))
        )
    ]
    given = fleets.spec(*alerts)
    given = replace(given, families={**given.families, "drift": size})
    promtool.prove(given, tmp_path)


def test_no_case_has_a_sample_where_a_window_starts() -> None:
    # Prometheus 2 counts such a sample in, 3 does not.
    tiers = tuple(Tier(f"t{n}", Fraction(1, 4), n * HOUR, "warning") for n in (1, 5, 7))
    budget = replace(fleets.BUDGETS[0], tiers=tiers)
    model = resolve(fleets.spec(*fleets.KINDS.values(), budgets=(budget,)))
    for proven in model.alerts:
        durations = re.findall(r"\[(\w+)\]", "".join(r.expr for r in proven.recordings))
        for window in map(parse_duration, durations):
            for case in proven.cases:
                assert (case.at / case.interval).denominator == 1
                assert (window / case.interval).denominator != 1


def test_the_catalogue_is_proven_by_promtool_and_follows_the_style_of_mixins(
    tmp_path: Path,
) -> None:
    model = resolve(load_spec(_spec_file(tmp_path)))
    assert {type(proven.alert.condition) for proven in model.alerts} <= set(KINDS)
    for proven in model.alerts:
        alert = proven.alert
        assert re.fullmatch("([A-Z]+[a-z0-9]+)+", alert.name)
        assert len(alert.name) <= 40
        assert re.fullmatch(r"[A-Z][^{}]+\.", alert.summary)
        book = alert.runbook
        assert min(map(len, (book.meaning, book.impact, book.diagnosis, book.mitigation))) > 40
        for rule in proven.rules:
            assert rule.labels["severity"] in {"info", "warning", "critical"}
            # What fires always, and for nobody in particular, has nothing to tell apart.
            assert "{{" in rule.annotations["description"] or isinstance(alert.condition, Promql)
    promtool.prove(load_spec(_spec_file(tmp_path)), tmp_path)


def test_queries_in_runbooks_are_promql(tmp_path: Path) -> None:
    files = promtool.generated(resolve(load_spec(_spec_file(tmp_path))))
    pages = [text for path, text in files.items() if path.startswith("alerts/runbooks/")]
    queries = [
        query for page in pages for query in re.findall(r"```promql\n(.*?)```", page, re.DOTALL)
    ]
    assert len(queries) > len(pages)
    rules = [{"record": f"a:b:c{i}", "expr": query} for i, query in enumerate(queries)]
    text = yaml.safe_dump({"groups": [{"name": "pasted", "rules": rules}]})
    promtool.write({"alerts/rules/pasted.yaml": text}, tmp_path)
    done = promtool.run(tmp_path, "check", "rules")
    assert done.returncode == 0, done.stdout + done.stderr


def _spec_file(folder: Path) -> Path:
    path = folder / "agents.yaml"
    path.write_text(
        "version: 1\nfleet: support\n"
        "sources: [{file: /var/log/agents/*.jsonl, preset: hardened-agent}]\n"
        "budgets: {daily-cost: {metric: agent_cost_usd_total, limit: 50, per: 1d, by: [agent]}}\n"
        "oncall:\n"
        "  receivers: {team: {slack: {channel: '#a', api_url_file: /run/a}}}\n"
        "  default: team\n"
    )
    return path


# ---- cases that can fail ------------------------------------------------------------------------


def _invert(expr: str) -> str:
    return re.sub(r"[<>](?!=)", lambda sign: "<" if sign[0] == ">" else ">", expr, count=1)


def _tenfold(expr: str) -> str:
    return re.sub(r"([<>]) ([\d.]+)", lambda m: f"{m[1]} {float(m[2]) * 10:g}", expr, count=1)


def _inclusive(expr: str) -> str:
    return re.sub(r"([<>])(?!=)", r"\1=", expr, count=1)


def _first_part(expr: str) -> str:
    return expr.split("\nand\n", maxsplit=1)[0]


def _last_part(expr: str) -> str:
    return expr.split("\nand\n", maxsplit=1)[1]


def _negate(expr: str) -> str:
    return expr.replace("unless", "and") if "unless" in expr else f"absent({expr})"


def _only_labelled(expr: str) -> str:
    return expr.split("or on ()", maxsplit=1)[0]


def _other_fleet(expr: str) -> str:
    return expr.replace('fleet="support"', 'fleet="other"')


COMPARED = [name for name in fleets.KINDS if not name.startswith("absent")]
GUARDED = ["ratio", "ratio-below", "ratio-of-two", "quantile"]
EXACT = [name for name in COMPARED if name != "ratio-of-two"]
MUTANTS: list[tuple[str, Callable[[str], str]]] = [
    *((name, _invert) for name in COMPARED),
    *((name, _tenfold) for name in COMPARED),
    *((name, _inclusive) for name in EXACT),
    *((name, _other_fleet) for name in COMPARED),
    *((name, _first_part) for name in (*GUARDED, "burn")),
    *((name, _last_part) for name in ("quantile", "ratio", "burn")),
    *((name, _negate) for name in ("absent", "absent-whole")),
    ("absent", _only_labelled),
]


@pytest.mark.parametrize(("kind", "mutate"), MUTANTS, ids=[f"{n}{m.__name__}" for n, m in MUTANTS])
def test_a_wrong_expression_fails_the_cases(
    kind: str, mutate: Callable[[str], str], tmp_path: Path
) -> None:
    def wrong(rule: AlertRule) -> AlertRule:
        changed = replace(rule, expr=mutate(rule.expr))
        assert changed != rule
        return changed

    _expect_failure(kind, wrong, tmp_path)


@pytest.mark.parametrize("kind", [n for n, a in fleets.KINDS.items() if a.wait])
def test_a_rule_that_does_not_wait_fails_the_cases(kind: str, tmp_path: Path) -> None:
    _expect_failure(kind, lambda rule: replace(rule, wait=Fraction(0)), tmp_path)


@pytest.mark.parametrize("kind", list(fleets.KINDS))
def test_a_rule_that_says_something_else_fails_the_cases(kind: str, tmp_path: Path) -> None:
    def wrong(rule: AlertRule) -> AlertRule:
        text = rule.annotations["description"] + "!"
        return replace(rule, annotations={**rule.annotations, "description": text})

    _expect_failure(kind, wrong, tmp_path)


def _expect_failure(kind: str, wrong: Callable[[AlertRule], AlertRule], folder: Path) -> None:
    model = resolve(fleets.spec(fleets.KINDS[kind]))
    proven = model.alerts[0]
    # Each rule by itself: of a budget's tiers, every one must be proven.
    for number in range(len(proven.rules)):
        rules = tuple(wrong(rule) if number == i else rule for i, rule in enumerate(proven.rules))
        changed = replace(model, alerts=(replace(proven, rules=rules),))
        promtool.write(promtool.generated(changed), folder)
        assert promtool.run(folder, "check", "rules").returncode == 0
        done = promtool.run(folder, "test", "tests")
        assert done.returncode != 0, f"rule {number} was wrong, and no case noticed"
        assert "FAILED" in done.stderr + done.stdout


# ---- recordings ---------------------------------------------------------------------------------


def test_a_ratio_is_0_before_the_first_part_and_nothing_while_nothing_happens(
    tmp_path: Path,
) -> None:
    given = fleets.KINDS["ratio"]
    files = promtool.generated(resolve(fleets.spec(given)))
    name = prove(given, fleets.spec(given)).recordings[-1].record
    test = {
        "rule_files": ["../rules/support.recording.yaml"],
        "evaluation_interval": "8s",
        "tests": [
            {
                "interval": "8s",
                "input_series": [
                    {"series": 'agent_tasks_total{agent="a",outcome="success"}', "values": "0 9x99"}
                ],
                "promql_expr_test": [
                    {
                        "expr": name,
                        "eval_time": "64s",
                        "exp_samples": [
                            {"labels": f'{name}{{agent="a",fleet="support"}}', "value": 0}
                        ],
                    },
                    {"expr": name, "eval_time": "640s", "exp_samples": []},
                ],
            }
        ],
    }
    files = {path: text for path, text in files.items() if "/tests/" not in path}
    promtool.write({**files, "alerts/tests/ratio.yaml": yaml.safe_dump(test)}, tmp_path)
    done = promtool.run(tmp_path, "test", "tests")
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_share_recordings_and_a_recording_that_differs_is_refused() -> None:
    low, lower = fleets.KINDS["ratio-below"], replace(fleets.KINDS["ratio-below"], name="Lower")
    model = resolve(fleets.spec(low, lower, budgets=()))
    text = promtool.generated(model)["alerts/rules/support.recording.yaml"]
    records = re.findall("record: (.*)", text)
    assert len(records) == len(set(records)) == 3
    with pytest.raises(ValueError, match="a:b:c"):
        distinct([Recording("a:b:c", "x"), Recording("a:b:c", "y")])


def test_selections_that_differ_have_names_that_differ() -> None:
    values = [
        ("a",),
        ("a", "b"),
        ("b", "a"),
        ("a or b",),
        ("a-or-b",),
        ("a_or_b",),
        ("or",),
        ("not", "a"),
    ]
    selections = [
        Selection("x_total", (Matcher("l", value, negated),))
        for value in values
        for negated in (False, True)
    ]
    names = [subject(selection) for selection in selections]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-zA-Z0-9_]+", name) for name in names)
    assert names[0] == "x_l_a"


def test_no_group_holds_too_many_rules(tmp_path: Path) -> None:
    increase = fleets.KINDS["increase"]
    many = [
        replace(increase, name=f"Alert{n}", condition=Increase(
            Selection("circuit_breaker_trips_total"), HOUR + n * 60))
        for n in range(2 * MAX_GROUP + 1)
    ]  # fmt: skip
    given = fleets.spec(*many, budgets=())
    files = promtool.generated(resolve(given))
    for kind in ("recording", "alerts"):
        document = yaml.safe_load(files[f"alerts/rules/support.{kind}.yaml"])
        assert [len(group["rules"]) for group in document["groups"]] == [MAX_GROUP, MAX_GROUP, 1]
        assert len({group["name"] for group in document["groups"]}) == 3
    promtool.prove(fleets.spec(*many[-2:], *many[:20]), tmp_path)


def test_a_uid_is_one_that_grafana_takes() -> None:
    assert dashboard_uid("agents", "fleet") == "agents-fleet"
    long = [dashboard_uid("f" * 40, name) for name in ("a", "b")]
    odd = [dashboard_uid("fleet", name) for name in ("a b", "a/b", "ä")]
    assert len({*long, *odd}) == 5
    assert all(re.fullmatch(f"[A-Za-z0-9_-]{{1,{MAX_UID}}}", uid) for uid in (*long, *odd))
