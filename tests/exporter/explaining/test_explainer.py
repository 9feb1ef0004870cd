"""What is told of lines adds up to what the exporter shows, and names a reason for the rest."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.assembly import Exporter, Settings
from exporter.explaining.explainer import Explainer
from exporter.explaining.records import Record, records
from spec.load import load_preset, preset_names
from spec.model import Source
from tests.exporter.mapping.test_presets_oracle import KINDS
from tests.oracle.lines import lines
from tests.preset_logs import fixture_files
from tests.presets.test_presets import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from exporter.explaining.explanation import Explained
    from spec.mapping import Mapping
    from spec.model import Family

PRESETS = preset_names()
# Of the newest sessions only the largest are shown, and never by a single line.
BESIDE = ("agentgauge_", "agent_session_")
REJECTS = "agentgauge_rejects_total"


def explain_files(preset: str, *files: str) -> list[Explained]:
    mapping, families = load_preset(preset)
    explainer = Explainer(Source(preset, files, (mapping,), {}), families)
    found = [explainer.explain(f, r) for f in files for r in records(f, mapping)]
    return [*found, explainer.finish()]


def explain_lines(mapping: Mapping, families: dict[str, Family], *text: str) -> list[Explained]:
    explainer = Explainer(Source(mapping.name, (), (mapping,), {}), families)
    found = [
        explainer.explain("log", Record(number, f"{line}\n".encode()))
        for number, line in enumerate(text, 1)
    ]
    return [*found, explainer.finish()]


def totals(found: Iterable[Explained]) -> dict[str, float]:
    sums: dict[str, Decimal] = {}
    for moved in (moved for one in found for moved in one.moved):
        if moved.value is None:
            del sums[moved.sample]
        elif moved.added:
            sums[moved.sample] = sums.get(moved.sample, Decimal(0)) + moved.value
        else:
            sums[moved.sample] = moved.value
    return {sample: float(value) for sample, value in sums.items()}


def shown(exposition: str) -> dict[str, float]:
    samples = (line.rpartition(" ") for line in exposition.splitlines() if line[0] != "#")
    return {
        name: float(value)
        for name, _, value in samples
        if not name.startswith(BESIDE) and "_bucket{" not in name
    }


def exported(preset: str, *files: str) -> str:
    """Give what the exporter shows after it has read files."""
    mapping, families = load_preset(preset)
    exporter = Exporter(Settings(preset, "1"), (Source(preset, files, (mapping,), {}),), families)
    exporter.pipeline.run_once()
    return exporter.metrics()[1].decode()


def rejects(exposition: str) -> dict[str, float]:
    samples = (line.rpartition(" ") for line in exposition.splitlines())
    return {name: float(value) for name, _, value in samples if name.startswith(REJECTS)}


@pytest.mark.parametrize("preset", PRESETS)
def test_all_explanations_together_are_the_exposition(preset: str) -> None:
    files = tuple(map(str, fixture_files(preset)))
    exposition = exported(preset, *files)

    found = explain_files(preset, *files)

    assert totals(found) == pytest.approx(shown(exposition), rel=1e-9, abs=1e-9)
    outcomes = sum((Counter(one.outcomes) for one in found), Counter())
    assert {name: outcomes[name] for name in counted(exposition)} == counted(exposition)
    told: Counter[str] = Counter()
    for rejected in (rejected for one in found for rejected in one.rejected):
        assert rejected.detail, rejected
        own = rejected.rule in ("line", "file")
        rule = rejected.rule if own else f"{preset}.{rejected.rule}"
        labels = f'reason="{rejected.reason}",rule="{rule}",source="{preset}"'
        told[f"{REJECTS}{{{labels}}}"] += rejected.count
    assert told == rejects(exposition)

    for one in found:
        assert len(one.left) == one.outcomes.get("unmatched", 0), one
        assert all(left.why for left in one.left)
        assert all(taken.why for taken in one.taken if taken.applied < taken.events), one


@cache
def explainer_of(preset: str) -> Explainer:
    mapping, families = load_preset(preset)
    return Explainer(Source(preset, (), (mapping,), {}), families)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), preset=st.sampled_from(sorted(KINDS)))
def test_rules_take_just_the_lines_that_their_compiled_tests_let_in(
    data: st.DataObject, preset: str
) -> None:
    explainer = explainer_of(preset)
    block = data.draw(lines(KINDS[preset], largest=12))
    for number, line in enumerate(block.split(b"\n")[:-1], 1):
        one = explainer.explain("log", Record(number, line + b"\n"))
        assert len(one.left) == one.outcomes.get("unmatched", 0), one
        assert one.taken or not {"applied", "repeat"} & set(one.outcomes), one


# ---- what is told --------------------------------------------------------------------------------

HEAD = {"format": "json", "time": "time", "labels": {"agent": "agent"}}


def mapping(tmp_path: Any, *events: dict[str, Any], **head: Any) -> Any:  # noqa: ANN401 (JSON)
    path = tmp_path / "bots.yaml"
    path.write_text(json.dumps({**HEAD, **head, "events": events}), encoding="utf-8")
    return load_preset(str(path))


STEP = {"name": "step", "when": {"kind": "step"}, "update": {"agent_steps_total": {"add": "n"}}}


def test_a_line_is_told_with_its_rule_and_what_it_moved(tmp_path: Any) -> None:  # noqa: ANN401
    line = '{"kind": "step", "agent": "a", "n": 3, "time": "2026-11-20T03:00:00Z"}'
    one, _ = explain_lines(*mapping(tmp_path, STEP), line)
    assert one.outcomes == {"applied": 1}
    assert [(taken.rule, taken.events, taken.applied) for taken in one.taken] == [("step", 1, 1)]
    assert [str(moved) for moved in one.moved] == [
        'agent_last_event_timestamp_seconds{agent="a"} = 1795143600',
        'agent_steps_total{agent="a"} +3',
    ]


@pytest.mark.parametrize(
    ("field", "detail"),
    [
        ("", "`n` is not there"),
        ('"n": null,', "`n` is not there"),
        ('"n": "many",', "`n` is a text"),
        ('"n": true,', "`n` is a truth value"),
        ('"n": [],', "`n` is a list"),
        ('"n": {},', "`n` is an object"),
        ('"n": 1e999,', "`n` is a number"),
        ('"n": -2,', "`n` is below zero"),
    ],
)
def test_a_reject_names_the_field_and_of_what_sort_its_value_is(
    field: str,
    detail: str,
    tmp_path: Any,  # noqa: ANN401
) -> None:
    one, _ = explain_lines(*mapping(tmp_path, STEP), f'{{"kind": "step", {field} "agent": "a"}}')
    assert [rejected.detail for rejected in one.rejected] == [detail]


@pytest.mark.parametrize(
    ("event", "lines", "why"),
    [
        ({"dedupe": "id"}, ['{"id": 1}', '{"id": 1}'], "the same key was there before"),
        ({"dedupe": {"by": "id", "keep": "max"}, "update": {"agent_steps_total": {"add": "n"}}},
         ['{"id": 1, "n": 5}', '{"id": 1, "n": 4}'], "no number is larger than before"),
        ({"delta": {"by": "id"}, "update": {"agent_steps_total": {"add": "n"}}},
         ['{"id": 1, "n": 5}', '{"id": 1, "n": 5}'], "no total has grown"),
        ({"streak": {"of": "id", "by": "agent", "at": 3}}, ['{"id": 1}'], "no run of 3"),
    ],
)  # fmt: skip
def test_a_rule_that_took_a_line_and_was_not_applied_says_why(
    event: dict[str, Any],
    lines: Sequence[str],
    why: str,
    tmp_path: Any,  # noqa: ANN401
) -> None:
    rule = {"name": "one", "update": {"agent_retries_total": "inc"}, **event}
    *_, last, _ = explain_lines(*mapping(tmp_path, rule), *lines)
    assert [taken.applied for taken in last.taken] == [0]
    assert why in last.taken[0].why


def test_what_was_never_ended_is_told_at_the_end(tmp_path: Any) -> None:  # noqa: ANN401
    label = {"tool": "tool"}
    rules = (
        {"name": "start", "when": {"kind": "start"}, "labels": label,
         "pair": {"start": "call", "by": "id"}},
        {"name": "gone", "abandoned": "call", "labels": {"outcome": "=abandoned"},
         "update": {"agent_tool_calls_total": "inc"}},
    )  # fmt: skip
    line = '{"kind": "start", "id": 1, "tool": "grep", "agent": "a"}'
    start, end = explain_lines(*mapping(tmp_path, *rules), line)
    assert [(taken.rule, taken.applied) for taken in start.taken] == [("start", 1)]
    assert [(taken.rule, taken.applied) for taken in end.taken] == [("gone", 1)]
    assert [str(moved) for moved in end.moved] == [
        'agent_tool_calls_total{agent="a",outcome="abandoned",tool="grep"} +1'
    ]


def test_what_a_stream_remembers_is_known_to_tests_of_later_lines(tmp_path: Any) -> None:  # noqa: ANN401
    rules = (
        {"name": "told", "when": {"kind": "told"}, "remember": {"model": "model"}},
        {"name": "one", "when": {"kind": "one", "$model": "large"},
         "update": {"agent_steps_total": "inc"}},
    )  # fmt: skip
    one = '{"kind": "one", "agent": "a"}'
    before, _, after, _ = explain_lines(
        *mapping(tmp_path, *rules), one, '{"kind": "told", "model": "large", "agent": "a"}', one
    )
    assert before.left[0].why == "`$model` is not there"
    assert ([taken.rule for taken in after.taken], after.left) == (["one"], ())


def test_several_events_of_a_line_are_told_together() -> None:
    mapping, families = load_preset("otel-genai")
    line = (
        '{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {}}, {"severityNumber": 5}]}]}]}'
    )
    one, _ = explain_lines(mapping, families, line)
    assert (one.outcomes, len(one.left)) == ({"unmatched": 2}, 2)
