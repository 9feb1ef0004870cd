"""Rules that move the histograms of others say what the oracle says, over restarts too."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spec.load import load_preset
from spec.names import named
from spec.read_names import other_names
from tests.oracle.compare import agree
from tests.oracle.lines import TIMES, Kinds, cuts, lines

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from spec.mapping import Mapping
    from spec.model import Family

PRESET = """\
format: json
time: at
labels: {agent: agent, model: {of: model, map: {big: claude-big, none: "-"}}, component: =llm}
events:
  - name: plain
    when: {kind: plain}
    labels: {provider: provider, outcome: {of: ok, map: {true: success}, else: failure}}
    update:
      agent_llm_requests_total: inc
      agent_llm_latency_seconds: {observe: took, unit: ms}
      agent_llm_time_to_first_token_seconds: {observe: first, absent: skip}
      agent_token_usage_total:
        - {add: input, minus: cached, labels: {type: =input}}
        - {add: cached, absent: skip, labels: {type: =cache_read}}
        - {add: output, labels: {type: =output}}
        - {add: more, absent: skip, labels: {type: =unsplit}}
  - name: several
    when: {kind: several}
    each: {part: parts}
    update:
      agent_token_usage_total:
        - {add: part.n, labels: {type: =input, model: part.model}}
  - name: grows
    when: {kind: grows}
    dedupe: {by: [id, of], keep: max}
    update:
      agent_token_usage_total:
        - {add: input, labels: {type: =input}}
        - {add: cached, absent: skip, labels: {type: =cache_read}}
        - {add: output, labels: {type: =output}}
  - name: runs
    when: {kind: runs}
    delta: {by: id}
    update:
      agent_token_usage_total:
        - {add: input, minus: cached, labels: {type: =input}}
        - {add: cached, absent: skip, labels: {type: =cache_read}}
        - {add: output, labels: {type: =reasoning}}
  - name: start
    when: {kind: start}
    labels: {tool: tool}
    pair: {start: call, by: id}
  - name: end
    when: {kind: end}
    labels: {outcome: {of: ok, map: {true: success, false: failure}}}
    pair: {end: call, by: id}
    update:
      agent_tool_latency_seconds: {observe: $duration}
      agent_task_duration_seconds: {observe: took, unit: ms, absent: skip}
"""
KINDS = Kinds(
    {
        "kind": tuple(
            json.dumps(kind)
            for kind in ("plain", "several", "grows", "grows", "grows", "runs", "start", "end")
        ),
        "at": TIMES,
        "agent": ('"a"', '"b"'),
        "model": ('"big"', '"none"', '"gpt-5"', '"openai/o3"', "7"),
        "provider": ('"google"', '"anthropic"', '"x"'),
        "ok": ("true", "false", '"?"'),
        "took": ("10", "80.5", '"250"', "90000"),
        "first": ("0.015", "0.5"),
        "input": ("1", "5", "1024", "300000"),
        "cached": ("0", "1", "4"),
        "output": ("0", "16", "17", "70000000"),
        "more": ("9",),
        "id": ('"i1"', '"i2"', '"i3"'),
        "of": ('"x"', "1"),
        "tool": ('"bash"', '"grep"'),
        "parts": ('[{"n": 3, "model": "m"}, {"n": 4, "model": "gemini-3"}]', "[]"),
    }
)


@cache
def mapping(path: Path) -> tuple[Mapping, dict[str, Family]]:
    (path / "named.yaml").write_text(PRESET)
    plain, families = load_preset(str(path / "named.yaml"))
    names = other_names("otel")
    return named(plain, names), {**families, **names.families}


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_lines_give_the_oracles_histograms(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made, families = mapping(tmp_path_factory.getbasetemp())
    blocks = data.draw(cuts(data.draw(lines(KINDS))))
    happens = st.sampled_from(("", "commit", "whole", "restart"))
    turns = [("log", data.draw(happens)) for _ in blocks]
    agree((made,), families, blocks, turns)


def test_many_answers_at_once_are_observed_for_want_of_room_and_none_is_lost(
    tmp_path: Path,
) -> None:
    made, families = mapping(tmp_path)
    text = "".join(
        json.dumps({"kind": "grows", "id": f"i{n}", "model": "m", "output": 4**step,
                    "input": 1}) + "\n"
        for step in (1, 2) for n in range(1100)
    )  # fmt: skip
    engine = agree((made,), families, [text.encode()])
    (labels, histogram), *_ = (
        (labels, one)
        for labels, one in engine.snapshot().histograms["gen_ai_client_token_usage"].items()
        if labels[0] == "output"
    )
    assert sum(histogram.counts) == 1100
    assert histogram.sum == 1100 * 16
    assert labels[1:4] == ("chat", "unknown", "m")
