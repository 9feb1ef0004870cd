"""Plays all cases on one real Alertmanager, at once, and notes what it did with each alert."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import yaml

from agentgauge.processes import PAUSE, Process, end
from agentgauge.proof.oncall.worlds import BARRIER, CASE, PLAYED, derived
from agentgauge.servers import HOST, Server, alertmanager_command, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from agentgauge.proof.oncall.cases import Case

_PATIENCE = 30.0
_NOT_SENT = "Notifications not sent, route is "
_TRIES = 3
# Alerts of one case may have the same labels otherwise.
_PLACE = "agentgauge_place"


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one alert.

    `routes` are the paths of those that took it, `muted` those of them that did not send. `by` are
    the places, among the case's alerts, of those that inhibit it.
    """

    routes: tuple[str, ...]
    muted: tuple[str, ...]
    by: tuple[int, ...]


def play(
    config: Mapping[str, Any], cases: Sequence[Case], program: str, folder: Path
) -> dict[int, tuple[Seen, ...]]:
    """Play the cases; give what became of each one's alerts, by the case's number.

    Raises:
        RuntimeError: Alertmanager does not start, or gives no answer.
    """
    for attempt in range(_TRIES):
        now = datetime.now(UTC)
        outcomes = _play(config, cases, program, folder / str(attempt), now)
        # What is played is true for one minute; the next is the next minute of that time, too.
        if datetime.now(UTC).replace(second=0, microsecond=0) <= now:
            break
    return outcomes


def _play(
    config: Mapping[str, Any], cases: Sequence[Case], program: str, folder: Path, now: datetime
) -> dict[int, tuple[Seen, ...]]:
    from agentgauge.demo.pager import Receiver  # noqa: PLC0415 (an HTTP server, for this alone)

    folder.mkdir()
    times = {at: f"t{n}" for n, at in enumerate(sorted({case.at for case in cases if case.at}))}
    heard: list[tuple[str, str]] = []
    with Receiver(lambda _path, _headers, body: heard.extend(_told(body))) as recorder:
        path = folder / "alertmanager.yml"
        path.write_text(yaml.safe_dump(derived(config, times, recorder.url, now)), encoding="utf-8")
        port = free_port()
        command = alertmanager_command(program, config=path, data=folder / "data", port=port)
        log = folder / "alertmanager.log"
        process = Process("alertmanager", (*command, "--log.level=debug"), log)
        try:
            server = Server(process, port)
            if not server.await_ready():
                raise RuntimeError(f"Alertmanager does not start:\n{process.tail()}")
            found = _post_all(server, cases, times)
            _await_sent(found, heard, log)
        finally:
            end([process])
    return {case.number: _seen(case, found, set(heard)) for case in cases}


def _post_all(
    server: Server, cases: Sequence[Case], times: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Send every case's alerts, wait until all have arrived, and give what it made of them."""
    alerts = [
        {"labels": {**alert.labels, CASE: str(case.number), _PLACE: str(place),
                    PLAYED: times.get(case.at, "")}}
        for case in cases
        for place, alert in enumerate(case.firing)
        if not alert.resolved
    ]  # fmt: skip
    _ask(server, "POST", [*alerts, {"labels": {BARRIER: "target"}}])
    _ask(server, "POST", [{"labels": {BARRIER: "source"}}])
    deadline = time.monotonic() + _PATIENCE
    while True:
        found = {_key(alert): alert for alert in _ask(server, "GET")}
        barrier = next(a for a in found.values() if a["labels"].get(BARRIER) == "target")
        if barrier["status"]["inhibitedBy"]:
            return found
        if time.monotonic() > deadline:
            raise RuntimeError("Alertmanager did not take in the alerts of the cases")
        time.sleep(PAUSE)


def _key(alert: Mapping[str, Any]) -> str:
    labels = alert["labels"]
    return f"{labels.get(CASE, '')}/{labels.get(_PLACE, '')}/{labels.get(BARRIER, '')}"


def _told(body: bytes) -> list[tuple[str, str]]:
    notification = json.loads(body)
    return [(_key(alert), notification["receiver"]) for alert in notification["alerts"]]


def _await_sent(
    found: Mapping[str, dict[str, Any]], heard: list[tuple[str, str]], log: Path
) -> None:
    """Wait until every message of a played time is sent, or the log says that it is not."""
    expected = {
        (key, receiver["name"])
        for key, alert in found.items()
        if PLAYED in alert["labels"] and not alert["status"]["inhibitedBy"]
        for receiver in alert["receivers"]
    }
    deadline = time.monotonic() + _PATIENCE
    while len(expected.intersection(heard)) + _not_sent(log) < len(expected):
        if time.monotonic() > deadline:
            raise RuntimeError("Alertmanager neither sent nor muted every alert of the cases")
        time.sleep(PAUSE)


def _not_sent(log: Path) -> int:
    return log.read_text(encoding="utf-8", errors="replace").count(_NOT_SENT)


def _seen(
    case: Case, found: Mapping[str, dict[str, Any]], heard: set[tuple[str, str]]
) -> tuple[Seen, ...]:
    alerts = [found.get(f"{case.number}/{place}/") for place in range(len(case.firing))]
    places = {alert["fingerprint"]: place for place, alert in enumerate(alerts) if alert}
    return tuple(_one(f"{case.number}/{place}/", alert, places, heard, played=bool(case.at))
                 for place, alert in enumerate(alerts))  # fmt: skip


def _one(
    key: str,
    alert: dict[str, Any] | None,
    places: Mapping[str, int],
    heard: set[tuple[str, str]],
    *,
    played: bool,
) -> Seen:
    if alert is None:
        return Seen((), (), ())
    names = [receiver["name"] for receiver in alert["receivers"]]
    by = tuple(places[f] for f in alert["status"]["inhibitedBy"] if f in places)
    muted = [name for name in names if played and not by and (key, name) not in heard]
    return Seen(tuple(map(_path, names)), tuple(map(_path, muted)), by)


def _path(receiver: str) -> str:
    return receiver.partition("/")[2]


def _ask(server: Server, method: str, body: object = None) -> list[dict[str, Any]]:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=_PATIENCE)
    try:
        headers = {"Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        connection.request(method, "/api/v2/alerts", text, headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"Alertmanager refuses the alerts of the cases: {said.decode()}")
        return json.loads(said) if method == "GET" else []
    except (OSError, http.client.HTTPException) as error:
        raise RuntimeError(f"Alertmanager does not answer: {error}") from error
    finally:
        connection.close()
