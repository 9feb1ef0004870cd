"""A fleet under watch, faster than life: its agents, exporter, Prometheus, Alertmanager, pager."""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

import yaml

from agentgauge.demo.pager import Receiver
from agentgauge.demo.simulator import Incidents, simulate
from generator.build import build
from generator.output import write
from spec.load import load_spec
from tests.chaos.quicken import quicken
from tests.servers import (
    alertmanager,
    ask,
    eventually,
    exporter,
    prometheus,
    write_targets,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentgauge.servers import Server
    from tests.chaos.ways import Way

ROOT = Path(__file__).parents[2]
NEVER = Incidents(anchor=1e12, every=1e15)
ALERTS = "alerts"
NOBODY = "nobody"
"""Where the watchdog goes, which fires always."""

DEAR = 20
"""How much more the simulated fleet may spend than the shipped budgets allow."""

TOGETHER = 1.0
"""Seconds within which a message reaches all channels of a receiver."""
TICK = 0.05
"""Seconds between two writes of what has come due."""


@dataclass(frozen=True, slots=True)
class Message:
    """What reached a receiver: when, in the fleet's seconds since it broke, and which alerts.

    `incident` is Alertmanager's group: PagerDuty makes one incident of all messages of a group.
    """

    at: float
    receiver: str
    resolved: bool
    alerts: frozenset[str]
    incident: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """What came before a fleet broke, and what came of it."""

    before: tuple[Message, ...]
    after: tuple[Message, ...]

    @property
    def pages(self) -> tuple[Message, ...]:
        """What the pager got that was not the end of something."""
        return tuple(m for m in self.after if m.receiver == "pager" and not m.resolved)

    @property
    def warnings(self) -> frozenset[str]:
        """The alerts that the team was told of besides."""
        told = (m.alerts for m in self.after if m.receiver != "pager" and not m.resolved)
        return frozenset().union(*told)


class Inbox:
    """Everything that Alertmanager sends: to PagerDuty, to Slack, and beside them as it is."""

    def __init__(self) -> None:
        self._arrived: list[tuple[float, str, bytes]] = []
        self._receiver = Receiver(self._take)

    @property
    def url(self) -> str:
        """Where it takes messages."""
        return self._receiver.url

    def _take(self, path: str, _: object, body: bytes) -> None:
        self._arrived.append((time.monotonic(), path, body))

    def __enter__(self) -> Self:
        self._receiver.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._receiver.__exit__(None, None, None)

    def since(self, moment: float, speed: int) -> tuple[Message, ...]:
        """Give the messages that arrived after a moment of the wall's clock."""
        return tuple(
            _message((at - moment) * speed, path, body, self._text_at(at, path))
            for at, path, body in self._arrived
            if at >= moment and path.endswith(ALERTS) and not path.startswith(f"/{NOBODY}/")
        )

    def _text_at(self, at: float, path: str) -> str:
        """Give what the receiver's own channel showed at about that time."""
        who = path.split("/")[1]
        texts = (
            body.decode()
            for arrived, other, body in self._arrived
            if other.split("/")[1] == who and other != path and abs(arrived - at) < TOGETHER
        )
        return "\n".join(texts)


def _message(at: float, path: str, body: bytes, text: str) -> Message:
    told = json.loads(body)
    now = frozenset(
        one["labels"]["alertname"] for one in told["alerts"] if one["status"] == told["status"]
    )
    resolved = told["status"] == "resolved"
    return Message(at, path.split("/")[1], resolved, now, told["groupKey"], text)


class Clock:
    """The fleet's time: it begins at `start`, and goes `speed` times as fast as the wall's."""

    def __init__(self, speed: int) -> None:
        self.speed = speed
        self.start = datetime.now(UTC)
        self._began = time.monotonic()

    def seconds(self) -> float:
        """Give the fleet's seconds since the start."""
        return (time.monotonic() - self._began) * self.speed


class Agents:
    """Plays a healthy fleet's lines as they come due, and those of a way once it breaks."""

    def __init__(self, folder: Path, clock: Clock, seed: int) -> None:
        self._folder, self._clock = folder, clock
        self._healthy = simulate(seed, clock.start, NEVER)
        self._broken: Iterator[tuple[float, str, dict[str, object]]] = iter(())
        self._next: Any = next(self._healthy)
        self._files: dict[str, TextIO] = {}
        self._pending: tuple[float, str, dict[str, object]] | None = None
        self._broke = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._play)

    def breaks(self, way: Way) -> None:
        """Begin to break."""
        self._broke = self._clock.seconds()
        if way.lines:
            self._broken = way.lines()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for file in self._files.values():
            file.close()

    def _play(self) -> None:
        while not self._stop.wait(TICK):
            now = self._clock.seconds()
            until = self._clock.start + timedelta(seconds=now)
            while self._next.due <= until:
                self._write(self._next.stream, self._next.text)
                self._next = next(self._healthy)
            self._play_broken(now)
            for file in self._files.values():
                file.flush()

    def _play_broken(self, now: float) -> None:
        while True:
            if self._pending is None:
                self._pending = next(self._broken, None)
            if self._pending is None or self._broke + self._pending[0] > now:
                return
            at, stream, fields = self._pending
            due = self._clock.start + timedelta(seconds=self._broke + at)
            stamps = {"timestamp": due.isoformat(), "ts": round(due.timestamp() * 1000)}
            self._write(stream, json.dumps({**stamps, **fields}))
            self._pending = None

    def _write(self, stream: str, text: str) -> None:
        if stream not in self._files:
            path = self._folder / stream
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[stream] = path.open("a")
        self._files[stream].write(text + "\n")


def play(way: Way | None, folder: Path, *, speed: int, healthy: float, broken: float) -> Played:
    """Watch a fleet for `healthy` seconds of its own time, break it, and watch on for `broken`.

    The rules and routes are those of the committed spec, with every duration divided by `speed`;
    only the addresses of its receivers are others.
    """
    with ExitStack() as open_:
        inbox = open_.enter_context(Inbox())
        spec = _generated(folder, inbox.url, speed)
        exported = ExitStack()
        open_.callback(exported.close)
        scraped = exported.enter_context(exporter(spec, folder))
        managed = open_.enter_context(alertmanager(folder / "alerts/alertmanager.yml", folder))
        targets = folder / "alerts/targets"
        write_targets(targets, exporter=scraped, alertmanager=managed)
        server = open_.enter_context(prometheus(folder / "alerts/prometheus.yml", folder))
        write_targets(targets, exporter=scraped, alertmanager=managed, prometheus=server)
        clock = Clock(speed)
        began = time.monotonic()
        agents = open_.enter_context(Agents(folder, clock, seed=3))
        _await_alertmanager(server)
        time.sleep(max(0.0, healthy / speed - (time.monotonic() - began)))
        before = inbox.since(began, speed)
        broke = time.monotonic()
        if way and way.kills:
            exported.close()
        elif way:
            agents.breaks(way)
        time.sleep(broken / speed)
        return Played(before, inbox.since(broke, speed))


def _await_alertmanager(server: Server) -> None:
    """Wait until Prometheus knows whom to tell; an alert before that would be late."""
    eventually(
        lambda: ask(server, "alertmanagers")["activeAlertmanagers"],
        "Alertmanager that Prometheus knows",
    )


def _generated(folder: Path, url: str, speed: int) -> Path:
    spec = folder / "agents.yaml"
    pace = f"{15_000 // speed}ms"
    committed = (ROOT / "agents.yaml").read_text().replace("/var/log/", "")
    # The simulated fleet is a dear one: healthy, it spends twenty times what the budgets allow.
    spec.write_text(
        re.sub(r"\blimit: (\d+)", lambda found: f"limit: {DEAR * int(found[1])}", committed)
        + f"\ntiming: {{scrape: {pace}, evaluation: {pace}, born_at_zero: {pace}}}\n"
    )
    write(build(load_spec(spec)), folder)
    # What follows from the scrape interval is quick already.
    quicken(folder / "alerts", speed, kept=pace)
    _answer_here(folder, url)
    return spec


def _answer_here(folder: Path, base: str) -> None:
    """Send every channel's messages to the recorder, and beside them what they are made of."""
    config = folder / "alerts/alertmanager.yml"
    tree = yaml.safe_load(config.read_text())
    for receiver in tree["receivers"]:
        name = receiver["name"]
        for kind, channels in list(receiver.items()):
            if kind == "name":
                continue
            secret = folder / f"{name}.{kind}"
            url = f"{base}/{name}/{kind}"
            for channel in channels:
                secret.write_text(url if "api_url_file" in channel else "key")
                for key in ("routing_key_file", "api_url_file"):
                    if key in channel:
                        channel[key] = str(secret)
                if "routing_key_file" in channel:
                    channel["url"] = url
        plain = {"url": f"{base}/{name}/{ALERTS}", "send_resolved": True}
        receiver["webhook_configs"] = [plain]
    config.write_text(yaml.safe_dump(tree, sort_keys=False))
