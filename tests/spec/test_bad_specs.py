"""One mistake, one message: where it is, what is wrong, what to do.

`bad/NAME.yaml` holds the mistake, `bad/NAME.txt` all that is said of it. `mapping.*` are presets.
"""

from __future__ import annotations

import subprocess
import sys
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.load import load_preset, load_spec
from spec.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
BAD = HERE / "bad"
NAMES = sorted(path.stem for path in BAD.glob("*.txt"))
GOOD = yaml.safe_load((HERE / "good.yaml").read_text(encoding="utf-8"))
TEN = """\
ten-mistakes.yaml:3:1: surces: is not known here; did you mean 'sources'?
ten-mistakes.yaml:5:45: sources.0.preset: there is no preset "hardend-agent"; did you mean 'hardened-agent'?
ten-mistakes.yaml:10:10: alerts.ToolsFail.per: "5minutes" is not a duration; try 5m
ten-mistakes.yaml:13:12: alerts.CallsSlow.above: is no bucket of agent_llm_latency_seconds, so no quantile can tell it; try 5s or 7.5s
ten-mistakes.yaml:16:12: alerts.TasksStuck.value: there is no metric "agent_task_in_progress"; did you mean 'agent_tasks_in_progress'?
ten-mistakes.yaml:19:5: alerts.Restless: is of several kinds: increase, value; keep one
ten-mistakes.yaml:25:17: alerts.BreakersTrip.by.1: circuit_breaker_trips_total has no label "tool"; known: agent, breaker
ten-mistakes.yaml:31:18: alerts.Panicking.description: speaks of {agent}, which this alert has not; known: fleet, state, threshold, value, window
ten-mistakes.yaml:32:15: alerts.Panicking.severity: "page" is not one of info, warning, critical, emergency
ten-mistakes.yaml:37:32: oncall.routes.0.to: there is no receiver "pagerduty"; did you mean 'pager'?
"""  # noqa: E501 (as they are printed)


def problems(name: str) -> list[str]:
    """Load a bad file in its folder, and give what is said."""
    preset = name.startswith("mapping.")
    with pytest.raises(SpecError) as caught:
        load_preset(f"./{name}.yaml") if preset else load_spec(Path(f"{name}.yaml"))
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("name", NAMES)
def test_a_mistake_is_told_exactly_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    assert problems(name) == (BAD / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def test_every_bad_file_has_its_messages() -> None:
    helpers = {"dotted-costs", "lines-of-logfmt", "whole-documents", "behind-a-prefix"}
    assert {path.stem for path in BAD.glob("*.yaml")} - helpers == set(NAMES)


def test_ten_mistakes_give_ten_messages_in_the_order_of_the_lines() -> None:
    command = [sys.executable, "-m", "agentgauge", "check", "ten-mistakes.yaml"]
    environment = {"PYTHONPATH": str(HERE.parents[1]), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=HERE, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == (TEN, "10 problems found\n", 1)


# ---- any mistake ---------------------------------------------------------------------------------

Path_ = tuple[str | int, ...]
JUNK: tuple[Any, ...] = (
    None,
    5,
    -1,
    0.5,
    "junk",
    "",
    [],
    {},
    True,
    False,
    [1],
    [None],
    {"a": 1},
    [[]],
)


def places(value: object, path: Path_ = ()) -> Iterator[Path_]:
    yield path
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in inner:
        yield from places(part, (*path, key))


def changed(path: Path_, new: object, *, drop: bool = False) -> Any:  # noqa: ANN401 (a document)
    """Give the good spec with one place changed, or dropped."""
    if not path:
        return new
    document: Any = yaml.safe_load(yaml.safe_dump(GOOD))
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    if drop:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return document


def loaded(document: object, folder: Path) -> list[str]:
    (folder / "own.yaml").write_bytes((HERE / "own.yaml").read_bytes())
    spec = folder / "agents.yaml"
    spec.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    try:
        load_spec(spec)
    except SpecError as error:
        return [str(problem).removeprefix(f"{folder}/") for problem in error.problems]
    return []


def at(path: Path_) -> Any:  # noqa: ANN401 (a part of a document)
    return reduce(getitem, path, GOOD)


EVERYWHERE = list(places(GOOD))
MAPPINGS = [path for path in EVERYWHERE if isinstance(at(path), dict)]
FREE = {"labels", "selector", "where", "annotations", "receivers", "families", "values", "budgets",
        "alerts", "dashboards", "steps", "models", "above", "tiers"}  # fmt: skip


def test_the_spec_that_is_spoilt_is_good(tmp_path: Path) -> None:
    assert loaded(GOOD, tmp_path) == []


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(EVERYWHERE), st.sampled_from(JUNK), st.booleans())
def test_whatever_stands_anywhere_is_taken_or_told_at_its_place(
    tmp_path_factory: pytest.TempPathFactory,
    path: Path_,
    junk: object,
    drop: bool,  # noqa: FBT001 (drawn)
) -> None:
    folder = tmp_path_factory.mktemp("spec")
    for message in loaded(changed(path, junk, drop=drop and bool(path)), folder):
        assert message.startswith("agents.yaml"), message
        assert "catalogue" not in message


@pytest.mark.parametrize(
    "path",
    [p for p in MAPPINGS if not p or p[-1] not in FREE],
    ids=lambda path: ".".join(map(str, path)) or "top",
)
def test_an_unknown_key_is_told_once(path: Path_, tmp_path: Path) -> None:
    (message,) = loaded(changed(path, {**at(path), "zzz": 1}), tmp_path)
    assert f"{'.'.join(map(str, (*path, 'zzz')))}: is not known here" in message
