"""A proof for people to read, and for CI to count."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import click

from agentgauge.proof.mutants import MISTAKES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agentgauge.proof.rule_files import RuleFiles
    from agentgauge.proof.whole import Proof


def told(proof: Proof, rules: RuleFiles) -> Iterator[str]:
    """Tell what fires, what stays silent, what does not hold and how much is covered."""
    for name in dict.fromkeys(rule.name for rule in rules.alerts):
        yield click.style(name, bold=True)
        yield from (f"  {title}" for tests in rules.tests for title in tests.names(name))
    yield ""
    for step in proof.steps:
        verdict = (
            click.style("ok    ", fg="green") if step.holds else click.style("FAILED", fg="red")
        )
        yield f"{step.name:9} {verdict} {step.said}"
    yield from _failures(proof)
    yield ""
    yield "Covered: what a case proves, and would notice if it were wrong."
    for one in proof.coverage:
        yield f"  {one}" if one.full else click.style(f"  {one}", fg="red")
    yield from _excused(proof)


def _failures(proof: Proof) -> Iterator[str]:
    for failure in proof.failures:
        yield ""
        yield click.style(f"{failure.of}:", fg="red", bold=True)
        yield from (f"  {line}" for line in failure.said.splitlines())


def _excused(proof: Proof) -> Iterator[str]:
    """Name the mistakes that could not be tried, by their reason."""
    reasons: dict[tuple[str, str], dict[str, None]] = {}
    for one in proof.excused:
        reasons.setdefault((one.mistake, one.why), {})[one.of.name] = None
    for (mistake, why), names in reasons.items():
        yield f"  not tried: {MISTAKES[mistake]}, since {why}: {', '.join(names)}"


def write_junit(proof: Proof, file: Path) -> None:
    """Write the result as JUnit's XML, which CI servers show.

    Raises:
        OSError: the file can't be written.
    """
    suite = ET.Element("testsuite", name="agentgauge test")
    held = [step for step in proof.steps if step.holds]
    for step in held:
        ET.SubElement(suite, "testcase", classname="agentgauge", name=step.name)
    for failure in proof.failures:
        case = ET.SubElement(suite, "testcase", classname="agentgauge", name=failure.of)
        first = failure.said.splitlines()[0] if failure.said else ""
        ET.SubElement(case, "failure", message=first).text = failure.said
    suite.set("tests", str(len(held) + len(proof.failures)))
    suite.set("failures", str(len(proof.failures)))
    file.write_bytes(ET.tostring(suite, encoding="utf-8", xml_declaration=True))
