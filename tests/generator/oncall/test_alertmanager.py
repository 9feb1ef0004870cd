"""Alertmanager's configuration, and what a real Alertmanager makes of it."""

from __future__ import annotations

import email
import email.policy
import http.client
import itertools
import json
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentgauge.servers import AMTOOL, HOST
from generator.model import Inhibition, Model, Outranking
from generator.targets import alertmanager
from spec.model import (
    Grouping,
    Interval,
    Matcher,
    MuteTime,
    OnCall,
    Receiver,
    Route,
    Timing,
)
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentgauge.servers import Server

GOLDEN = Path(__file__).with_name("golden")

ONCALL = OnCall(
    receivers=(
        Receiver("pager", (("pagerduty", {"routing_key_file": "/run/secrets/pagerduty"}),)),
        Receiver(
            "team",
            (
                ("slack", {"channel": "#agents", "api_url_file": "/run/secrets/slack"}),
                ("slack", {"channel": "#noc", "api_url_file": "/run/secrets/slack"}),
                ("webhook", {"url": "http://localhost/in", "token_file": "/run/secrets/token"}),
            ),
        ),
        Receiver(
            "finance",
            (
                (
                    "email",
                    {
                        "to": "money@example.org",
                        "from": "agents@example.org",
                        "smarthost": "mail.example.org:587",
                        "username": "agents",
                        "password_file": "/run/secrets/mail",
                    },
                ),
            ),
        ),
        Receiver("nobody", ()),
    ),
    routes=(
        Route((Matcher("alertname", ("DailyCostBurn",)),), "finance", carry_on=True),
        Route((Matcher("severity", ("critical", "emergency")),), "pager"),
        Route(
            (
                Matcher("severity", ("warning",)),
                Matcher("team", ('a.b\\"c',), negated=True),
            ),
            "team",
            digest="daily",
        ),
        Route((Matcher("severity", ("info",)),), "team", digest="hourly"),
        Route(
            (Matcher("category", ("quality",)),),
            "team",
            mute=("nights", "holidays"),
            active=("2026",),
            grouping=Grouping(("alertname",), Fraction(0), Fraction(60), Fraction(300)),
        ),
    ),
    default="nobody",
    grouping=Grouping(("alertname", "fleet"), Fraction(30), Fraction(300), Fraction(14400)),
    mute_times=(
        MuteTime(
            "nights",
            (
                Interval(
                    (("22:00", "24:00"), ("00:00", "06:00")), ("monday:friday",), (), (), (), "UTC"
                ),
            ),
        ),
        MuteTime(
            "holidays", (Interval(days=("24:26",), months=("december",)), Interval(days=("-1",)))
        ),
        MuteTime("2026", (Interval(years=("2026", "2028:2030")),)),
    ),
)

MODEL = Model(
    fleet="support",
    spec_file="agents.yaml",
    alerts=(),
    outrankings=(Outranking("critical", ("warning", "info"), ("fleet", "agent"), ("agent",)),),
    inhibitions=(
        Inhibition("ExporterDown", "ModelCallsSlow", ()),
        Inhibition("DailyCostBurn", "DailyCostBurn", ("fleet", "agent"), "fast", "slow"),
    ),
    dashboards=(),
    oncall=ONCALL,
    timing=Timing(Fraction(15), Fraction(15), Fraction(15)),
    selector={},
    links={},
    families={},
)


def written(model: Model, folder: Path) -> Path:
    """Write the artefacts below `folder`, and give the place of the configuration."""
    for artefact in alertmanager.artefacts(model):
        path = folder / artefact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artefact.text, encoding="utf-8")
    return folder / "alerts/alertmanager.yml"


def amtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run amtool, which comes with Alertmanager."""
    command = [servers.find(AMTOOL), *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def post(server: Server, *alerts: object) -> None:
    """Send alerts to Alertmanager, as Prometheus does."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=10)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/api/v2/alerts", json.dumps(alerts), headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()


# ---- the configuration --------------------------------------------------------------------------


def test_the_configuration_is_the_golden_one(tmp_path: Path) -> None:
    assert written(MODEL, tmp_path).read_text() == (GOLDEN / "alertmanager.yml").read_text()


def test_amtool_accepts_the_configuration_and_its_template(tmp_path: Path) -> None:
    checked = amtool("check-config", written(MODEL, tmp_path))
    assert checked.returncode == 0, checked.stderr
    assert "3 inhibit rules" in checked.stdout
    assert "4 receivers" in checked.stdout
    assert "1 templates" in checked.stdout


EVERY_CHANNEL = Receiver(
    "everybody",
    (
        ("opsgenie", {"api_key_file": "/s/opsgenie", "api_url": "https://api.eu.opsgenie.com"}),
        ("msteams", {"webhook_url_file": "/s/teams"}),
        ("discord", {"webhook_url_file": "/s/discord"}),
        ("telegram", {"bot_token_file": "/s/telegram", "chat": -100123, "thread": 7}),
        ("pushover", {"user_key_file": "/s/user", "token_file": "/s/pushover"}),
        ("webhook", {"url_file": "/s/hook"}),
    ),
)


def test_channels_of_later_versions_are_the_golden_ones(tmp_path: Path) -> None:
    oncall = OnCall((EVERY_CHANNEL,), (), "everybody", ONCALL.grouping)
    text = written(replace(MODEL, oncall=oncall, outrankings=()), tmp_path).read_text()
    receivers = text[text.index("receivers:") :]
    assert receivers == (GOLDEN / "channels.yml").read_text()


def test_amtool_accepts_a_fleet_without_on_call(tmp_path: Path) -> None:
    silent = OnCall((Receiver("nobody", ()),), (), "nobody", ONCALL.grouping)
    checked = amtool("check-config", written(replace(MODEL, oncall=silent), tmp_path))
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ({"severity": "critical"}, "pager"),
        ({"severity": "emergency"}, "pager"),
        ({"severity": "warning"}, "team"),
        ({"severity": "info"}, "team"),
        ({"severity": "other"}, "nobody"),
        ({"severity": "warning", "team": 'a.b\\"c'}, "nobody"),
        ({"severity": "warning", "team": 'axb\\"c'}, "team"),
        ({"severity": "critical", "alertname": "DailyCostBurn"}, "finance,pager"),
    ],
)
def test_an_alert_goes_to_whom_its_labels_say(
    tmp_path: Path, labels: dict[str, str], told: str
) -> None:
    spelled = [f"{name}={json.dumps(value)}" for name, value in labels.items()]
    config = f"--config.file={written(MODEL, tmp_path)}"
    routed = amtool("config", "routes", "test", config, *spelled)
    assert routed.stdout.split() == [told], routed.stderr


def test_an_inhibited_alert_is_not_sent(tmp_path: Path) -> None:
    def alert(agent: str, tier: str) -> dict[str, object]:
        return {
            **BARE,
            "labels": {"alertname": "DailyCostBurn", "fleet": "f", "agent": agent, "tier": tier},
        }

    with servers.alertmanager(written(MODEL, tmp_path), tmp_path) as server:
        post(server, alert("a", "fast"), alert("a", "slow"), alert("b", "slow"))

        def states() -> dict[tuple[str, str], str]:
            alerts = json.loads(servers.get(f"{server.url}/api/v2/alerts"))
            return {
                (a["labels"]["agent"], a["labels"]["tier"]): a["status"]["state"] for a in alerts
            }

        servers.eventually(lambda: states().get(("a", "slow")) == "suppressed", "inhibition", 10)
        # The others are active once their groups have been looked at, 30 s later at the latest.
        assert states()["a", "fast"] != "suppressed"
        assert states()["b", "slow"] != "suppressed"


def test_a_digest_repeats_what_still_fires_in_each_of_its_messages() -> None:
    for every in alertmanager.DIGESTS.values():
        assert Fraction(300) < every - every / 12 < every


# ---- the messages of an incident, as amtool renders them ---------------------------------------


INCIDENT = {
    "receiver": "team",
    "status": "firing",
    "alerts": [
        {
            "status": status,
            "labels": {"alertname": name, **labels, "fleet": "support", "agent": "worker_1"},
            "annotations": annotations,
            "startsAt": "2026-01-02T03:04:05Z",
            "endsAt": "2026-01-02T03:34:05Z",
        }
        for status, name, labels, annotations in (
            ("firing", "ModelCallsSlow", {"severity": "warning"}, {}),
            ("firing", "Unranked", {"model": "[m]*"}, {}),
            (
                "firing",
                "CircuitBreakerTripping",
                {"severity": "critical", "category": "agent", "breaker": "search"},
                {
                    "summary": "A circuit breaker keeps tripping.",
                    "description": "Breaker <search> of worker_1 tripped 7 times.",
                    "runbook_url": "https://example.org/CircuitBreakerTripping.md",
                    "dashboard_url": "https://example.org/d/fleet?from=now-1h&to=now",
                },
            ),
            (
                "firing",
                "AgentPanic",
                {"severity": "emergency"},
                {"summary": "An agent panics.", "runbook_url": "https://example.org/AgentPanic.md"},
            ),
            ("resolved", "TasksSlow", {"severity": "warning"}, {"summary": "Tasks are slow."}),
        )
    ],
    "groupLabels": {"fleet": "support", "agent": "worker_1"},
    "commonLabels": {"fleet": "support", "agent": "worker_1"},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager",
}


@pytest.mark.parametrize("channel", ["text", "slack", "markdown", "short"])
def test_an_incident_reads_as_one_message_with_the_worst_first(
    tmp_path: Path, channel: str
) -> None:
    data = tmp_path / "data.json"
    data.write_text(json.dumps(INCIDENT))
    names = {
        "text": ("title", "text", "pagerduty.severity", "runbook", "dashboard"),
        "slack": ("slack.title", "slack.text", "slack.colour"),
        "markdown": ("title", "markdown.text"),
        "short": ("title", "short", "opsgenie.priority", "pushover.priority"),
    }
    texts = (f'{{{{ template "agentgauge.{name}" . }}}}' for name in names[channel])
    rendered = amtool(
        "template",
        "render",
        f"--template.glob={alertmanager.TEMPLATES}/*.tmpl",
        f"--template.data={data}",
        "--template.text=" + "\n----\n".join(texts),
    )
    assert rendered.stdout + rendered.stderr == golden(f"incident.{channel}.txt")


# ---- the messages -------------------------------------------------------------------------------

ALERT = {
    "startsAt": "2026-01-02T03:04:05.678Z",
    "endsAt": "2036-01-01T00:00:00Z",
    "generatorURL": "http://prometheus.example.org/graph",
    "labels": {
        "alertname": "CircuitBreakerTripping",
        "severity": "critical",
        "category": "system",
        "fleet": "support",
        "agent": 'plan <!here> & "do" 1+1',
        "breaker": "search",
    },
    "annotations": {
        "summary": "A circuit breaker keeps tripping.",
        "description": "Breaker search of plan <!here> & do tripped 7 times within 1h.",
        "runbook_url": "https://example.org/runbooks/CircuitBreakerTripping.md",
        "dashboard_url": "https://example.org/d/fleet?from=now-1h&to=now",
    },
}

BARE_LABELS = {"alertname": "CircuitBreakerTripping", "severity": "critical", "fleet": "support"}

BARE = {
    "startsAt": "2026-01-02T03:05:00Z",
    "endsAt": "2036-01-01T00:00:00Z",
    "labels": BARE_LABELS,
}


class Messages:
    """What one Alertmanager sent to Slack, PagerDuty, a webhook and by e-mail, in order."""

    def __init__(self, recorder: servers.Recorder, mails: list[bytes], server: Server) -> None:
        self.recorder = recorder
        self.mails = mails
        self.server = server

    def named(self, text: str) -> str:
        """Replace this run's addresses, so that texts can be compared."""
        return text.replace(self.server.url, "http://alertmanager")

    def json(self, path: str, number: int) -> Any:  # noqa: ANN401 - JSON may be anything
        """Wait for so many requests to `path`, and give the last one's body."""
        got = servers.eventually(
            lambda: self.recorder.at(path)[number - 1 :], f"request {number} to {path}"
        )
        return json.loads(self.named(got[0].body.decode()))

    def mail(self, number: int) -> str:
        """Wait for so many mails, and give the last one's subject and its parts."""
        got = servers.eventually(lambda: self.mails[number - 1 :], f"mail {number}")
        message = email.message_from_bytes(got[0], policy=email.policy.default)
        parts = [
            f"---- {part.get_content_type()}\n{part.get_content()}"
            for part in message.walk()
            if not part.is_multipart()
        ]
        return self.named("\n".join([f"Subject: {message['Subject']}", *parts])).replace(
            "\r\n", "\n"
        )


@pytest.fixture
def messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Messages]:
    # Times are in UTC wherever Alertmanager runs.
    monkeypatch.setenv("TZ", "America/New_York")
    with servers.webhook_recorder() as recorder, servers.mail_recorder() as (port, mails):
        secret = tmp_path / "slack"
        secret.write_text(f"{recorder.url}/slack")
        key = tmp_path / "pagerduty"
        key.write_text("0123456789abcdef")
        token = tmp_path / "token"
        token.write_text("let-me-in")
        everybody = Receiver(
            "everybody",
            (
                ("slack", {"channel": "#agents", "api_url_file": str(secret)}),
                ("pagerduty", {"routing_key_file": str(key)}),
                ("webhook", {"url": f"{recorder.url}/webhook", "token_file": str(token)}),
                (
                    "email",
                    {
                        "to": "you@example.org",
                        "from": "agents@example.org",
                        "smarthost": f"{HOST}:{port}",
                        "require_tls": False,
                    },
                ),
            ),
        )
        oncall = OnCall(
            (everybody,),
            (),
            "everybody",
            # Some seconds' wait: alerts that are posted together go into one message.
            Grouping(("alertname",), Fraction(4), Fraction(1), Fraction(3600)),
        )
        config = written(replace(MODEL, oncall=oncall, inhibitions=()), tmp_path)
        here = f"global:\n  pagerduty_url: {recorder.url}/pagerduty\n"
        config.write_text(here + config.read_text(encoding="utf-8"), encoding="utf-8")
        with servers.alertmanager(config, tmp_path) as server:
            yield Messages(recorder, mails, server)


def golden(name: str) -> str:
    return (GOLDEN / name).read_text(encoding="utf-8")


def test_a_page_says_what_where_since_when_and_where_to_go_next(messages: Messages) -> None:
    post(messages.server, ALERT)
    slack = messages.json("/slack", 1)
    assert slack["channel"] == "#agents"
    (attachment,) = slack["attachments"]
    assert attachment["color"] == "danger"
    assert f"{attachment['title']}\n{attachment['text']}\n" == golden("firing.slack.txt")

    pagerduty = messages.json("/pagerduty", 1)
    assert pagerduty["routing_key"] == "0123456789abcdef"
    assert pagerduty["event_action"] == "trigger"
    # Later versions make numbers of texts that are such, and null of one that is empty.
    details = pagerduty["payload"]["custom_details"]
    pagerduty["payload"]["custom_details"] = {
        key: "" if text is None else str(text) for key, text in details.items()
    }
    assert json.dumps(
        {"payload": pagerduty["payload"], "links": pagerduty["links"]}, indent=2
    ) + "\n" == golden("firing.pagerduty.json")

    assert messages.mail(1) == golden("firing.mail.txt")

    webhook = messages.json("/webhook", 1)
    assert [alert["labels"] for alert in webhook["alerts"]] == [ALERT["labels"]]
    sent = messages.recorder.at("/webhook")[0]
    assert sent.headers["Authorization"] == "Bearer let-me-in"


def test_a_message_tells_what_is_over_and_what_still_fires(messages: Messages) -> None:
    post(messages.server, ALERT, BARE)
    messages.json("/webhook", 1)
    messages.mail(1)
    messages.json("/slack", 1)
    messages.json("/pagerduty", 1)
    post(messages.server, {**ALERT, "endsAt": "2026-01-02T03:34:05Z"}, BARE)

    (attachment,) = messages.json("/slack", 2)["attachments"]
    assert f"{attachment['title']}\n{attachment['text']}\n" == golden("mixed.slack.txt")
    assert messages.mail(2) == golden("mixed.mail.txt")
    details = messages.json("/pagerduty", 2)["payload"]["custom_details"]
    assert f"{details['firing']}\n\n{details['resolved']}\n" == golden("mixed.txt")


def test_a_resolved_page_is_closed_everywhere(messages: Messages) -> None:
    post(messages.server, BARE)
    messages.mail(1)
    for path in ("/slack", "/pagerduty", "/webhook"):
        messages.json(path, 1)
    post(messages.server, {**BARE, "endsAt": "2026-01-02T03:34:05Z"})
    (attachment,) = messages.json("/slack", 2)["attachments"]
    assert attachment["color"] == "good"
    assert attachment["title"] == "[RESOLVED] critical: CircuitBreakerTripping (fleet=support)"
    assert messages.json("/pagerduty", 2)["event_action"] == "resolve"
    assert messages.json("/webhook", 2)["status"] == "resolved"
    subject = "Subject: [RESOLVED] critical: CircuitBreakerTripping (fleet=support)\n"
    assert messages.mail(2).startswith(subject)


def test_of_many_alerts_ten_are_written_out_and_all_are_counted(messages: Messages) -> None:
    post(
        messages.server,
        *({**BARE, "labels": {**BARE_LABELS, "agent": f"a{i:02}"}} for i in range(12)),
    )
    # Alerts that began long ago go out at once, maybe while the last of them are still taken in.
    (attachment,) = next(
        message["attachments"]
        for message in (messages.json("/slack", number) for number in itertools.count(1))
        if "12]" in message["attachments"][0]["title"]
    )
    assert attachment["title"] == "[FIRING:12] critical: CircuitBreakerTripping (fleet=support)"
    assert attachment["text"].count("Where:") == 10
    assert attachment["text"].endswith("\n\n10 of 12 firing alerts are shown.")
