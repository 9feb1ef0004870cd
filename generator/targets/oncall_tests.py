"""The tests of on-call: a file of cases that `agentgauge test` puts to a real Alertmanager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.conventions import header
from generator.message_cases import message_cases
from generator.model import Artefact
from generator.mute_cases import mute_cases
from generator.oncall_cases import Firing, OnCallCase, examples, inhibition_cases, route_cases
from generator.yaml_text import dump

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generator.model import Model
    from generator.oncall_cases import Example
    from spec.model import Fired, OnCallTest

PATH = "alerts/oncall-tests.yaml"


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Write the cases: the generated ones, then the user's own."""
    fired = examples(model)
    cases = [
        *route_cases(model, fired),
        *inhibition_cases(model, fired),
        *mute_cases(model, fired),
        *message_cases(model, fired),
        *(_own(test, fired) for test in model.oncall.tests),
    ]
    document = {"tests": [_case(case) for case in cases]}
    return (Artefact(PATH, dump(document, header(model.spec_file))),)


def _own(test: OnCallTest, fired: Sequence[Example]) -> OnCallCase:
    message = test.message
    return OnCallCase(
        name=test.name,
        firing=tuple(_firing(one, fired) for one in test.firing),
        at=test.at,
        message=(message.receiver, message.channel, message.says) if message else None,
    )


def _firing(one: Fired, fired: Sequence[Example]) -> Firing:
    """Fill in what an alert of the spec says by itself; what the test says goes before it."""
    known = next(_examples_of(one, fired), None)
    labels = {"alertname": one.alert, **(known.labels if known else {})} if one.alert else {}
    annotations = known.annotations if known else {}
    return Firing(
        labels={**labels, **one.labels},
        to=one.to,
        silenced=True if one.silenced else None,
        annotations={**annotations, **one.annotations},
        resolved=one.resolved,
    )


def _examples_of(one: Fired, fired: Sequence[Example]) -> Iterator[Example]:
    """Give the alert's examples, that of the severity first which the test names."""
    mine = [example for example in fired if example.labels["alertname"] == one.alert]
    severity = one.labels.get("severity")
    yield from (example for example in mine if example.labels.get("severity") == severity)
    yield from mine


def _case(case: OnCallCase) -> dict[str, object]:
    spelled: dict[str, object] = {"name": case.name}
    if case.at:
        spelled["at"] = case.at
    spelled["firing"] = [_spelled(firing, case) for firing in case.firing]
    if case.message:
        receiver, channel, says = case.message
        spelled["message"] = {"receiver": receiver, "channel": channel, "says": list(says)}
    return spelled


def _spelled(firing: Firing, case: OnCallCase) -> dict[str, object]:
    spelled: dict[str, object] = {"labels": dict(firing.labels)}
    if case.message and firing.annotations:
        spelled["annotations"] = dict(firing.annotations)
    if firing.resolved:
        spelled["resolved"] = True
    if firing.to is not None:
        spelled["to"] = list(firing.to)
    if firing.silenced is not None:
        spelled["silenced"] = firing.silenced
    return spelled
