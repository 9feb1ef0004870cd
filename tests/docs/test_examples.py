"""Every example of the documentation does what the page says. CONTRIBUTING.md names the fences."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
import yaml

from agentgauge import __version__
from agentgauge.cli import VERBS, main
from agentgauge.proof.mappings import mapping_tests, prove_mapping
from exporter.assembly import Exporter, Settings
from spec.load import load_preset, load_spec
from spec.model import Source
from spec.problems import SpecError
from tests.docs.pages import ROOT, Fence, Page, pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

PAGES = {page.path: page for page in pages()}

# Kinds of fences. One that is not here fails: a new example is proven, or says that it is none.
PROVEN = {
    "yaml spec", "yaml part", "yaml wrong", "yaml preset", "yaml events",
    "yaml prometheus", "yaml workflow", "jsonl", "log", "prometheus", "promql", "json",
    "sh", "sh run", "text output", "python",
}  # fmt: skip
NOT_PROVEN = {"text"}

BASE = {
    "version": "version: 1\n",
    "fleet": "fleet: docs\n",
    "sources": "sources:\n  - {file: /var/log/agents/**/*.jsonl, preset: hardened-agent}\n",
}
_CALL = re.compile(r"(?:^(?: *-)?|run:|bin/|[|;&{]) *agentgauge +([^|;&>]+)")
PRESET_HEAD = "format: json\ntime: time\nlabels: {agent: agent}\nevents:\n"


def fences(*kinds: str) -> list[Fence]:
    return [fence for page in PAGES.values() for fence in page.fences if fence.what in kinds]


def place(fence: Fence) -> str:
    return fence.place


@pytest.fixture
def folder(tmp_path: Path, fence: Fence) -> Path:
    """A folder with the files of the fence's page."""
    return filled(tmp_path, PAGES[fence.page])


def filled(folder: Path, page: Page) -> Path:
    for fence in page.fences:
        if "file" in fence.given:
            path = folder / fence.given["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence.text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_fence_says_what_it_is(page: Page) -> None:
    unknown = [f for f in page.fences if f.what not in PROVEN | NOT_PROVEN]
    assert [(f.place, f.what) for f in unknown] == []


# ---- specs --------------------------------------------------------------------------------------


def loaded(text: str, folder: Path) -> None:
    path = folder / "example.agents.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        load_spec(path)
    except SpecError as error:
        pytest.fail(str(error))


@pytest.mark.parametrize("fence", fences("yaml spec"), ids=place)
def test_a_whole_spec_has_no_problem(fence: Fence, folder: Path) -> None:
    loaded(fence.text, folder)


@pytest.mark.parametrize("fence", fences("yaml part"), ids=place)
def test_a_part_of_a_spec_has_no_problem(fence: Fence, folder: Path) -> None:
    own = {line.split(":")[0] for line in fence.text.splitlines() if re.match(r"\w+:", line)}
    base = "".join(text for section, text in BASE.items() if section not in own)
    loaded(base + fence.text, folder)


@pytest.mark.parametrize("fence", fences("yaml wrong"), ids=place)
def test_a_wrong_spec_has_problems(fence: Fence, folder: Path) -> None:
    path = folder / "example.agents.yaml"
    path.write_text(fence.text, encoding="utf-8")
    with pytest.raises(SpecError):
        load_spec(path)


# ---- mappings -----------------------------------------------------------------------------------


def example(fence: Fence) -> tuple[str, str]:
    """Find the lines and the metrics that follow a mapping, before the next one."""
    after = [f for f in PAGES[fence.page].fences if f.line > fence.line]
    following = {"lines": "", "prometheus": ""}
    for other in after:
        if other.what in ("yaml events", "yaml preset"):
            break
        what = "lines" if other.what in ("jsonl", "log") else other.what
        if what in following and not following[what]:
            following[what] = other.text
    assert all(following.values()), "a mapping needs its lines (jsonl) and metrics (prometheus)"
    return following["lines"], following["prometheus"]


@pytest.mark.parametrize("fence", fences("yaml events", "yaml preset"), ids=place)
def test_a_mapping_gives_the_metrics_that_stand_below_it(fence: Fence, tmp_path: Path) -> None:
    whole = fence.what == "yaml preset"
    if whole and yaml.safe_load(fence.text).get("tests"):
        # It says itself what its lines give.
        (tmp_path / "bots.yaml").write_text(fence.text, encoding="utf-8")
        assert_its_tests_hold(tmp_path / "bots.yaml")
        return
    lines, metrics = example(fence)
    indented = "".join(f"  {line}\n" for line in fence.text.splitlines())
    preset = tmp_path / "example.yaml"
    preset.write_text(fence.text if whole else PRESET_HEAD + indented, encoding="utf-8")
    assert_gives(read_once(str(preset), lines, tmp_path), metrics)


def assert_its_tests_hold(preset: Path) -> None:
    """Do what `agentgauge test` does with a preset's own tests."""
    spec = preset.with_name("agents.yaml")
    spec.write_text(f"version: 1\nfleet: f\nsources: [{{file: a, preset: {preset}}}]\n")
    loaded = load_spec(spec)
    for source, test in mapping_tests(loaded):
        assert prove_mapping(source, test, loaded) is None


@pytest.mark.parametrize("fence", [f for f in fences("jsonl") if "preset" in f.given], ids=place)
def test_lines_give_the_metrics_that_stand_below_them(fence: Fence, tmp_path: Path) -> None:
    metrics = next(
        f.text for f in PAGES[fence.page].fences if f.line > fence.line and f.what == "prometheus"
    )
    assert_gives(read_once(fence.given["preset"], fence.text, tmp_path), metrics)


def read_once(preset: str, lines: str, folder: Path) -> str:
    """Do what `export --preset --once` does."""
    log = folder / "lines.jsonl"
    log.write_text(lines, encoding="utf-8")
    mapping, families = load_preset(preset)
    source = Source(mapping.name, (str(log),), (mapping,), {})
    exporter = Exporter(Settings("docs", __version__), (source,), families)
    exporter.pipeline.run_once()
    return exporter.metrics()[1].decode()


def assert_gives(exposition: str, metrics: str) -> None:
    """Compare whole families: those that the page names, and no agents' family beside them."""
    wanted, got = samples(metrics), samples(exposition)
    named = {family(series) for series in wanted}
    given = {
        series: value
        for series, value in got.items()
        if family(series) in named or not beside_the_point(family(series))
    }
    buckets = any("_bucket{" in series for series in wanted)
    assert {s: v for s, v in given.items() if buckets or "_bucket{" not in s} == wanted


def samples(text: str) -> dict[str, float]:
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {series: float(value) for series, value in (line.rsplit(" ", 1) for line in lines)}


def family(series: str) -> str:
    return re.sub(r"_(bucket|count|sum)$", "", series.partition("{")[0])


def beside_the_point(name: str) -> bool:
    return name.startswith("agentgauge_") or name == "agent_last_event_timestamp_seconds"


# ---- the servers' own languages ------------------------------------------------------------------


def promtool(*arguments: str | Path) -> None:
    if shutil.which("promtool") is None:
        pytest.fail("promtool is not installed: apt-get install -y prometheus")
    done = subprocess.run(
        ["promtool", *map(str, arguments)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("fence", fences("yaml prometheus"), ids=place)
def test_prometheus_takes_its_configuration(fence: Fence, tmp_path: Path) -> None:
    path = tmp_path / "prometheus.yml"
    path.write_text(fence.text, encoding="utf-8")
    promtool("check", "config", path)


@pytest.mark.parametrize("fence", fences("promql"), ids=place)
def test_prometheus_reads_the_query(fence: Fence, tmp_path: Path) -> None:
    rule = {"groups": [{"name": "docs", "rules": [{"record": "docs", "expr": fence.text}]}]}
    path = tmp_path / "rules.yaml"
    path.write_text(json.dumps(rule), encoding="utf-8")
    promtool("check", "rules", path)


@pytest.mark.parametrize("fence", fences("json", "jsonl"), ids=place)
def test_json_is_json(fence: Fence) -> None:
    for text in fence.text.splitlines() if fence.what == "jsonl" else [fence.text]:
        json.loads(text)


@pytest.mark.parametrize("fence", fences("yaml workflow"), ids=place)
def test_a_workflow_is_yaml(fence: Fence) -> None:
    read = yaml.safe_load(fence.text)
    # GitHub's workflows, pre-commit's configuration, or jobs of GitLab.
    assert read.get("jobs") or read.get("repos") or all("script" in job for job in read.values())


# ---- commands -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [p for p in PAGES.values() if p.fences], ids=lambda p: p.path)
def test_commands_print_what_the_page_shows(page: Page, tmp_path: Path) -> None:
    filled(tmp_path, page)
    for fence, following in zip(page.fences, [*page.fences[1:], None], strict=True):
        if fence.what != "sh run":
            continue
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", fence.text],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
            text=True,
        )
        assert done.returncode == int(fence.given.get("exit", 0)), f"{fence.place}\n{done.stdout}"
        if following is not None and following.what == "text output":
            assert_prints(done.stdout, following)


def assert_prints(printed: str, wanted: Fence) -> None:
    """Compare output; `...` stands for any text."""
    expression = re.escape(wanted.text).replace(r"\.\.\.", ".*?")
    matches = re.fullmatch(expression, printed, re.DOTALL)
    assert matches, f"{wanted.place}: this was printed:\n{printed}"


def environment(folder: Path) -> dict[str, str]:
    """Put `agentgauge` and `python` of this checkout on PATH."""
    programs = folder / ".programs"
    programs.mkdir(exist_ok=True)
    for name, arguments in (("agentgauge", " -m agentgauge"), ("python", "")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n')
        program.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "100",
    }


def calls() -> Iterable[tuple[str, str]]:
    """Give every call of agentgauge that a page shows: where, and its words."""
    for fence in fences("sh", "sh run", "yaml workflow"):
        text = fence.text.replace("\\\n", " ")
        for line in text.splitlines():
            yield from ((fence.place, c) for c in _CALL.findall(line.partition(" #")[0]))
    for page in PAGES.values():
        for call in re.findall(r"`agentgauge ([^`]+)`", page.prose):
            yield page.path, call


@pytest.mark.parametrize(("where", "call"), sorted(set(calls())))
def test_every_command_and_option_that_is_named_exists(where: str, call: str) -> None:
    verb, *words = call.split()
    assert verb in {*VERBS, "--help", "--version"}, f"{where}: agentgauge {call}"
    if verb in VERBS:
        known = options(verb)
        used = [word.split("=")[0] for word in words if word.startswith("--")]
        assert [word for word in used if word not in known] == [], where


def options(verb: str) -> Sequence[str]:
    command = main.get_command(click.Context(main), verb)
    assert command is not None
    return ["--help", *(name for p in command.params for name in p.opts)]
