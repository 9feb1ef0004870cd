"""Estimates over random lines and cuts, with every memory of the language, against the oracle."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spec.load import load_preset
from tests.oracle.compare import agree
from tests.oracle.lines import Kinds, cuts, lines

Part: TypeAlias = dict[str, Any]

# Dear beyond 200,000 tokens until a day in March 2026; batch since October; at hours of the day;
# with fast and batch; free; only input; unknown.
MODELS = (
    '"claude-opus-4-6"', '"claude-opus-4-6"', '"claude-haiku-5-5"', '"deepseek-chat"',
    '"gpt-5.5"', '"gemini-3.6-flash"', '"gemini-2.5-pro"', '"voyage-3"', '"atlas-mini"', '""',
    "7", "null",
)  # fmt: skip
TIMES = (
    '"2026-03-12T23:59:59Z"', '"2026-03-13T01:30:00+02:00"', '"2026-03-13T00:00:00Z"',
    '"2026-10-13T12:00:00Z"', '"2026-10-14T00:00:00Z"', '"2026-11-20T00:29:59.9Z"',
    '"2026-11-20T00:30:00Z"', '"2026-11-20T18:00:00Z"', '"0001-01-01T00:00:00+14:00"',
    '"9999-12-31T23:59:59-14:00"', '"soon"', "null",
)  # fmt: skip
TOKENS = (
    "0",
    "1",
    "999",
    "100000",
    "100001",
    "200000",
    "272001",
    "300000",
    '"12"',
    "2.5",
    "-1",
    "null",
)
KINDS = Kinds(
    {
        "time": TIMES,
        "model": MODELS,
        "agent": ('"a"', '"b"'),
        "id": ('"i"', '"j"', "null"),
        "type": ('"input"', '"output"', '"cache_read"', '"reasoning"', '"unsplit"', '"strange"'),
        "tier": ('"batch"', '"fast"', '"priority"', '"standard"', "null"),
        "in": TOKENS,
        "out": TOKENS,
        "read": TOKENS,
        "write": TOKENS,
        "hour": TOKENS,
        "cost": ("0", "0.25", '"1.5"', "-1", '"free"', "null", "null"),
        "parts": ('[{"n": 5, "m": "gpt-5.5"}, {"n": 300000, "m": "atlas-mini"}]', "{}"),
    }
)  # fmt: skip

ADDED = st.sampled_from(
    (
        {"add": "in", "labels": {"type": "=input"}},
        {"add": "in", "minus": "read", "absent": "skip", "labels": {"type": "=input"}},
        {"add": "out", "absent": "skip", "labels": {"type": "=output"}},
        {"add": "read", "absent": "skip", "labels": {"type": "=cache_read"}},
        {"add": "write", "labels": {"type": "=cache_write"}},
        {"add": "hour", "absent": "skip", "labels": {"type": "=cache_write"},
         "price_as": "cache_write_1h"},
        {"add": "out", "labels": {"type": "=reasoning"}},
        {"add": "hour", "labels": {"type": "=unsplit"}},
        {"add": "in", "absent": "skip", "labels": {"type": "type"}},
        {"add": "out", "absent": "skip", "labels": {"type": "=output", "model": "=gpt-5.5"}},
    )
)  # fmt: skip
MEMORIES: tuple[Part, ...] = (
    {}, {}, {"dedupe": "id"}, {"dedupe": {"by": "id", "keep": "max"}}, {"delta": {"by": "id"}},
    {"delta": {"by": ["id", "agent"], "restarts": False, "first": "skip"}},
)  # fmt: skip


@st.composite
def presets(draw: st.DrawFn) -> Part:
    memory = draw(st.sampled_from(MEMORIES))
    tier = draw(st.sampled_from(({}, {"price_tier": "tier"}, {"price_tier": "=batch"})))
    own = draw(st.sampled_from(({}, {"labels": {"model": "=claude-opus-4-6"}})))
    told = {"add": "cost", "absent": "estimate"}
    estimate = draw(
        st.sampled_from([{"estimate": "model"}, *([] if "delta" in memory else [told])])
    )
    walked = draw(st.booleans()) and not memory
    some = {"add": "part.n", "labels": {"type": "=input"}}
    return {
        "format": "json",
        "time": "time",
        "labels": {"agent": "agent", "component": "=llm", "outcome": "=success",
                   "model": {"of": "part.m"} if walked else "model"},
        "events": [{
            "name": "call",
            **memory,
            **({"each": {"part": "parts"}} if walked else {}),
            "update": {
                "agent_llm_requests_total": "inc",
                "agent_token_usage_total": [
                    *draw(st.lists(ADDED, min_size=1, max_size=4)), *([some] if walked else []),
                ],
                "agent_cost_usd_total": {**estimate, **tier, **own},
            },
        }],
    }  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(presets(), st.data())
def test_estimates_are_the_oracles_however_lines_are_cut(made: Part, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "own.yaml"
        path.write_text(json.dumps(made), encoding="utf-8")
        preset, families = load_preset(str(path))
    blocks = data.draw(cuts(data.draw(lines(KINDS, 12))))
    turn = st.tuples(st.just("/a.jsonl"), st.sampled_from(("", "commit", "whole", "restart")))
    turns = data.draw(st.lists(turn, min_size=len(blocks), max_size=len(blocks)))
    agree((preset,), families, blocks, turns)
