"""Prometheus rules: what is recorded, and what alerts on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import conventions
from generator.conventions import MAX_GROUP, group_names
from generator.model import Artefact
from generator.recording import distinct
from generator.yaml_text import dump
from spec.quantities import format_duration

if TYPE_CHECKING:
    from generator.model import AlertRule, Model, Recording


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Write the recording rules and the alerting rules, in groups of their own.

    Rules of one group are evaluated in their order, and recordings stand before their readers.
    """
    recordings = [_recording(r, model) for r in recorded(model)]
    alerts = [_alert(rule) for proven in model.alerts for rule in proven.rules]
    fleet = model.fleet
    files = (
        (conventions.recording_file(fleet), "recording", recordings),
        (conventions.alert_file(fleet), "alerts", alerts),
    )
    return tuple(
        Artefact(
            f"{conventions.RULES}/{file}",
            dump({"groups": _groups(kind, rules, model)}, conventions.header(model.spec_file)),
        )
        for file, kind, rules in files
    )


def recorded(model: Model) -> tuple[Recording, ...]:
    """Give all recordings of a fleet, each once."""
    return distinct(recording for proven in model.alerts for recording in proven.recordings)


def groups_in_order(model: Model) -> tuple[str, ...]:
    """Name all groups of a fleet in the order in which they read from each other."""
    alerts = sum(len(proven.rules) for proven in model.alerts)
    return (
        *group_names(model.fleet, "recording", len(recorded(model))),
        *group_names(model.fleet, "alerts", alerts),
    )


def _groups(kind: str, rules: list[dict[str, object]], model: Model) -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "interval": format_duration(model.timing.evaluation),
            "rules": rules[number * MAX_GROUP : (number + 1) * MAX_GROUP],
        }
        for number, name in enumerate(group_names(model.fleet, kind, len(rules)))
    ]


def _recording(recording: Recording, model: Model) -> dict[str, object]:
    return {
        "record": recording.record,
        "expr": recording.expr,
        "labels": {"fleet": model.fleet},
    }


def _alert(rule: AlertRule) -> dict[str, object]:
    waits = {"for": rule.wait, "keep_firing_for": rule.keep}
    return {
        "alert": rule.alert,
        "expr": rule.expr,
        **{key: format_duration(seconds) for key, seconds in waits.items() if seconds},
        "labels": dict(rule.labels),
        "annotations": dict(rule.annotations),
    }
