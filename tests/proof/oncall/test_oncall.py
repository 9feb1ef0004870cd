"""The proof of on-call: what is right passes, and what amtool does not see is found."""

from __future__ import annotations

import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import yaml

from agentgauge.proof.oncall import Covered, Missing, prove_oncall
from agentgauge.servers import ALERTMANAGER, AMTOOL
from generator.oncall import on_call
from generator.resolve import resolve
from generator.targets import alertmanager, oncall_tests
from spec.load import load_spec
from spec.model import Fired, Interval, Matcher, MuteTime, OnCall, OnCallTest, Receiver, Route, Said
from tests import servers
from tests.generator.oncall.fleets import GROUPING, alert, model

if TYPE_CHECKING:
    from pathlib import Path

    from agentgauge.proof.oncall import Report
    from generator.model import Model

NIGHTS = MuteTime(
    "nights", (Interval((("22:00", "24:00"), ("00:00", "06:00")), location="Asia/Tokyo"),)
)
ONCALL = OnCall(
    receivers=(
        Receiver("pager", (("pagerduty", {"routing_key_file": "/run/secrets/pagerduty"}),)),
        Receiver("team", (("slack", {"channel": "#a", "api_url_file": "/run/secrets/slack"}),)),
    ),
    routes=(
        Route((Matcher("severity", ("critical", "emergency")),), "pager"),
        Route((Matcher("severity", ("warning",)),), "team", mute=("nights",)),
    ),
    default="team",
    grouping=GROUPING,
    mute_times=(NIGHTS,),
    tests=(
        OnCallTest(
            "a page of three is one message",
            (
                Fired("Stuck", {"agent": "a"}, to=("pager",)),
                Fired("Slow", {"agent": "a"}, silenced=True),
                Fired("Slow", {"agent": "b"}, to=("team",)),
            ),
            message=Said("pager", "pagerduty", ("[FIRING:3] critical: Stuck, Slow",)),
        ),
    ),
)  # fmt: skip
ALERTS = (alert("Stuck", "critical"), alert("Slow"), alert("Disk", "critical", "system", by=()))


def written(of: Model, folder: Path) -> Path:
    """Write what on-call needs below `folder`."""
    for artefact in (*alertmanager.artefacts(of), *oncall_tests.artefacts(of)):
        path = folder / artefact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artefact.text, encoding="utf-8")
    return folder / "alerts"


@pytest.fixture
def alerts(tmp_path: Path) -> Path:
    return written(model(ALERTS, ONCALL), tmp_path)


def failed(report: Report) -> list[str]:
    return [result.name for result in report.results if not result.ok]


def plant(alerts: Path, name: str, old: str, new: str) -> None:
    text = (alerts / name).read_text(encoding="utf-8")
    assert old in text
    (alerts / name).write_text(text.replace(old, new), encoding="utf-8")


def test_what_is_generated_holds_and_its_cases_reach_everything(alerts: Path) -> None:
    report = prove_oncall(alerts)
    assert failed(report) == []
    # The three alerts and one that no route takes; the inhibition with each of its labels, there
    # and not there; both ends of the night; five messages of two channels, and the user's own.
    assert Counter(result.sort for result in report.results) == {
        "route": 4, "inhibition": 6, "mute": 4, "message": 11,
    }  # fmt: skip
    assert report.coverage == (
        Covered("routes", 3, 3, ()),
        Covered("receivers", 2, 2, ()),
        Covered("inhibitions", 1, 1, ()),
        Covered("mute times", 1, 1, ()),
        Covered("templates", 11, 11, ()),
    )


MISTAKES = {
    "a typo in equal": (
        "alertmanager.yml", "      - agent\n      - category", "      - agnet\n      - category",
        ["Slow (warning) beside Stuck (critical) is told of another agent",
         "a page of three is one message"],
    ),
    "a template that is not there": (
        "alertmanager.yml", "agentgauge.slack.text", "agentgauge.slack.txt",
        [f"{what} in slack of team" for what in (
            "one alert", "an incident", "an alert without labels", "a flood",
            "an alert that is over",
        )],
    ),
    "a mute time an hour off": (
        "alertmanager.yml", "Asia/Tokyo", "Asia/Shanghai",
        ["Slow is sent to team at 2025-12-31 21:00 UTC",
         "Slow is sent to nobody at 2026-01-01 13:00 UTC"],
    ),
    "a route to somebody else": (
        "alertmanager.yml", "    - receiver: pager", "    - receiver: team",
        ["Stuck (critical) is sent to pager", "Disk (critical) is sent to pager",
         "a page of three is one message"],
    ),
    "a message that does not say what": (
        "templates/slack.tmpl", "{{ with .Annotations.summary }}", "{{ with .Annotations.sumary }}",
        ["one alert in slack of team", "an incident in slack of team",
         "an alert that is over in slack of team"],
    ),
    "a label that is not there, in brackets": (
        "templates/agentgauge.tmpl", "\n{{- with .Annotations.runbook_url }}\nRunbook",
        "\n({{ .Annotations.runbook_url }}){{- with .Annotations.runbook_url }}\nRunbook",
        ["an alert without labels in pagerduty of pager"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_amtool_accepts_is_found(alerts: Path, mistake: str) -> None:
    name, old, new, expected = MISTAKES[mistake]
    plant(alerts, name, old, new)
    command = [servers.find(AMTOOL), "check-config", str(alerts / "alertmanager.yml")]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert failed(prove_oncall(alerts)) == expected


def test_a_case_that_is_gone_leaves_what_it_reached_uncovered(alerts: Path) -> None:
    path = alerts / "oncall-tests.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["tests"] = [
        test
        for test in document["tests"]
        if "message" not in test and "at" not in test and "silenced" not in str(test)
        and not test["name"].startswith("Slow")
    ]  # fmt: skip
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    report = prove_oncall(alerts)
    assert failed(report) == []
    lacking = {covered.what: covered.lacking for covered in report.coverage}
    assert lacking["routes"] == ('severity="warning" to team',)
    assert lacking["inhibitions"] == (
        'severity="critical" agent!="" over severity="warning" agent!=""',
    )
    assert lacking["mute times"] == ('mute nights of severity="warning" to team',)
    assert "agentgauge.slack.text" in lacking["templates"]


def test_what_is_not_installed_is_named(alerts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for program in (ALERTMANAGER, AMTOOL):
        monkeypatch.delenv(program.variable, raising=False)
    with pytest.raises(Missing, match="apt-get install"):
        prove_oncall(alerts)


def test_a_spec_of_all_words_is_proven(tmp_path: Path) -> None:
    (tmp_path / "agents.yaml").write_text("""\
version: 1
fleet: support
sources: [{file: a.jsonl, preset: hardened-agent}]
oncall:
  receivers:
    pager: {opsgenie: {api_key_file: /run/secrets/opsgenie}}
    watchdog: {webhook: {url: "http://dead-man.test/in"}}
    mail: {email: {to: a@example.org, from: b@example.org, smarthost: "mail:25"}}
  mute_times:
    nights: {times: 22:00-06:00, location: America/New_York}
    quiet: [{weekdays: saturday:sunday}, {days: [24:26, -1], months: december:january}]
  routes:
    - {severity: critical, team: infra, to: pager, continue: true}
    - {severity: [critical, emergency], agent: vip, to: pager, active: nights}
    - {labels: {alertname: {not: Watchdog}, env: prod}, to: pager, grouping: {by: [alertname]}}
    - {severity: warning, to: mail, mute: [nights, quiet]}
  default: mail
  tests:
    - name: the night is quiet, but for criticals
      at: 2026-03-02 06:30
      firing:
        - {alert: ModelCallsSlow, labels: {agent: worker-1}, to: []}
        - {alert: CircuitBreakerTripping, labels: {agent: a, team: infra}, to: [pager]}
""")
    of = resolve(load_spec(tmp_path / "agents.yaml"))
    assert of.oncall == on_call(load_spec(tmp_path / "agents.yaml"))
    report = prove_oncall(written(of, tmp_path))
    assert [(r.name, r.detail) for r in report.results if not r.ok] == []
    assert [covered.lacking for covered in report.coverage] == [()] * 5
