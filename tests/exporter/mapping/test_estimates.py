"""What events cost where no log tells: from tokens, by the prices of their time and their kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.utils import floatToGoString

from exporter.assembly import Exporter, Settings
from exporter.mapping.cards import Prices
from spec.load import load_preset, load_spec
from spec.model import Source
from spec.prices import Clause, Model, Own, Period, PriceList, shipped_table
from tests.compiled import Compiled

if TYPE_CHECKING:
    from pathlib import Path

    from spec.mapping import Mapping
    from spec.model import Family

PRESET = """
format: json
time: time
labels: {agent: =a, component: =llm, model: model}
events:
  - name: call
    update:
      agent_token_usage_total:
        - {add: input, absent: skip, labels: {type: =input}}
        - {add: output, absent: skip, labels: {type: =output}}
        - {add: read, absent: skip, labels: {type: =cache_read}}
        - {add: write, absent: skip, labels: {type: =cache_write}}
        - {add: hour, absent: skip, labels: {type: =cache_write}, price_as: cache_write_1h}
        - {add: thought, absent: skip, labels: {type: =reasoning}}
        - {add: unsplit, absent: skip, labels: {type: =unsplit}}
      agent_cost_usd_total: {add: cost, absent: estimate, price_tier: tier}
"""
NOW = "2026-11-20T12:00:00Z"
COST, UNPRICED = "agent_cost_usd_total", "agent_unpriced_tokens_total"


@pytest.fixture
def made(tmp_path: Path) -> tuple[Mapping, dict[str, Family]]:
    path = tmp_path / "calls.yaml"
    path.write_text(PRESET, encoding="utf-8")
    return load_preset(str(path))


def lines(*calls: dict[str, Any]) -> list[str]:
    return [json.dumps({"time": NOW, **call}) for call in calls]


def money(compiled: Compiled) -> dict[str, float]:
    """Give what models cost, and under `? MODEL` the tokens that have no price."""
    found = {}
    for name, value in compiled.shown().items():
        family, _, rest = name.partition("{")
        model = rest.partition('model="')[2].partition('"')[0]
        if family in {COST, UNPRICED}:
            found[f"? {model}" if family == UNPRICED else model] = value
    return found


OPUS, HAIKU = "claude-opus-4-6", "claude-haiku-4-5-20251001"
CALLS: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "every kind has its price": (
        {"model": HAIKU, "input": 1_000_000, "output": 100_000, "read": 10_000_000, "write": 8000},
        {HAIKU: 1 + 0.5 + 1 + 0.01},
    ),
    "a cache for an hour is dearer than one for minutes": (
        {"model": HAIKU, "write": 1000, "hour": 1000},
        {HAIKU: 0.00125 + 0.002},
    ),
    "reasoning is output": ({"model": "gpt-5", "output": 1000, "thought": 3000}, {"gpt-5": 0.04}),
    "reasoning that has a price of its own has it": (
        {"model": "perplexity/sonar-deep-research", "thought": 1_000_000},
        {"perplexity/sonar-deep-research": 3},
    ),
    "what is cached is input where it has no price": (
        {"model": "gpt-5", "write": 1_000_000},
        {"gpt-5": 1.25},
    ),
    "a context is long beyond the step and not at it": (
        {"model": "gemini-2.5-pro", "input": 150_000, "read": 50_000, "output": 1000},
        {"gemini-2.5-pro": 0.1875 + 0.00625 + 0.01},
    ),
    "a long context makes all of its tokens dearer, output too": (
        {"model": "gemini-2.5-pro", "input": 150_001, "read": 50_000, "output": 1000},
        {"gemini-2.5-pro": 0.3750025 + 0.0125 + 0.015},
    ),
    "a cache that is written makes a context long": (
        {"model": "claude-sonnet-4-5", "write": 100_000, "hour": 100_000, "input": 1},
        {"claude-sonnet-4-5": 0.75 + 1.2 + 0.000006},
    ),
    "before a change the old price holds": (
        {"model": OPUS, "input": 200_001, "time": "2026-03-12T23:59:59.999Z"},
        {OPUS: 2.00001},
    ),
    "from the day of the change the new price holds": (
        {"model": OPUS, "input": 200_001, "time": "2026-03-13T01:00:00+01:00"},
        {OPUS: 1.000005},
    ),
    "a day begins in UTC": (
        {"model": OPUS, "input": 200_001, "time": "2026-03-13T00:59:59+01:00"},
        {OPUS: 2.00001},
    ),
    "without a time the price of the table's day holds": (
        {"model": OPUS, "input": 200_001, "time": None},
        {OPUS: 1.000005},
    ),
    "without a time no price of next year holds": (
        {"model": "gemini-3.6-flash", "output": 1_000_000, "time": None},
        {"gemini-3.6-flash": 3.75},
    ),
    "next year's price holds next year": (
        {"model": "gemini-3.6-flash", "output": 1_000_000, "time": "2027-01-01T00:00:00Z"},
        {"gemini-3.6-flash": 7.5},
    ),
    "prices of the night hold at night": (
        {"model": "deepseek-chat", "input": 1_000_000, "time": "2026-11-20T00:29:59Z"},
        {"deepseek-chat": 0.135},
    ),
    "a batch costs half": ({"model": HAIKU, "output": 1000, "tier": "batch"}, {HAIKU: 0.0025}),
    "a batch of before batches had prices costs all": (
        {"model": HAIKU, "output": 1000, "tier": "batch", "time": "2026-10-13T23:00:00Z"},
        {HAIKU: 0.005},
    ),
    "a tier that nobody knows costs what all do": (
        {"model": HAIKU, "output": 1000, "tier": "slow"},
        {HAIKU: 0.005},
    ),
    "what the log tells wins": ({"model": HAIKU, "output": 1000, "cost": 0.25}, {HAIKU: 0.25}),
    "what the log tells wins, be it nothing": (
        {"model": HAIKU, "output": 1000, "cost": 0},
        {HAIKU: 0},
    ),
    "a cost that is none is estimated": (
        {"model": HAIKU, "output": 1000, "cost": "much"},
        {HAIKU: 0.005},
    ),
    "a cost is told of a model that nobody knows": (
        {"model": "atlas-mini", "output": 1000, "cost": 0.5},
        {"atlas-mini": 0.5},
    ),
    "tokens of a model that nobody knows are counted": (
        {"model": "atlas-mini", "input": 30, "output": 12},
        {"? atlas-mini": 42},
    ),
    "no tokens of a model that nobody knows are nothing": (
        {"model": "<synthetic>", "input": 0, "output": 0},
        {},
    ),
    "no tokens of a model with a price cost nothing": ({"model": HAIKU, "input": 0}, {HAIKU: 0}),
    "tokens of which nobody knows what they are have no price": (
        {"model": HAIKU, "output": 1000, "unsplit": 7},
        {HAIKU: 0.005, f"? {HAIKU}": 7},
    ),
    "what has only input has no price for output": (
        {"model": "voyage-3", "input": 1_000_000, "output": 3},
        {"voyage-3": 0.06, "? voyage-3": 3},
    ),
    "a model that is free costs 0": (
        {"model": "qwen/qwen3-coder:free", "input": 10, "output": 5},
        {"qwen/qwen3-coder:free": 0},
    ),
    "tokens in parts cost in parts": ({"model": HAIKU, "input": 0.5, "output": 1}, {HAIKU: 5.5e-6}),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_costs(name: str, made: tuple[Mapping, dict[str, Family]]) -> None:
    call, wanted = CALLS[name]
    compiled = Compiled((made[0],), made[1])
    compiled.feed(*lines(call))
    assert money(compiled) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("memory", "wanted"),
    [
        # The answer of a long request streams in: all that is new in it is dear.
        ("dedupe: {by: id, keep: max}", (250_000 * 2.5 + 1000 * 15) / 1e6),
        # Running totals of a session of short requests: none of them is long.
        ("delta: {by: id}", (150_000 * 1.25 + 10 * 10 + 100_000 * 1.25 + 990 * 10) / 1e6),
    ],
)
def test_a_context_is_long_by_what_a_request_is_and_not_by_what_is_new_in_a_line(
    memory: str, wanted: float, tmp_path: Path
) -> None:
    path = tmp_path / "calls.yaml"
    text = PRESET.replace("{add: cost, absent: estimate, price_tier: tier}", "{estimate: model}")
    path.write_text(text.replace("- name: call", f"- name: call\n    {memory}"), encoding="utf-8")
    mapping, families = load_preset(str(path))
    compiled = Compiled((mapping,), families)
    largest = memory.startswith("dedupe")
    first = {"input": 250_000 if largest else 150_000, "output": 10}
    for told in (first, first, {"input": 250_000, "output": 1000}):
        compiled.feed(*lines({"model": "gemini-2.5-pro", "id": "i", **told}))
    assert money(compiled) == pytest.approx({"gemini-2.5-pro": wanted}, rel=1e-12)


def test_costs_add_up_over_tiers_times_and_commits(made: tuple[Mapping, dict[str, Family]]) -> None:
    compiled = Compiled((made[0],), made[1])
    for call, _ in CALLS.values():
        compiled.feed(*lines(call))
        compiled.commit()
    alone: dict[str, float] = {}
    for _, wanted in CALLS.values():
        for model, value in wanted.items():
            alone[model] = alone.get(model, 0) + value
    assert money(compiled) == pytest.approx(alone, rel=1e-12)


def test_models_without_room_of_their_own_are_priced_all_the_same(
    made: tuple[Mapping, dict[str, Family]],
) -> None:
    compiled = Compiled((made[0],), made[1], limit=0)
    calls = [
        {"model": HAIKU, "output": 1000},
        {"model": OPUS, "output": 1000},
        {"model": "atlas-mini", "output": 5},
        {"model": "atlas-maxi", "output": 7},
        {"model": HAIKU, "output": 1000},
        {"model": OPUS, "output": 1000, "cost": 1},
    ]
    compiled.feed(*lines(*calls))
    assert money(compiled) == pytest.approx({"__overflow__": 0.035 + 1, "? __overflow__": 12})


def test_prices_of_the_spec_come_first(
    tmp_path: Path, made: tuple[Mapping, dict[str, Family]]
) -> None:
    spec = tmp_path / "agents.yaml"
    spec.write_text(
        f"""
version: 1
fleet: f
prices:
  models:
    atlas-free: {{input: 0, output: 0}}
    atlas-*: {{input: 0.5, output: 2, tiers: {{batch: {{output: 1}}}}}}
    {HAIKU}:
      - {{input: 0.8, output: 4}}
      - {{from: 2026-07-01, input: 0.5, output: 2, above: {{100000: {{input: 1.5}}}}}}
""",
        encoding="utf-8",
    )
    calls = [
        {"model": "atlas-mini", "input": 1000, "output": 1000, "read": 1000},
        {"model": "atlas-free", "input": 1000, "output": 7, "thought": 7},
        {"model": "atlas-batch", "output": 1000, "tier": "batch"},
        {"model": HAIKU, "input": 100_000, "time": "2026-06-30T00:00:00Z"},
        {"model": HAIKU, "input": 100_000},
        {"model": HAIKU, "input": 100_001, "output": 1000},
        {"model": HAIKU, "input": 1000, "time": None},
        {"model": OPUS, "output": 1000},
    ]
    wanted = {
        "atlas-mini": 0.0005 + 0.002 + 0.0005,
        "atlas-free": 0,
        "atlas-batch": 0.001,
        HAIKU: 0.08 + 0.05 + 0.1500015 + 0.002 + 0.0005,
        OPUS: 0.025,
    }
    prices = Prices(load_spec(spec).prices)
    compiled = Compiled((made[0],), made[1], prices=prices)
    compiled.feed(*lines(*calls))
    assert money(compiled) == pytest.approx(wanted, rel=1e-12)


def test_what_was_counted_stays_when_prices_change(
    made: tuple[Mapping, dict[str, Family]],
) -> None:
    call = {"model": HAIKU, "output": 1000}
    before = Compiled((made[0],), made[1])
    before.feed(*lines(call))
    before.commit()
    own = Own("claude-*", Model(match=Clause(), prices=(Period(output=2_000_000),)))
    after = Compiled((made[0],), made[1], beside=before, prices=Prices(PriceList((own,))))
    after.feed(*lines(call))
    assert money(after) == pytest.approx({HAIKU: 0.005 + 0.002})


@pytest.mark.parametrize(
    ("preset", "table", "shown"),
    [
        (PRESET, True, True),
        (PRESET, False, False),
        (PRESET.partition("      agent_cost")[0], True, False),
    ],
    ids=["estimates", "without the table", "estimates nothing"],
)
def test_the_day_of_the_prices_is_shown_where_they_are_used(
    preset: str,
    table: bool,  # noqa: FBT001 (a case)
    shown: bool,  # noqa: FBT001 (the same)
    tmp_path: Path,
) -> None:
    path = tmp_path / "calls.yaml"
    path.write_text(preset, encoding="utf-8")
    mapping, families = load_preset(str(path))
    settings = Settings("f", "1", prices=PriceList(table=table))
    source = Source("calls", (str(tmp_path / "none"),), (mapping,), {})
    exporter = Exporter(settings, (source,), families)
    day = datetime.combine(shipped_table().date, time(0), UTC).timestamp()
    text = exporter.metrics()[1].decode()
    wanted = f"\nagentgauge_prices_timestamp_seconds {floatToGoString(day)}\n"  # type: ignore[no-untyped-call] # the library's
    assert (wanted in text) is shown
    assert ("agentgauge_prices_timestamp_seconds" in text) is shown
