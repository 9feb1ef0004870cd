"""`agentgauge check`: tells whether the spec is right, and what is generated from it."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING

import click

from agentgauge.spec_argument import spec_argument
from generator.lint.finding import SPEC, of_problem
from generator.lint.formats import FORMATS
from generator.yaml_text import dump
from spec.load import load_spec
from spec.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from generator.lint.finding import Finding, Rule
    from spec.model import Spec

_EXTRA = "what is generated was not linted: that needs pip install 'agentgauge[generate]'"


@click.command("check")
@spec_argument
@click.option(
    "--resolved",
    is_flag=True,
    help="Print SPEC as it is after presets and catalogue were merged into it, as YAML.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="How findings are printed: for people, as JSON, as SARIF 2.1.0, or as GitHub's "
    "annotations.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 also where there are only warnings.")
@click.option("--timing", is_flag=True, help="Say on standard error where time went.")
def command(spec_path: Path, *, resolved: bool, format_: str, strict: bool, timing: bool) -> None:
    """Check SPEC, and lint what is generated from it.

    Each finding is one line, in the order of the file:

    \b
      agents.yaml:41:10: alerts.SlowTools.for: "5minutes" is not a duration; try 5m

    First the spec itself is checked; where it is right, so are rules, dashboards, routes and
    runbooks, against each other. In brackets stands the rule that was broken. Exceptions stand in
    the file .lint beside SPEC.

    Exits with 0 where there is nothing but warnings, else with 1.
    """  # noqa: D301 (click takes the \b of a docstring that is not raw)
    clock = _Clock()
    spec, found = _load(spec_path)
    clock.passed("load")
    if spec and resolved:
        header = f"{spec_path}, with what presets and catalogue add to it."
        click.echo(dump(spec.resolved, header), nl=False)
        click.echo(_right(spec_path, spec), err=True)
        return
    rules: Sequence[Rule] = (SPEC,)
    if spec:
        try:
            rules, found = _lint(spec, spec_path, clock)
        except ModuleNotFoundError as error:
            click.echo(f"{error}; {_EXTRA}", err=True)
    click.echo(FORMATS[format_](found, rules), nl=False)
    if timing:
        click.echo("\n".join(clock.lines()), err=True)
    errors = sum(one.severity == "error" for one in found)
    warnings = len(found) - errors
    if errors:
        also = f", and {_several(warnings, 'warning')}" if warnings else ""
        click.echo(f"{_several(errors, 'problem')} found{also}", err=True)
    elif spec:
        also = f"; {_several(warnings, 'warning')}" if warnings else ""
        click.echo(f"{_right(spec_path, spec)}{also}", err=True)
    sys.exit(1 if errors or (strict and warnings) else 0)


class _Clock:
    """Measures steps, in milliseconds."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, float]] = []
        self._last = perf_counter()

    def passed(self, step: str) -> None:
        """Note that a step is over."""
        now = perf_counter()
        self._steps.append((step, 1000 * (now - self._last)))
        self._last = now

    def lines(self) -> Iterator[str]:
        """Give a line a step, and their sum."""
        yield from (f"{step:<11} {spent:6.0f} ms" for step, spent in self._steps)
        yield f"{'total':<11} {sum(spent for _, spent in self._steps):6.0f} ms"


def _load(path: Path) -> tuple[Spec | None, Sequence[Finding]]:
    """Load the spec, or give what is wrong with it."""
    try:
        return load_spec(path), ()
    except SpecError as error:
        return None, tuple(map(of_problem, error.problems))


def _lint(spec: Spec, path: Path, clock: _Clock) -> tuple[Sequence[Rule], Sequence[Finding]]:
    """Make what is linted, in memory, and lint it.

    Raises:
        ModuleNotFoundError: what only the generator needs is not installed.
    """
    # A sidecar has neither the parser of PromQL nor grafanalib.
    from generator.lint.exceptions import read_exceptions  # noqa: PLC0415
    from generator.lint.run import EXCEPTABLE, RULES, lint  # noqa: PLC0415
    from generator.lint.whole import gather  # noqa: PLC0415
    from generator.resolve import resolve  # noqa: PLC0415
    from generator.targets import dashboards  # noqa: PLC0415

    clock.passed("imports")
    try:
        model = resolve(spec)
        clock.passed("rules")
        boards = dashboards.artefacts(model)
        clock.passed("dashboards")
    except SpecError as error:
        return RULES, tuple(map(of_problem, error.problems))
    whole = gather(spec, model, boards, str(path))
    clock.passed("expressions")
    found = lint(whole, read_exceptions(path.parent, EXCEPTABLE))
    clock.passed("lint")
    return RULES, found


def _right(path: Path, spec: Spec) -> str:
    parts = (
        (len(spec.sources), "source"), (len(spec.alerts), "alert"),
        (len(spec.dashboards), "dashboard"), (len(spec.oncall.receivers), "receiver"),
    )  # fmt: skip
    return f"{path} is right: {', '.join(_several(n, what) for n, what in parts)}"


def _several(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
