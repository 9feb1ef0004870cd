"""Compares what a case expects with what Alertmanager did."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentgauge.proof.oncall.report import Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentgauge.proof.oncall.cases import Alert, Case, Message
    from agentgauge.proof.oncall.messages import Rendered
    from agentgauge.proof.oncall.playing import Seen

# What no message holds: Go's words for what is not there, and marks around nothing.
_GARBAGE = re.compile(r"<no value>|map\[|%!\w?\(|\(\)|\]\(\)|<\||=,|\{\{")
# What a channel shows of a text, in letters: Alertmanager cuts what is longer.
_LIMITS = {
    ("pagerduty", "description"): 1024,
    ("discord", "title"): 256,
    ("discord", "message"): 4096,
    ("telegram", "message"): 4096,
}


def judge(
    case: Case, seen: tuple[Seen, ...], message: Rendered | None, told: Mapping[str, str]
) -> Result:
    """Judge a case. `told` gives the receiver of a route by its path, where it tells anybody."""
    wrong = [
        problem
        for alert, one in zip(case.firing, seen, strict=True)
        for problem in _judge_alert(alert, one, case, told)
    ]
    if case.message and message:
        wrong += _judge_message(case.message, message)
    return Result(case.name, not wrong, "\n".join(wrong), case.sort)


def receivers(seen: Seen, told: Mapping[str, str]) -> frozenset[str]:
    """Give who was told of an alert."""
    sent = () if seen.by else (path for path in seen.routes if path not in seen.muted)
    return frozenset(told[path] for path in sent if path in told)


def _judge_alert(alert: Alert, seen: Seen, case: Case, told: Mapping[str, str]) -> Iterator[str]:
    if alert.resolved:
        return
    what = _spelled(alert)
    if alert.silenced is not None and alert.silenced != bool(seen.by):
        if alert.silenced:
            yield f"{what}\n  is to be silenced, but nothing of the case inhibits it"
        else:
            by = _spelled(case.firing[seen.by[0]])
            yield f"{what}\n  is not to be silenced, but is by {by}"
    if alert.to is not None and alert.to != (got := receivers(seen, told)):
        yield f"{what}\n  expected: {_names(alert.to)}\n  told:     {_names(got)}{_why(seen)}"


def _why(seen: Seen) -> str:
    if seen.by:
        return " (silenced)"
    return " (muted)" if seen.muted else ""


def _names(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "nobody"


def _spelled(alert: Alert) -> str:
    labels = ", ".join(f'{k}="{v}"' for k, v in alert.labels.items() if k != "alertname")
    return f"{alert.labels.get('alertname', '')}{{{labels}}}"


def _judge_message(message: Message, rendered: Rendered) -> Iterator[str]:
    if rendered.error:
        yield rendered.error
        return
    if not rendered.used:
        yield f'the receiver "{message.receiver}" has no {message.channel}'
        return
    whole = "\n".join(rendered.texts.values())
    for text in message.says:
        if text.strip() not in whole:
            yield f"the message lacks: {text}\n{whole}"
    for place, text in rendered.texts.items():
        if found := _GARBAGE.search(text):
            yield f'{place} holds "{found[0]}":\n{text}'
        limit = _LIMITS.get((message.channel, place))
        if limit and len(text) > limit:
            yield f"{place} has {len(text)} letters; {message.channel} shows {limit}"
