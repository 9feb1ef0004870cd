"""Series as a scrape sees them: born at zero, shared between sources, added up exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from spec.load import load_preset
from spec.mapping import Const, EventRule, LabelRule, Path, Update
from spec.model import Family
from tests.compiled import Compiled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec.mapping import Mapping as Preset

PRESET, FAMILIES = load_preset("hardened-agent")


def event(kind: str, agent: str = "a", at: str = "10:00:00", **fields: object) -> str:
    more = "".join(f',"{key}":{value}' for key, value in fields.items())
    return f'{{"event_type":"{kind}","agent_id":"{agent}","timestamp":"2026-03-02T{at}Z"{more}}}'


def test_a_series_born_while_running_is_shown_at_zero_first() -> None:
    one = Compiled((PRESET,), FAMILIES, born_at_zero=15)
    one.feed(event("step", "old"))
    one.engine.tick(one.running())  # the history is read
    one.feed(
        event("step", "old"), event("step", "young"), event("tool_call", "young", latency_ms=5)
    )
    tool = 'agent_tool_latency_seconds_count{agent="young",tool="unknown"}'
    first = one.shown()
    assert first['agent_steps_total{agent="old"}'] == 2
    assert (first['agent_steps_total{agent="young"}'], first[tool]) == (0, 0)
    one.clock.now += 14.9
    assert one.shown()['agent_steps_total{agent="young"}'] == 0
    one.clock.now += 0.1
    later = one.shown()
    assert (later['agent_steps_total{agent="young"}'], later[tool]) == (1, 1)


def test_several_scrapes_see_the_same_zero() -> None:
    one = Compiled((PRESET,), FAMILIES, born_at_zero=15)
    one.engine.tick(one.running())
    one.feed(event("step"))
    assert [one.shown()['agent_steps_total{agent="a"}'] for _ in range(3)] == [0, 0, 0]


def test_a_reason_of_rejects_that_is_new_is_shown_at_zero_first() -> None:
    one = Compiled((PRESET,), FAMILIES, born_at_zero=15)
    one.feed("no json")
    one.engine.tick(one.running())  # the history is read
    one.feed("no json", "[]")
    seen = 'agentgauge_rejects_total{{reason="{}",rule="line",source="logs"}}'
    first = one.own_shown()
    assert (first[seen.format("malformed")], first[seen.format("not_an_object")]) == (2, 0)
    one.clock.now += 15
    assert one.own_shown()[seen.format("not_an_object")] == 1


def test_sources_that_see_the_same_agent_make_one_series() -> None:
    one = Compiled((PRESET,), FAMILIES)
    two = Compiled((PRESET,), FAMILIES, beside=one)
    state = "state_transition"
    two.feed(event(state, at="10:05:00", to_state='"PANIC"'), event("tool_call", latency_ms=400))
    one.feed(event(state, at="10:01:00", to_state='"NORMAL"'), event("tool_call", latency_ms=20))
    start = event("agent_start", session_id='"s"')
    one.feed(start, event("step"))
    two.feed(start, event("step"), event("step"))
    two.commit()
    assert {k: v for k, v in one.shown().items() if "_bucket" not in k} == {
        'agent_critical_states_total{agent="a",state="PANIC"}': 1,
        'agent_current_state{agent="a",state="NORMAL"}': 0,
        'agent_current_state{agent="a",state="PANIC"}': 1,
        'agent_last_event_timestamp_seconds{agent="a"}': 1772445900,
        'agent_steps_total{agent="a"}': 3,
        'agent_tasks_in_progress{agent="a"}': 2,
        'agent_tool_calls_total{agent="a",outcome="unknown",tool="unknown"}': 2,
        'agent_tool_latency_seconds_count{agent="a",tool="unknown"}': 2,
        'agent_tool_latency_seconds_sum{agent="a",tool="unknown"}': 0.42,
    }
    assert one.store.tables["agent_current_state"].visible() == 2


def test_constant_labels_keep_sources_apart() -> None:
    one = Compiled((PRESET,), FAMILIES)
    two = Compiled((PRESET,), FAMILIES, beside=one, labels={"env": "prod"})
    one.feed(event("step"))
    two.feed(event("step"), event("step"))
    assert one.shown()['agent_steps_total{agent="a"}'] == 1
    assert two.shown()['agent_steps_total{agent="a",env="prod"}'] == 2


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("commits", [1, 300])
def test_money_adds_up_exactly_in_any_order_and_over_any_commits(order: int, commits: int) -> None:
    one = Compiled((PRESET,), FAMILIES)
    costs = [0.1, 0.2, 0.3, 1e9, 1e-9, 0.7] * 50
    lines = [event("tool_call", cost_usd=cost) for cost in costs[::order]]
    for part in range(commits):
        one.feed(*lines[part * len(lines) // commits : (part + 1) * len(lines) // commits])
        one.commit()
    cost = one.shown()['agent_cost_usd_total{agent="a",component="tools",model="none"}']
    assert cost == 50_000_000_065.00000005


def test_numbers_too_large_to_be_added_are_rejected_and_the_scrape_goes_on() -> None:
    one = Compiled((PRESET,), FAMILIES)
    huge = ("1.7e308", "1" + "0" * 308, "9" * 5000, "1e999")
    one.feed(*(event("tool_call", cost_usd=n, latency_ms=n) for n in huge))
    assert one.rejects() == {("hardened-agent.tool", "not_finite"): 2 * len(huge)}
    calls = 'agent_tool_calls_total{agent="a",outcome="unknown",tool="unknown"}'
    assert one.shown()[calls] == 4


def test_the_largest_numbers_that_are_taken_can_be_scraped_and_kept() -> None:
    one = Compiled((PRESET,), FAMILIES)
    line = event("tool_call", cost_usd="1e280", latency_ms="1e280", prompt_tokens="1" + "0" * 280)
    one.feed(*[line] * 1000, *[line.replace("tool_call", "token_usage")] * 1000)
    shown = one.shown()
    assert max(shown.values()) == pytest.approx(1e283)
    other = Compiled((PRESET,), FAMILIES)
    other.store.restore([msgspec_round_trip(one.store.save(whole=True))])
    assert other.shown() == shown


def msgspec_round_trip(plain: object) -> object:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(plain))


def test_what_is_restored_is_shown_at_once_and_goes_on() -> None:
    one = Compiled((PRESET,), FAMILIES, born_at_zero=15)
    one.engine.tick(one.running())
    one.feed(
        event("step"), event("tool_call", latency_ms=0.1, cost_usd=0.25),
        event("state_transition", to_state='"PANIC"'),
        event("agent_start", session_id='"s"', version='"7"'),
    )  # fmt: skip
    one.clock.now += 15
    one.engine.drain()
    saved = msgspec_round_trip(one.store.save(whole=True))
    one.clock.now += 15
    two = Compiled((PRESET,), FAMILIES, born_at_zero=15)
    two.store.restore([saved])
    one.shown()
    one.clock.now += 15
    assert two.shown() == one.shown()
    two.feed(event("step"))
    assert two.shown()['agent_steps_total{agent="a"}'] == 2


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_at_the_edge_of_all_times_can_be_kept(at: str) -> None:
    one, two = Compiled((PRESET,), FAMILIES), Compiled((PRESET,), FAMILIES)
    line = event("state_transition", to_state='"PANIC"').replace("2026-03-02T10:00:00Z", at)
    one.feed(line)
    one.engine.drain()
    two.store.restore([msgspec_round_trip(one.store.save(whole=True))])
    assert two.shown() == one.shown()


def test_a_series_that_changed_by_definition_starts_anew_and_others_go_on() -> None:
    one = Compiled((PRESET,), FAMILIES)
    one.feed(event("step"), event("tool_call", latency_ms=50))
    one.engine.drain()
    latency = FAMILIES["agent_tool_latency_seconds"]
    changed = {**FAMILIES, latency.name: replace(latency, buckets=(1.0, 2.0))}
    two = Compiled((PRESET,), changed)
    two.store.restore([msgspec_round_trip(one.store.save(whole=True))])
    names = {name.partition("{")[0] for name in two.shown()}
    assert names == {
        "agent_steps_total", "agent_tool_calls_total", "agent_last_event_timestamp_seconds",
    }  # fmt: skip


def test_only_what_moved_is_saved() -> None:
    one = Compiled((PRESET,), FAMILIES)
    one.feed(event("step", "a"), event("step", "b"), event("tool_call", "b"))
    one.commit()
    assert one.store.save(whole=False) is None
    one.feed(event("step", "b"))
    one.engine.drain()
    saved = one.store.save(whole=False)
    assert {name: [row[0] for row in rows] for name, (_, rows) in saved.items()} == {
        "agent_last_event_timestamp_seconds": [("b",)],
        "agent_steps_total": [("b",)],
    }


# ---- limits --------------------------------------------------------------------------------------


def test_beyond_the_limit_totals_stay_right_and_the_overflow_is_counted() -> None:
    families = {
        name: replace(family, limit=3) if name == "agent_tool_calls_total" else family
        for name, family in FAMILIES.items()
    }
    preset = with_families(families)
    one = Compiled((preset,), families)
    for number in range(50):
        one.feed(event("tool_call", "a", tool=f'"t{number}"', success="true"))
        if number % 7 == 0:
            one.commit()
    shown = {k: v for k, v in one.shown().items() if k.startswith("agent_tool_calls_total")}
    assert shown == {
        'agent_tool_calls_total{agent="__overflow__",outcome="success",tool="__overflow__"}': 47,
        'agent_tool_calls_total{agent="a",outcome="success",tool="t0"}': 1,
        'agent_tool_calls_total{agent="a",outcome="success",tool="t1"}': 1,
        'agent_tool_calls_total{agent="a",outcome="success",tool="t2"}': 1,
    }
    overflow = 'agentgauge_overflow_total{family="agent_tool_calls_total"}'
    assert one.own_shown()[overflow] == 47


def test_a_gauge_beyond_the_limit_is_dropped_and_counted() -> None:
    families = {
        name: replace(family, limit=2) if name == "agent_current_state" else family
        for name, family in FAMILIES.items()
    }
    one = Compiled((with_families(families),), families)
    for number in range(5):
        one.feed(event("state_transition", f"a{number}", to_state='"NORMAL"'))
    states = [name for name in one.shown() if name.startswith("agent_current_state")]
    assert states == [
        'agent_current_state{agent="a0",state="NORMAL"}',
        'agent_current_state{agent="a1",state="NORMAL"}',
    ]
    assert one.own_shown()['agentgauge_overflow_total{family="agent_current_state"}'] == 3


def test_the_limit_of_all_series_holds_over_a_restart() -> None:
    one = Compiled((PRESET,), FAMILIES, limit=20)
    for number in range(100):
        one.feed(event("step", f"a{number}"))
    before = one.shown()
    two = Compiled((PRESET,), FAMILIES, limit=20)
    one.engine.drain()
    two.store.restore([msgspec_round_trip(one.store.save(whole=True))])
    for number in range(100):
        two.feed(event("step", f"a{number}"))
    after = two.shown()
    assert before.keys() == after.keys()
    steps = [value for name, value in after.items() if name.startswith("agent_steps_total")]
    assert sum(steps) == 200


def test_a_gauge_of_an_agent_that_is_gone_goes_and_counters_stay() -> None:
    one = Compiled((PRESET,), FAMILIES)
    one.feed(event("step", "gone"), event("step", "here"))
    one.commit()
    one.clock.now += 100
    one.feed(event("step", "here"))
    one.commit()
    assert one.store.expire(50) == 1
    one.engine.forget_buffers()
    one.commit()
    assert set(one.shown()) == {
        'agent_last_event_timestamp_seconds{agent="here"}',
        'agent_steps_total{agent="gone"}',
        'agent_steps_total{agent="here"}',
    }
    one.feed(event("step", "gone", at="11:00:00"))
    shown = one.shown()
    assert shown['agent_last_event_timestamp_seconds{agent="gone"}'] > 0
    assert shown['agent_steps_total{agent="gone"}'] == 2


def test_what_is_still_open_does_not_expire() -> None:
    one = Compiled((PRESET,), FAMILIES)
    one.feed(event("agent_start", session_id='"s"'))
    one.commit()
    one.clock.now += 100
    one.store.expire(50)
    one.engine.forget_buffers()
    assert one.shown()['agent_tasks_in_progress{agent="a"}'] == 1


def test_a_huge_label_is_cut() -> None:
    one = Compiled((PRESET,), FAMILIES)
    one.feed(event("step", "x" * 100_000), event("step", "x" * 100_001))
    (steps,) = (n for n in one.shown() if n.startswith("agent_steps_total"))
    assert len(steps) < 1100
    assert one.shown()[steps] == 2


def with_families(families: Mapping[str, Family]) -> Preset:
    """Give the preset with its updates moving families that have other limits."""
    return replace(
        PRESET,
        events=tuple(
            replace(
                rule,
                updates=tuple(
                    replace(update, family=families[update.family.name]) for update in rule.updates
                ),
            )
            for rule in PRESET.events
        ),
    )


def test_series_whose_labels_the_spec_fixes_are_shown_at_zero_before_anything_happens() -> None:
    def const(text: str) -> LabelRule:
        return LabelRule((Const(text),))

    verdict = LabelRule(
        (Path(("v",)),), classes=(("true_positive", "tp"), ("false_positive", "fp")),
        other="unknown",
    )  # fmt: skip
    consensus = Family("agent_consensus_total", "counter", "Votes.", ("outcome",))
    decisions = Family("agent_decisions_total", "counter", "Verdicts.", ("verdict",))
    duration = Family("agent_consensus_seconds", "histogram", "Time.", (), "s", (1.0, 10.0))
    families = {family.name: family for family in (consensus, decisions, duration)}
    families |= {name: one for name, one in FAMILIES.items() if name.startswith("agentgauge_")}
    rule = EventRule(
        "vote", (), (), {"outcome": const("reached"), "verdict": verdict},
        (
            Update(consensus, "inc"), Update(decisions, "inc"),
            Update(duration, "observe", (Path(("d",)),)),
        ),
    )  # fmt: skip
    preset = replace(PRESET, events=(rule,))
    one = Compiled((preset,), families, declares=True)
    assert {k: v for k, v in one.shown().items() if "_bucket" not in k} == {
        "agent_consensus_seconds_count": 0,
        "agent_consensus_seconds_sum": 0,
        'agent_consensus_total{outcome="reached"}': 0,
        'agent_decisions_total{verdict="false_positive"}': 0,
        'agent_decisions_total{verdict="true_positive"}': 0,
        'agent_decisions_total{verdict="unknown"}': 0,
    }
    assert Compiled((preset,), families).shown() == {}


def test_an_exemplar_leads_from_a_bucket_to_the_event_that_fell_into_it() -> None:
    preset = replace(PRESET, exemplar=("trace_id", (Path(("trace",)),)))
    one = Compiled((preset,), FAMILIES)
    one.feed(
        event("tool_call", latency_ms=20, trace='"first"'),
        event("tool_call", latency_ms=400, trace='"second"'),
    )
    text = one.text(openmetrics=True)
    of, at = '# {trace_id="second"}', "1772445600.000"
    assert [line for line in text.splitlines() if " # " in line] == [
        f'agent_tool_calls_total{{agent="a",outcome="unknown",tool="unknown"}} 2.0 {of} 1.0 {at}',
        f'agent_tool_latency_seconds_bucket{{agent="a",le="0.5",tool="unknown"}} 2.0 {of} 0.4 {at}',
    ]
    assert " # " not in one.text().replace("# HELP", "").replace("# TYPE", "")


def test_what_the_spec_declares_counts_once_against_the_limit_after_a_restart() -> None:
    family = Family("agent_consensus_total", "counter", "Votes.", ("outcome",))
    families = {family.name: family}
    families |= {name: one for name, one in FAMILIES.items() if name.startswith("agentgauge_")}
    said = {"outcome": LabelRule((Const("reached"),))}
    free = {"outcome": LabelRule((Path(("o",)),))}
    rules = tuple(
        EventRule(name, (), (), labels, (Update(family, "inc"),))
        for name, labels in (("said", said), ("free", free))
    )
    preset = replace(PRESET, events=rules)
    one = Compiled((preset,), families, declares=True, limit=3)
    one.feed('{"o": "a"}')
    one.engine.drain()
    two = Compiled((preset,), families, declares=True, limit=3)
    two.store.restore([msgspec_round_trip(one.store.save(whole=True))])
    two.feed('{"o": "b"}', '{"o": "c"}')
    assert {k: v for k, v in two.shown().items() if "reached" not in k} == {
        'agent_consensus_total{outcome="__overflow__"}': 1,
        'agent_consensus_total{outcome="a"}': 1,
        'agent_consensus_total{outcome="b"}': 1,
    }
