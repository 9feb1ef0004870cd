"""The JSON Schema of `oncall`: receivers, routes, mute times and their tests."""

from __future__ import annotations

from spec.model import CATEGORIES, SEVERITIES
from spec.schema_parts import (
    CONSTANT_LABELS,
    DURATION,
    LABELS_LIST,
    SCALAR,
    WHERE,
    WINDOW,
    Schema,
    named,
    obj,
    one_of,
    pattern,
    some,
    some_text,
    text,
)  # fmt: skip

CHANNELS = (
    "pagerduty", "opsgenie", "slack", "msteams", "discord", "telegram", "pushover", "email",
    "webhook",
)  # fmt: skip
# In Alertmanager's order: its weeks start on Sunday.
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip

_HOUR = r"([01]\d|2[0-3]):[0-5]\d"


def _channels() -> Schema:
    path = some_text("A file that holds nothing but the secret.")
    address = text(format="uri-http")
    by_file = obj({"webhook_url_file": path}, ("webhook_url_file",))
    opsgenie = obj({"api_key_file": path, "api_url": address}, ("api_key_file",))
    telegram = obj({
        "bot_token_file": path,
        "chat": {"type": "integer", "description": "The chat's id; groups have negative ones."},
        "thread": {"type": "integer", "minimum": 1, "description": "A topic of the chat."},
    }, ("bot_token_file", "chat"))  # fmt: skip
    pushover = obj({"user_key_file": path, "token_file": path}, ("user_key_file", "token_file"))
    slack = obj({"channel": text(), "api_url_file": path}, ("channel", "api_url_file"))
    email = obj({
        "to": text(), "from": text(), "smarthost": text(), "username": text(),
        "password_file": path, "require_tls": {"type": "boolean"},
    }, ("to", "from", "smarthost"))  # fmt: skip
    webhook = obj({"url": address, "url_file": path, "token_file": path})
    return {
        "pagerduty": some(obj({"routing_key_file": path}, ("routing_key_file",))),
        "opsgenie": some(opsgenie), "slack": some(slack), "msteams": some(by_file),
        "discord": some(by_file), "telegram": some(telegram), "pushover": some(pushover),
        "email": some(email), "webhook": some(webhook),
    }  # fmt: skip


def _interval() -> Schema:
    day, month = "|".join(DAYS), "|".join(MONTHS)
    return obj({
        "times": some(pattern(
            f"{_HOUR}-({_HOUR}|24:00)", "is not a stretch of a day; try 22:00-06:00",
        )),
        "weekdays": some(pattern(
            f"({day})(:({day}))?", "is neither a day nor a stretch of days; try monday:friday",
        )),
        "days": some({"type": ["string", "integer"]}),
        "months": some(pattern(
            f"({month})(:({month}))?", "is neither a month nor a stretch of months",
        )),
        "years": some({"type": ["string", "integer"]}),
        "location": some_text("A time zone such as Europe/Berlin; without it, UTC."),
    }, minProperties=1)  # fmt: skip


def _test() -> Schema:
    fired = obj({
        "alert": text("One of the spec's alerts: gives severity, category, fleet and labels."),
        "labels": CONSTANT_LABELS,
        "annotations": named(SCALAR),
        "resolved": {"type": "boolean"},
        "to": {"anyOf": [text("Who is told; [] for nobody."), {"type": "array", "items": text()}]},
        "silenced": {"type": "boolean"},
    })  # fmt: skip
    message = obj({
        "receiver": text(), "channel": one_of(*CHANNELS), "says": some(some_text()),
    }, ("receiver", "channel", "says"))  # fmt: skip
    return obj({
        "name": some_text(),
        "at": pattern(
            rf"\d{{4}}-\d\d-\d\d {_HOUR}", "is not a time; try 2026-03-02 03:30, which is UTC",
        ),
        "firing": {"type": "array", "items": fired, "minItems": 1},
        "message": message,
    }, ("name", "firing"))  # fmt: skip


def oncall_schema() -> Schema:
    """Build the schema of who is told what."""
    grouping = obj({"by": LABELS_LIST, "wait": DURATION, "interval": WINDOW, "repeat": WINDOW})
    route = obj({
        "severity": some(one_of(*SEVERITIES)), "category": some(one_of(*CATEGORIES)),
        "alert": some(text()), "agent": some(text()), "team": some(text()),
        "labels": WHERE, "to": text(),
        "digest": one_of("hourly", "daily"), "continue": {"type": "boolean"},
        "mute": some(text("A mute time in which nothing is sent.")),
        "active": some(text("A mute time outside which nothing is sent.")),
        "grouping": grouping,
    }, ("to",))  # fmt: skip
    receiver = obj(
        _channels(), minProperties=1, errorMessage=f"needs a channel: {', '.join(CHANNELS)}"
    )
    return obj({
        "receivers": named(receiver, minProperties=1),
        "routes": {"type": "array", "items": route},
        "default": text("The receiver of what no route takes."),
        "grouping": grouping,
        "mute_times": named(some(_interval())),
        "tests": {"type": "array", "items": _test()},
    }, ("receivers", "default"))  # fmt: skip
