"""Prometheus rules: what is recorded, and what alerts on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from generator import conventions
from generator.conventions import MAX_GROUP, group_names
from generator.model import Artefact
from generator.profiles import PROFILES, Profile
from generator.recording import distinct
from generator.yaml_text import dump
from spec.quantities import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

    from generator.model import AlertRule, Model, Recording

Group: TypeAlias = dict[str, Any]

# How a text says a time, where a server knows no form but its own.
_DATE = re.compile(r'\((?P<time>[^()]+) \| toTime\)\.Format "[^"]*" \}\} UTC')


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Write the recording rules and the alerting rules, in groups of their own.

    Rules of one group are evaluated in their order, and recordings stand before their readers.
    """
    fleet = model.fleet
    files = (
        (conventions.recording_file(fleet), recording_groups(model)),
        (conventions.alert_file(fleet), alert_groups(model)),
    )
    return tuple(
        Artefact(
            f"{conventions.RULES}/{file}",
            dump({"groups": groups}, conventions.header(model.spec_file)),
        )
        for file, groups in files
    )


def recording_groups(model: Model) -> list[Group]:
    """Give the groups of recording rules as the server takes them."""
    return _groups("recording", [_recording(r, model) for r in recorded(model)], model)


def alert_groups(model: Model) -> list[Group]:
    """Give the groups of alerting rules as the server takes them."""
    profile = PROFILES[model.outputs.prometheus]
    rules = [_alert(rule, profile) for proven in model.alerts for rule in proven.rules]
    return _groups("alerts", rules, model)


def recorded(model: Model) -> tuple[Recording, ...]:
    """Give all recordings of a fleet, each once."""
    of_scores = (recording for proven in model.records for recording in proven.recordings)
    of_alerts = (recording for proven in model.alerts for recording in proven.recordings)
    return distinct([*of_scores, *of_alerts, *model.recordings])


def groups_in_order(model: Model) -> tuple[str, ...]:
    """Name all groups of a fleet in the order in which they read from each other."""
    alerts = sum(len(proven.rules) for proven in model.alerts)
    return (
        *group_names(model.fleet, "recording", len(recorded(model))),
        *group_names(model.fleet, "alerts", alerts),
    )


def _groups(kind: str, rules: list[dict[str, Any]], model: Model) -> list[Group]:
    shared: Group = {}
    if PROFILES[model.outputs.prometheus].group_labels:
        shared = {"labels": {"fleet": model.fleet}}
        rules = [_without(shared["labels"], rule) for rule in rules]
    return [
        {
            "name": name,
            "interval": format_duration(model.timing.evaluation),
            **shared,
            "rules": rules[number * MAX_GROUP : (number + 1) * MAX_GROUP],
        }
        for number, name in enumerate(group_names(model.fleet, kind, len(rules)))
    ]


def _without(shared: Map[str, str], rule: dict[str, Any]) -> dict[str, Any]:
    """Leave out labels that stand at the group; a rule without others has no section for them."""
    own = {name: text for name, text in rule["labels"].items() if shared.get(name) != text}
    rest = {key: value for key, value in rule.items() if key != "labels"}
    return {**rest, "labels": own} if own else rest


def _recording(recording: Recording, model: Model) -> dict[str, Any]:
    return {
        "record": recording.record,
        "expr": recording.expr,
        "labels": {"fleet": model.fleet, **recording.labels},
    }


def _alert(rule: AlertRule, profile: Profile) -> dict[str, Any]:
    waits = {"for": rule.wait, "keep_firing_for": rule.keep if profile.keeps else None}
    texts = rule.annotations
    if not profile.dates:
        texts = {
            name: _DATE.sub(r"\g<time> | humanizeTimestamp }}", text)
            for name, text in texts.items()
        }
    return {
        "alert": rule.alert,
        "expr": rule.expr,
        **{key: format_duration(seconds) for key, seconds in waits.items() if seconds},
        "labels": dict(rule.labels),
        "annotations": dict(texts),
    }
