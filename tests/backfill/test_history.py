"""What stands in a history: which samples, when, and what is told of the rest."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from exporter.backfill import pages
from generator.targets.prometheus import JOB
from tests.backfill.histories import backfill, moments, samples
from tests.preset_logs import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Iterable

SMALL = Path(__file__).with_name("small.yaml")
NOON = int(datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp())
CALLS = (
    'agent_llm_requests_total{agent="a",instance="localhost:9477",job="agentgauge",model="m",'
    'outcome="success"}'
)


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def event(after: float | None, kind: str = "call", **more: object) -> dict[str, Any]:
    """Make an event, so many seconds after noon."""
    time = {} if after is None else {"at": iso(NOON + after)}
    return {**time, "kind": kind, "bot": "a", **more}


def write(path: Path, events: Iterable[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(one)}\n" for one in events))
    return path


def history(tmp_path: Path, *events: object) -> dict[str, list[tuple[int, float]]]:
    """Give the history of one file, its times in seconds after noon."""
    log = write(tmp_path / "logs" / "a.jsonl", events)
    backfill("--preset", SMALL, log, "--to", tmp_path / "history")
    return after_noon(tmp_path / "history")


def after_noon(folder: Path) -> dict[str, list[tuple[int, float]]]:
    found = samples(folder)
    return {name: [(time - NOON, value) for time, value in rows] for name, rows in found.items()}


def of(found: dict[str, list[tuple[int, float]]], start: str) -> list[tuple[int, float]]:
    """Give the one series whose name begins so."""
    (rows,) = [rows for name, rows in found.items() if name.startswith(start)]
    return rows


def test_a_counter_begins_with_0_and_changes_in_the_step_of_its_event(tmp_path: Path) -> None:
    found = history(tmp_path, event(50), event(70), event(71), event(300))
    assert found[CALLS] == [(0, 0), (60, 1), (120, 3), (240, 3), (300, 4)]


def test_a_step_can_be_finer(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [event(1), event(16)])
    backfill("--preset", SMALL, log, "--to", tmp_path / "history", "--step", "15s")
    assert after_noon(tmp_path / "history")[CALLS] == [(0, 0), (15, 1), (30, 2)]


def test_what_does_not_change_is_seen_every_two_minutes_for_a_day(tmp_path: Path) -> None:
    week = 7 * 86_400
    found = history(tmp_path, event(60), event(week))[CALLS]
    still = [(time, 1.0) for time in range(120, 86_400 + 60, 120)]
    assert found == [(0, 0), (60, 1), *still, (week - 60, 1), (week, 2)]


def test_a_gauge_has_no_zero_and_a_rejected_value_no_series(tmp_path: Path) -> None:
    found = history(tmp_path, event(1, "load", load="high"), event(61, "load", load=0.5))
    assert of(found, "agent_resource_utilization_ratio") == [(120, 0.5)]


def test_a_histogram_has_all_of_its_samples_at_each_time(tmp_path: Path) -> None:
    found = history(tmp_path, event(1, took=0.3), event(61, took=700))
    family = {n: rows for n, rows in found.items() if n.startswith("agent_llm_latency_seconds")}
    assert {tuple(time for time, _ in rows) for rows in family.values()} == {(0, 60, 120)}
    assert of(family, "agent_llm_latency_seconds_count") == [(0, 0), (60, 1), (120, 2)]
    assert of(family, "agent_llm_latency_seconds_sum") == [(0, 0), (60, 0.3), (120, 700.3)]


def test_files_are_read_in_the_order_of_their_times(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "a.jsonl", [event(130, "load", load=0.9), event(190)])
    write(tmp_path / "logs" / "b.jsonl", [event(10, "load", load=0.1), event(250)])
    backfill("--preset", SMALL, tmp_path / "logs", "--to", tmp_path / "history")
    found = after_noon(tmp_path / "history")
    load = of(found, "agent_resource_utilization_ratio")
    assert load == [(60, 0.1), (120, 0.1), (180, 0.9), (240, 0.9), (300, 0.9)]
    assert found[CALLS] == [(180, 0), (240, 1), (300, 2)]


def test_a_start_without_an_end_is_given_up_when_it_has_waited_long_enough(tmp_path: Path) -> None:
    late = event(1200, "end", id="late")
    starts = [event(1, "start", id="late"), event(2, "start", id="never")]
    found = history(tmp_path, *starts, late, event(1260, "start", id="last"))
    abandoned = [rows for name, rows in found.items() if 'outcome="abandoned"' in name]
    assert [[row for row in rows if row[1]] for rows in abandoned] == [
        [*((time, 1) for time in (660, 720, 840, 960, 1080, 1200)), (1260, 2)]
    ]
    succeeded = next(rows for name, rows in found.items() if 'outcome="success"' in name)
    assert succeeded == [(1140, 0), (1200, 1), (1260, 1)]
    in_progress = dict(of(found, "agent_tasks_in_progress"))
    assert [in_progress[time] for time in (60, 600, 660, 1200, 1260)] == [2, 2, 1, 0, 0]


def test_a_start_is_given_up_in_a_step_with_other_events_too(tmp_path: Path) -> None:
    found = history(tmp_path, event(1, "start", id="never"), event(650), event(3000))
    (abandoned,) = [rows for name, rows in found.items() if 'outcome="abandoned"' in name]
    assert abandoned[:2] == [(600, 0), (660, 1)]


def test_an_observation_that_may_grow_is_made_when_nothing_came_for_a_while(tmp_path: Path) -> None:
    usage = {"input_tokens": 3, "output_tokens": 9}
    answers = [
        {
            "type": "assistant", "timestamp": iso(NOON + at), "sessionId": "s", "requestId": number,
            "message": {"id": number, "model": "m", "usage": usage},
        }
        for number, at in (("1", 10), ("2", 3600))
    ]  # fmt: skip
    log = write(tmp_path / "s.jsonl", answers)
    spec = tmp_path / "agents.yaml"
    spec.write_text(
        "version: 1\nfleet: f\noutputs: {names: otel}\nsources:\n"
        f"  - {{name: logs, file: {log}, preset: claude-code}}\n"
    )
    backfill(spec, "--to", tmp_path / "history")
    counts = [
        rows
        for name, rows in after_noon(tmp_path / "history").items()
        if name.startswith("gen_ai_client_token_usage_count{")
    ]
    assert [next(at for at, count in rows if count) for rows in counts] == [180, 180]
    assert [rows[-1] for rows in counts] == [(3600, 2), (3600, 2)]


def test_lines_without_a_time_go_with_the_line_before_and_the_first_with_the_next(
    tmp_path: Path,
) -> None:
    log = write(tmp_path / "a.jsonl", [event(None), event(130), event(None), {"no": "event"}])
    told = backfill("--preset", SMALL, log, "--to", tmp_path / "history")
    assert after_noon(tmp_path / "history")[CALLS] == [(120, 0), (180, 3)]
    assert "\n3 lines without a time: counted with the line before\n" in told


def test_files_without_any_time_stand_at_the_time_when_they_were_written(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [event(None), {**event(None), "at": "soon"}])
    os.utime(log, (NOON + 100, NOON + 100))
    told = backfill("--preset", SMALL, log, "--to", tmp_path / "history")
    assert after_noon(tmp_path / "history")[CALLS] == [(60, 0), (120, 2)]
    wanted = "2 lines in 1 file without any time: counted when the file was last written"
    assert wanted in told
    assert "1 time not used: small.call: bad_time\n" in told


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "2126-01-01T00:00:00Z"])
def test_lines_of_the_future_are_left_out_and_the_rest_goes_on(tmp_path: Path, time: str) -> None:
    log = write(tmp_path / "a.jsonl", [event(10), {**event(0), "at": time}, event(70)])
    told = backfill("--preset", SMALL, log, "--to", tmp_path / "history")
    assert after_noon(tmp_path / "history")[CALLS] == [(0, 0), (60, 1), (120, 2)]
    assert "\n1 line left out: later than " in told


@pytest.mark.parametrize(
    "time", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00", "NaN", float("nan"), True, 1e300]
)
def test_a_time_that_cannot_be_is_none(tmp_path: Path, time: object) -> None:
    bad = {**event(0), "at": time}
    log = write(tmp_path / "a.jsonl", [bad, event(10), bad, event(70)])
    backfill("--preset", SMALL, log, "--to", tmp_path / "history")
    assert after_noon(tmp_path / "history")[CALLS] == [(0, 0), (60, 3), (120, 4)]


def test_a_clock_that_goes_back_does_not_bring_a_series_back(tmp_path: Path) -> None:
    found = history(tmp_path, event(130), event(10), event(190))
    assert found[CALLS] == [(120, 0), (180, 2), (240, 3)]


def test_what_happened_before_from_still_counts_and_what_came_after_until_does_not(
    tmp_path: Path,
) -> None:
    log = write(tmp_path / "a.jsonl", [event(10), event(400), event(410), event(500)])
    span = ("--from", iso(NOON + 300), "--until", iso(NOON + 450))
    told = backfill("--preset", SMALL, log, "--to", tmp_path / "history", *span)
    assert after_noon(tmp_path / "history")[CALLS] == [(360, 1), (420, 3)]
    assert "\n1 line left out: later than 2026-11-02 12:07 UTC (--until)\n" in told


def test_the_last_step_ends_where_the_time_ends_that_was_asked_for(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [event(10), event(70)])
    until = ("--until", iso(NOON + 75))
    backfill("--preset", SMALL, log, "--to", tmp_path / "history", *until)
    assert after_noon(tmp_path / "history")[CALLS] == [(0, 0), (60, 1), (75, 2)]


def test_rotated_and_compressed_files_are_read_and_what_breaks_off_is_told(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [event(130)])
    lines = "".join(f"{json.dumps(event(n))}\n" for n in (10, 70)).encode()
    (tmp_path / "a.jsonl.1.gz").write_bytes(gzip.compress(lines))
    (tmp_path / "b.jsonl").write_bytes(gzip.compress(b"\n" * 1000 + lines)[:40])
    told = backfill("--preset", SMALL, log, tmp_path / "b.jsonl", "--to", tmp_path / "history")
    assert after_noon(tmp_path / "history")[CALLS][-1] == (180, 3)
    assert "\n40 bytes of files could not be read to their end\n" in told


def test_series_have_the_labels_of_the_spec_and_of_the_target(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [event(10)])
    spec = tmp_path / "agents.yaml"
    spec.write_text(
        "version: 1\nfleet: f\nselector: {job: bots, cluster: eu}\nsources:\n"
        f"  - {{name: logs, file: {tmp_path}/a.jsonl, preset: {SMALL}, labels: {{env: test}}}}\n"
        f"  - {{name: pushed, preset: {SMALL}, push: {{listen: 127.0.0.1:4318}}}}\n"
    )
    to = tmp_path / "history"
    told = backfill(spec, "--to", to, "--label", "instance=", "--label", "host=x")
    wanted = (
        'agent_llm_requests_total{agent="a",cluster="eu",env="test",host="x",job="bots",'
        'model="m",outcome="success"}'
    )
    assert samples(to)[wanted] == [(NOON, 0), (NOON + 60, 1)]
    assert "\nsource pushed: has no files, so there is nothing old to read\n" in told
    assert f"--start={NOON} --end={NOON + 60}" in told
    assert "alerts/rules/f.recording.yaml" in told


def test_the_job_is_that_of_the_generated_configuration(tmp_path: Path) -> None:
    found = history(tmp_path, event(10))
    assert all(f'job="{JOB}"' in name for name in found)


def test_each_moment_is_openmetrics(tmp_path: Path) -> None:
    backfill("--preset", "agent-agency", FIXTURES / "agent-agency.jsonl", "--to", tmp_path / "h")
    (file,) = (tmp_path / "h").iterdir()
    text = file.read_text(encoding="utf-8")
    heads = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(heads) == len(set(heads))
    for exposition in moments(text).values():
        assert list(parse_openmetrics(exposition))  # type: ignore[no-untyped-call] # the library's


def test_files_end_where_blocks_of_prometheus_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST", 50)
    log = write(tmp_path / "a.jsonl", [event(n * 600) for n in range(100)])
    backfill("--preset", SMALL, log, "--to", tmp_path / "history")
    spans = []
    for path in sorted((tmp_path / "history").iterdir()):
        times = [
            int(line.rpartition(" ")[2])
            for line in path.read_text().splitlines()
            if not line.startswith("#")
        ]
        spans.append((min(times) // pages.BLOCK, max(times) // pages.BLOCK))
        start = datetime.fromtimestamp(min(times) // pages.BLOCK * pages.BLOCK, UTC)
        assert path.name == f"{start:%Y-%m-%dT%H}.om"
    assert all(last < first for (_, last), (first, _) in itertools.pairwise(spans))
    assert len(spans) > 4
    found = after_noon(tmp_path / "history")[CALLS]
    assert [time for time, _ in found] == sorted({time for time, _ in found})


# ---- the folder ----------------------------------------------------------------------------------


def test_a_folder_with_anything_in_it_is_refused(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [event(10)])
    (tmp_path / "history").mkdir()
    backfill("--preset", SMALL, log, "--to", tmp_path / "history")
    told = backfill("--preset", SMALL, log, "--to", tmp_path / "history", exits=2)
    assert "history is not empty: name another folder, or remove it" in told


def test_without_a_line_in_that_time_nothing_is_made(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [event(10)])
    to = tmp_path / "history"
    told = backfill("--preset", SMALL, log, "--to", to, "--until", "2020-01-01", exits=1)
    assert "1 line left out: later than 2020-01-01 00:00 UTC (--until)" in told
    assert "there is nothing to write" in told
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_spec_without_files_has_no_history(tmp_path: Path) -> None:
    spec = tmp_path / "agents.yaml"
    push = "push: {listen: 127.0.0.1:4318}"
    spec.write_text(f"version: 1\nfleet: f\nsources:\n  - {{name: p, preset: {SMALL}, {push}}}\n")
    told = backfill(spec, "--to", tmp_path / "history", exits=1)
    assert told == "Error: no source has files, so there is nothing old to read\n"


def test_on_a_full_disk_nothing_is_left_behind(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [event(n * 60) for n in range(1000)])
    command = [
        "bash", "-c", 'ulimit -f 100; exec "$0" "$@"', sys.executable, "-m", "agentgauge",
        "backfill", "--preset", str(SMALL), str(log), "--to", str(tmp_path / "history"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    message = f"{tmp_path}/history can't be written: File too large; nothing was kept"
    assert (done.returncode, done.stderr) == (1, f"Error: {message}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        (("--step", "90ms"), "must be whole seconds"),
        (("--step", "soon"), "is not a duration"),
        (("--from", "yesterday"), "is no time; try 2026-11-01"),
        (("--from", "2026-11-02", "--until", "2026-11-01"), "--from must be before --until"),
        (("--label", "a-b=c"), "is no label; try instance="),
        (("--label", "job"), "is no label; try instance="),
        (("--label", "agent=x"), "series have a label of this name already"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    tmp_path: Path, option: tuple[str, ...], complaint: str
) -> None:
    log = write(tmp_path / "a.jsonl", [event(10)])
    told = backfill("--preset", SMALL, log, "--to", tmp_path / "history", *option, exits=2)
    assert complaint in told


# ---- any events ----------------------------------------------------------------------------------

EVENTS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 4000) | st.none()), min_size=1)


@settings(max_examples=25, deadline=None)
@given(EVENTS)
def test_at_any_time_a_history_says_what_has_happened_until_then(
    events: list[tuple[str, int | None]],
) -> None:
    happened: dict[str, list[int]] = {"a": [], "b": []}
    for file, time in events:
        happened[file].append(max([*happened[file], time or 0]))
    with tempfile.TemporaryDirectory() as folder:
        for file in "ab":
            own = [event(0)] + [event(time) for name, time in events if name == file]
            write(Path(folder) / "logs" / f"{file}.jsonl", own)
        to = Path(folder) / "history"
        backfill("--preset", SMALL, Path(folder) / "logs", "--to", to)
        found = after_noon(to)[CALLS]
    every = [0, 0, *happened["a"], *happened["b"]]
    assert found[:1] == [(-60, 0)]
    assert all(value == sum(one <= time for one in every) for time, value in found)
    assert {-(-time // 60) * 60 for time in every} <= {time for time, _ in found}
