"""Metrics under the names of others: the same numbers, well-formed, and nothing where none asks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text

from agentgauge.servers import PROMTOOL
from exporter.store.views import ViewTable
from generator.lint.metrics import exported
from spec.load import load_preset, load_spec
from spec.names import named, with_names
from spec.read_names import other_names
from tests.compiled import Compiled
from tests.names.reading import OPENMETRICS, read, read_preset, text
from tests.preset_logs import REAL, needs_real_logs
from tests.servers import find

HERE = Path(__file__).parent
SPEC = HERE / "agents.yaml"
PRESETS = HERE.parent / "presets"
NAMES = other_names("otel")
THEIRS = ("gen_ai_", "mcp_client_", "claude_code_")


def lines_of(exposition: str, *, theirs: bool) -> str:
    """Give the agents' lines whose names are those of others, or those that are ours."""

    def wanted(line: str) -> bool:
        name = line.split()[2] if line.startswith("#") else line
        return name.startswith(THEIRS) is theirs and not name.startswith("agentgauge_")

    return "".join(f"{line}\n" for line in exposition.splitlines() if wanted(line))


def samples(exposition: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse_text(exposition)
        for sample in family.samples
    }


def sums(exposition: str, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """Add up the samples of a name by some labels; what is 0 is left out."""
    totals: dict[tuple[str, ...], float] = {}
    for (sample, have), value in samples(exposition).items():
        if sample == name and value:
            key = tuple(dict(have).get(label, "") for label in labels)
            totals[key] = totals.get(key, 0) + value
    return totals


# ---- what is shown ---------------------------------------------------------------------------


def test_what_is_shown_under_other_names_is_exactly_this() -> None:
    assert lines_of(text(read(SPEC)), theirs=True) == (HERE / "calls.prom").read_text()


def test_our_own_metrics_stay_as_they_are() -> None:
    plain = text(read(SPEC, names=False))
    assert lines_of(plain, theirs=True) == ""
    assert lines_of(text(read(SPEC)), theirs=False) == lines_of(plain, theirs=False)


def test_promtool_finds_no_fault() -> None:
    done = subprocess.run(
        [find(PROMTOOL), "check", "metrics"], input=text(read(SPEC)).encode(),
        capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_openmetrics_says_the_same() -> None:
    exporter = read(SPEC)
    openmetrics = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parse_openmetrics(text(exporter, OPENMETRICS))  # type: ignore[no-untyped-call] # the library's
        for sample in family.samples
        if sample.name.startswith(THEIRS)
    }
    plain = samples(lines_of(text(exporter), theirs=True))
    assert openmetrics == plain


def test_the_series_are_counted_and_can_be_asked_for_by_name() -> None:
    exporter = read(SPEC)
    found = sums(text(exporter), "agentgauge_series", "family")
    assert {name: n for (name,), n in found.items() if name.startswith("claude_code_")} == {
        "claude_code_cost_usage_USD_total": 3,
        "claude_code_token_usage_tokens_total": 9,
    }
    _, body = exporter.metrics(names=["claude_code_cost_usage_USD_total"])
    named = [line.split("{")[0] for line in body.decode().splitlines() if line[0] != "#"]
    assert set(named) == {"claude_code_cost_usage_USD_total"}


def test_no_name_of_theirs_is_ours() -> None:
    ours = load_spec(SPEC).families.keys() - NAMES.families.keys()
    assert not [name for name in ours if name.startswith(THEIRS)]
    assert all(one.of in ours for one in NAMES.made)


def test_every_name_has_its_place_in_the_documentation() -> None:
    page = (HERE.parents[1] / "docs/compatible-names.md").read_text()
    labels = {label for family in NAMES.families.values() for label in family.labels}
    lacking = [name for name in (*NAMES.families, *labels) if f"`{name}`" not in page]
    assert lacking == []


# ---- the same totals -------------------------------------------------------------------------


FIXTURES = ("claude-code", "codex", "hardened-agent", "litellm", "openhands")
GROUPS = {
    "input": ("input", "cache_read", "cache_write"),
    "output": ("output", "reasoning"),
}


def same_totals(found: str) -> None:
    """Compare every total that there is under two names."""
    tokens = sums(found, "agent_token_usage_total", "agent", "model", "type")
    for theirs, ours in GROUPS.items():
        want: dict[tuple[str, ...], float] = {}
        for (agent, model, kind), value in tokens.items():
            if kind in ours:
                want[agent, model, theirs] = want.get((agent, model, theirs), 0) + value
        labels = ("gen_ai_agent_name", "gen_ai_response_model", "gen_ai_token_type")
        have = sums(found, "gen_ai_client_token_usage_sum", *labels)
        assert {key: n for key, n in have.items() if key[2] == theirs} == pytest.approx(want)
    pairs = {
        "agent_llm_latency_seconds": "gen_ai_client_operation_duration_seconds",
        "agent_llm_time_to_first_token_seconds": (
            "gen_ai_client_operation_time_to_first_chunk_seconds"
        ),
        "agent_tool_latency_seconds": "gen_ai_execute_tool_duration_seconds",
        "agent_task_duration_seconds": "gen_ai_invoke_agent_duration_seconds",
        "mcp_request_duration_seconds": "mcp_client_operation_duration_seconds",
    }
    for ours_name, theirs_name in pairs.items():
        for part in ("count", "sum"):
            have = sums(found, f"{theirs_name}_{part}")
            assert have == pytest.approx(sums(found, f"{ours_name}_{part}")), theirs_name


@pytest.mark.parametrize("preset", FIXTURES)
def test_totals_are_the_same_under_both_names(preset: str) -> None:
    path = PRESETS / preset
    files = path if path.is_dir() else path.with_suffix(".jsonl")
    same_totals(text(read_preset(preset, files)))


@needs_real_logs
@pytest.mark.parametrize("preset", ["codex", "pi"])
def test_totals_of_real_logs_are_the_same_under_both_names(preset: str) -> None:
    same_totals(text(read_preset(preset, REAL / preset)))


@needs_real_logs
def test_claude_codes_real_logs_give_what_its_own_metrics_would_say() -> None:
    found = text(read_preset("claude-code", REAL / "claude-code"))
    same_totals(found)
    assert sums(found, "claude_code_token_usage_tokens_total", "type") == {
        ("input",): 4211, ("output",): 42170,
        ("cacheCreation",): 334192, ("cacheRead",): 16734173,
    }  # fmt: skip
    count = sums(found, "gen_ai_client_token_usage_count", "gen_ai_token_type")
    assert count == {("input",): 174, ("output",): 174}


# ---- while it runs ---------------------------------------------------------------------------


class Live:
    """An exporter's mapping at work, whose clock stands still until it is set."""

    def __init__(self) -> None:
        spec = load_spec(SPEC)
        (source,) = with_names(spec.sources, spec.names)
        self.made = Compiled(source.mappings, spec.families, born_at_zero=15)
        self.views = [ViewTable(view, self.made.store) for view in NAMES.views]
        self.show()

    def show(self, *lines: str, after: float = 0) -> dict[str, float]:
        """Read lines, let time pass, and give what is shown then."""
        self.made.feed(*lines)
        self.made.clock.now += after
        self.made.engine.tick(self.made.running())
        shown = self.made.shown()
        for view in self.views:
            for line in view.text(self.made.running()).splitlines():
                name, _, value = line.rpartition(" ")
                shown[name] = float(value)
        return shown

    def answers(self, *lines: str, after: float = 0) -> list[float]:
        """Give how many were observed, of them those with few tokens, and the sum of output."""
        shown = self.show(*lines, after=after)
        return [
            sum(n for name, n in shown.items() if name.startswith(f"{TOKENS}_{part}{{") and
                all(f'"{text}"' in name for text in ("output", *texts)))
            for part, *texts in (("count",), ("bucket", "64.0"), ("sum",))
        ]  # fmt: skip


TOKENS = "gen_ai_client_token_usage"
ANSWER = (
    '{{"at": "2026-11-20T03:00:00Z", "kind": "answer", "agent": "claude-code", "model": "m", '
    '"id": "{id}", "usd": 2, "input": 1, "written": 0, "output": {output}}}'
)


def answer(id: str, output: int) -> str:  # noqa: A002 (as the log calls it)
    return ANSWER.format(id=id, output=output)


def test_an_answer_is_observed_once_when_nothing_more_is_told_of_it() -> None:
    live = Live()
    for output in (1, 20, 300):
        assert live.answers(answer("m1", output), after=59) == [0, 0, 0]
    assert live.answers(after=2) == [0, 0, 0]  # new, and so shown at 0 first
    assert live.answers(after=15) == [1, 0, 300]


def test_what_is_told_later_still_is_added_to_the_sum_alone() -> None:
    live = Live()
    live.answers(answer("m1", 10), after=61)
    assert live.answers(answer("m1", 500), after=61) == [1, 1, 500]


def test_what_was_there_before_the_start_is_observed_when_it_is_read() -> None:
    spec = load_spec(SPEC)
    (source,) = with_names(spec.sources, spec.names)
    before = Compiled(source.mappings, spec.families, born_at_zero=15)
    before.feed(answer("m1", 10))
    before.engine.tick(before.running())
    counts = [n for name, n in before.shown().items() if name.startswith(f"{TOKENS}_count")]
    assert counts == [1, 1]


def test_views_are_born_at_zero_with_our_own_series() -> None:
    live = Live()
    name = 'claude_code_cost_usage_USD_total{model="m",query_source="main"}'
    assert live.show(answer("m1", 10))[name] == 0
    assert live.show(after=15)[name] == 2
    assert live.show(answer("m2", 10))[name] == 4


@pytest.mark.parametrize("preset", ["claude-code", "codex"])
def test_switching_names_on_forgets_nothing_that_rules_remember(preset: str) -> None:
    mapping, families = load_preset(preset)
    before = Compiled((mapping,), families)
    plain = Compiled((mapping,), families)
    both = Compiled((named(mapping, NAMES),), {**families, **NAMES.families})
    logs = [(str(at), at.read_bytes().splitlines()) for at in (PRESETS / preset).rglob("*.jsonl")]
    for path, lines in logs:
        before.feed(*lines, stream=path)
    for again in (plain, both):
        again.engine.restore([before.engine.save(whole=True)])
        for path, lines in logs:
            again.feed(*lines, stream=path)
    assert both.snapshot().numbers == plain.snapshot().numbers
    assert both.snapshot().numbers != before.snapshot().numbers


def test_what_is_not_asked_for_costs_nothing() -> None:
    assert read(SPEC, names=False).engines[0].source.count("TELL") == 0
    assert read(SPEC).engines[0].source.count("TELL") > 0


def test_check_knows_what_is_there_and_what_nothing_feeds() -> None:
    known = exported(load_spec(SPEC))
    fed = {name for name, metric in known.items() if name.startswith(THEIRS) and metric.fed}
    assert {
        "gen_ai_client_token_usage_bucket",
        "gen_ai_usage_cost_USD_sum",
        "mcp_client_operation_duration_seconds_count",
        "claude_code_token_usage_tokens_total",
    } <= fed
    assert "claude_code_session_count_total" in known.keys() - fed  # no session is told there
    assert not [name for name in exported(load_spec(HERE.parent / "spec/good.yaml")) if
                name.startswith(THEIRS)]  # fmt: skip
