"""Renders the messages of the cases with amtool, from the configuration and templates on disk."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from agentgauge.proof.oncall.cases import Alert, Case

CONFIGS = {"msteams": "msteamsv2_configs"}
_STARTED, _ENDED, _NEVER = "2026-01-02T03:04:05Z", "2026-01-02T03:34:05Z", "0001-01-01T00:00:00Z"
_SEPARATOR = "\x1e"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message: its texts by their place in the configuration, and the error if there was one.

    `used` are the texts as the configuration has them.
    """

    texts: Mapping[str, str]
    used: tuple[str, ...]
    error: str = ""


def render(
    config: Mapping[str, Any], cases: Sequence[Case], folder: Path, amtool: str, scratch: Path
) -> dict[int, Rendered]:
    """Render the message of each case that has one, by the case's number."""
    asking = [case for case in cases if case.message]

    def one(case: Case) -> Rendered:
        data = scratch / f"message-{case.number}.json"
        data.write_text(json.dumps(_data(case)), encoding="utf-8")
        return _render(texts_of(config, case), data, folder, amtool)

    with ThreadPoolExecutor() as pool:
        return dict(zip((case.number for case in asking), pool.map(one, asking), strict=True))


def texts_of(config: Mapping[str, Any], case: Case) -> dict[str, str]:
    """Give the templated texts of the channels that a case's message goes over."""
    message = case.message
    if message is None:
        return {}
    key = CONFIGS.get(message.channel, f"{message.channel}_configs")
    return {
        f"{number}.{place}" if number else place: text
        for receiver in config.get("receivers") or ()
        if receiver["name"] == message.receiver
        for number, channel in enumerate(receiver.get(key) or ())
        for place, text in templated(channel, "")
    }


def templated(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Give all templated texts in a value, with their places."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from templated(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from templated(inner, f"{place}.{number}")
    elif isinstance(value, str) and "{{" in value:
        yield place, value


def _render(texts: Mapping[str, str], data: Path, folder: Path, amtool: str) -> Rendered:
    """Render all texts of a message: one call for those that are plain, one for those in HTML."""
    rendered: dict[str, str] = {}
    for kind, mine in (("text", _plain(texts)), ("html", texts.keys() - _plain(texts))):
        places = [place for place in texts if place in mine]
        if not places:
            continue
        done = subprocess.run(
            [
                amtool, "template", "render", f"--template.glob={folder}/templates/*.tmpl",
                f"--template.type={kind}", f"--template.data={data}",
                f"--template.text={_SEPARATOR.join(texts[place] for place in places)}",
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            return Rendered({}, tuple(texts.values()), done.stderr.strip())
        rendered |= zip(places, done.stdout.split(_SEPARATOR), strict=True)
    return Rendered(rendered, tuple(texts.values()))


def _plain(texts: Mapping[str, str]) -> set[str]:
    """Only the body of an e-mail is HTML to Alertmanager."""
    return {place for place in texts if place.rpartition(".")[2] != "html"}


def _data(case: Case) -> dict[str, object]:
    """Write a notification as Alertmanager gives it to its templates."""
    firing = any(not alert.resolved for alert in case.firing)
    return {
        "receiver": case.message.receiver if case.message else "",
        "status": "firing" if firing else "resolved",
        "alerts": [_alert(alert) for alert in case.firing],
        "groupLabels": {},
        "commonLabels": _common(alert.labels for alert in case.firing),
        "commonAnnotations": _common(alert.annotations for alert in case.firing),
        "externalURL": "http://alertmanager",
    }


def _alert(alert: Alert) -> dict[str, object]:
    return {
        "status": "resolved" if alert.resolved else "firing",
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startsAt": _STARTED,
        "endsAt": _ENDED if alert.resolved else _NEVER,
    }


def _common(sets: Iterable[Mapping[str, str]]) -> dict[str, str]:
    pairs = reduce(set.intersection, (set(one.items()) for one in sets))
    return dict(sorted(pairs))
