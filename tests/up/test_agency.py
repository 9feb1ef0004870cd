"""The demo's agency: in agreement, but in the incidents that are its own too."""

from __future__ import annotations

from itertools import takewhile
from random import Random
from typing import TYPE_CHECKING

from agentgauge.demo.agency import agency, quarrels
from agentgauge.demo.simulator import Incidents

if TYPE_CHECKING:
    from agentgauge.demo.simulator import Moment

HOUR = 3600.0
INCIDENTS = Incidents()


def written(seconds: float = HOUR) -> list[Moment]:
    return list(takewhile(lambda moment: moment[0] < seconds, agency(Random(1), INCIDENTS)))


def of(event: str, *, quarrel: bool) -> list[dict[str, object]]:
    return [
        fields
        for at, fields in written()
        if fields["event"] == event and quarrels(INCIDENTS, at) == quarrel
    ]


def share(events: list[dict[str, object]], field: str, value: object) -> float:
    return sum(event[field] == value for event in events) / len(events)


def test_lines_come_in_the_order_of_time() -> None:
    times = [at for at, _ in written()]
    assert times == sorted(times)


def test_on_a_good_day_agents_agree_and_keep_to_the_rules() -> None:
    attempts = of("coordination", quarrel=False)
    assert len(attempts) > 100
    assert share(attempts, "consensus_achieved", value=True) > 0.95
    assert {event["status"] for event in of("health", quarrel=False)} == {"Healthy"}


def test_in_an_incident_of_its_own_the_agency_quarrels_and_once_breaks_a_rule() -> None:
    attempts = of("coordination", quarrel=True)
    assert share(attempts, "consensus_achieved", value=False) > 0.5
    assert 0 < share(attempts, "constitutional_compliance", value=False) < 0.5
    assert all(event["debate_required"] for event in attempts)
    assert {event["status"] for event in of("health", quarrel=True)} == {"Degraded"}


def test_every_task_and_session_that_starts_ends() -> None:
    moments = written()
    for started, ended, key in (
        ("task_started", "task_completed", "task_id"),
        ("session_started", "session_ended", "session_id"),
    ):
        begun = {fields[key] for _, fields in moments if fields["event"] == started}
        over = {fields.get(key) for _, fields in moments if fields["event"] == ended} - {None}
        assert over <= begun
        assert len(begun - over) <= 1
