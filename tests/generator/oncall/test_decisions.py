"""What is decided about on-call before it is spelled: the watchdog's way, who silences whom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generator.model import Inhibition, Outranking
from generator.oncall import on_call, outrankings, without_lifeline
from spec.load import load_spec
from spec.model import Grouping, Matcher, OnCall, Receiver, Route
from tests.generator.oncall.fleets import GROUPING, alert, proven

if TYPE_CHECKING:
    from pathlib import Path

    from spec.model import Spec

TEAM = Receiver("team", (("webhook", {"url": "http://host/x"}),))
WATCHDOG = Receiver("watchdog", (("webhook", {"url": "http://host/dead"}),))
HERE = (Matcher("alertname", ("Watchdog",)),)


def spec(folder: Path, oncall: OnCall) -> Spec:
    path = folder / "agents.yaml"
    path.write_text("version: 1\nfleet: support\n")
    return replace(load_spec(path), oncall=oncall, alerts=(alert("Watchdog", "info", by=()),))


def test_the_watchdog_goes_to_its_own_receiver_again_and_again(tmp_path: Path) -> None:
    oncall = OnCall((TEAM, WATCHDOG), (Route((), "team"),), "team", GROUPING)
    first, second = on_call(spec(tmp_path, oncall)).routes
    assert (first.where, first.to, second) == (HERE, "watchdog", Route((), "team"))
    assert first.grouping == Grouping(("fleet",), 0, 60, 300)  # type: ignore[arg-type] # equal


def test_without_a_receiver_of_its_own_the_watchdog_goes_to_nobody(tmp_path: Path) -> None:
    oncall = OnCall((TEAM,), (), "team", GROUPING)
    decided = on_call(spec(tmp_path, oncall))
    assert decided.routes == (Route(HERE, "nobody"),)
    assert decided.receivers == (TEAM, Receiver("nobody", ()))


def test_a_route_that_names_the_watchdog_stays_as_it_is(tmp_path: Path) -> None:
    oncall = OnCall((TEAM, WATCHDOG), (Route(HERE, "team"),), "team", GROUPING)
    assert on_call(spec(tmp_path, oncall)) == oncall


def test_without_a_watchdog_nothing_is_added(tmp_path: Path) -> None:
    oncall = OnCall((TEAM, WATCHDOG), (), "team", GROUPING)
    assert on_call(replace(spec(tmp_path, oncall), alerts=())) == oncall


def test_the_worse_silences_the_lesser_only_where_both_are_of_an_agent_and_of_one_category() -> (
    None
):
    def ranks(*alerts: tuple[str, str, tuple[str, ...]]) -> tuple[Outranking, ...]:
        return outrankings(
            tuple(
                proven(alert(f"A{n}", severity, category, by))  # type: ignore[arg-type] # texts
                for n, (severity, category, by) in enumerate(alerts)
            )
        )

    of_agent = ("fleet", "agent", "category")
    critical = ("critical", "agent", ("agent",))
    assert ranks(critical, ("warning", "agent", ("agent", "breaker"))) == (
        Outranking("critical", ("warning",), of_agent, ("agent",)),
    )
    assert ranks(critical, ("warning", "quality", ("agent",))) == ()
    assert ranks(critical, ("warning", "agent", ())) == ()
    assert ranks(("critical", "system", ()), ("warning", "system", ("agent",))) == ()
    assert ranks(
        ("emergency", "security", ("agent",)),
        ("critical", "security", ("agent",)),
        ("info", "security", ("agent",)),
    ) == (
        Outranking("emergency", ("critical", "info"), of_agent, ("agent",)),
        Outranking("critical", ("info",), of_agent, ("agent",)),
    )


def test_what_fires_by_absence_is_silent_while_the_exporter_is_down() -> None:
    down = alert("ExporterDown", "critical", "system", ("job",), absent="agentgauge_build_info")
    gone = alert("AgentGone", by=("agent",), absent="agent_tasks_total")
    low = alert("HealthLow")
    assert list(without_lifeline((down, gone, low))) == [
        Inhibition("ExporterDown", "AgentGone", ("fleet",)),
    ]
    told = replace(down, inhibits=("AgentGone",))
    assert list(without_lifeline((told, gone, low))) == []
