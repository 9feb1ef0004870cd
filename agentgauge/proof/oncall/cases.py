"""The cases, as `oncall-tests.yaml` holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentgauge.proof.oncall.report import Sort

CASES = "oncall-tests.yaml"


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that fires, or fired; where `to` or `silenced` is None, nothing is expected."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    to: frozenset[str] | None
    silenced: bool | None
    resolved: bool


@dataclass(frozen=True, slots=True)
class Message:
    """What must stand in the message that a receiver gets over a channel."""

    receiver: str
    channel: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Alerts that fire together; `at` is `YYYY-MM-DD HH:MM` in UTC, or "" for any time."""

    number: int
    name: str
    at: str
    firing: tuple[Alert, ...]
    message: Message | None

    @property
    def sort(self) -> Sort:
        """What the case is about."""
        if self.message:
            return "message"
        if self.at:
            return "mute"
        return "inhibition" if len(self.firing) > 1 else "route"


def read_cases(path: Path) -> tuple[Case, ...]:
    """Read the cases of a file.

    Raises:
        OSError: it can't be read.
    """
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return tuple(_case(number, case) for number, case in enumerate(document.get("tests") or ()))


def _case(number: int, case: dict[str, Any]) -> Case:
    message = case.get("message")
    return Case(
        number=number,
        name=case["name"],
        at=case.get("at", ""),
        firing=tuple(_alert(alert) for alert in case["firing"]),
        message=Message(message["receiver"], message["channel"], tuple(message["says"]))
        if message
        else None,
    )


def _alert(alert: dict[str, Any]) -> Alert:
    to = alert.get("to")
    return Alert(
        labels={name: str(value) for name, value in alert["labels"].items()},
        annotations=alert.get("annotations", {}),
        to=None if to is None else frozenset(to),
        silenced=alert.get("silenced"),
        resolved=alert.get("resolved", False),
    )
