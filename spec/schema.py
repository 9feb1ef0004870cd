"""The JSON Schema of the spec, for editors and for `agentgauge check`: built here, published once.

`errorMessage` beside a keyword is what our own messages say; other readers ignore it.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from spec.mapping import TEST_OPERATORS
from spec.model import CATEGORIES, SEVERITIES
from spec.units import SCALES

Schema: TypeAlias = dict[str, Any]

LABEL = "[a-zA-Z_][a-zA-Z0-9_]*"
_WORDS = ("[a-z][a-z0-9-]*", "must be lower-case words and dashes")
METRIC = "[a-zA-Z_:][a-zA-Z0-9_:]*"
VISUALISATIONS = (
    "stat", "timeseries", "table", "bargauge", "gauge", "state-timeline", "heatmap", "text",
    "alerts",
)  # fmt: skip
AGGREGATES = ("max", "min", "sum", "avg", "count")


def text(description: str = "", **more: object) -> Schema:
    """A text."""
    return {"type": "string", **({"description": description} if description else {}), **more}


def pattern(expression: str, message: str, description: str = "") -> Schema:
    """A text of a certain form; `message` says what is wrong with another."""
    return text(description, pattern=f"^{expression}$", errorMessage=message)


def obj(properties: Schema, required: tuple[str, ...] = (), **more: object) -> Schema:
    """A mapping with these keys and no others."""
    needs = {"required": list(required)} if required else {}
    return {
        "type": "object", "properties": properties, "additionalProperties": False, **needs, **more,
    }  # fmt: skip


def named(
    values: Schema, keys: str = ".+", message: str = "is not a name", **more: object
) -> Schema:
    """A mapping of names to values of one kind."""
    names = {"pattern": f"^(?:{keys})$", "errorMessage": message}
    return {"type": "object", "propertyNames": names, "additionalProperties": values, **more}


def some(item: Schema, **more: object) -> Schema:
    """One, or a list of them."""
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}], **more}


def one_of(*words: str) -> Schema:
    """One of a few words."""
    return {"type": "string", "enum": list(words)}


def or_off(schema: Schema) -> Schema:
    """Something of the catalogue that `false` switches off."""
    off = {"const": False, "errorMessage": "must be false, to switch it off, or a mapping"}
    return {"if": {"type": "boolean"}, "then": off, "else": schema}


def ref(name: str) -> Schema:
    """A definition by its name."""
    return {"$ref": f"#/$defs/{name}"}


DURATION = text(format="duration", description="A duration: 30s, 5m, 1h30m, 1d.")
AMOUNT: Schema = {
    "type": ["number", "string"], "format": "amount",
    "description": "A number, a share (50%) or a duration (5s).",
}  # fmt: skip
SCALAR: Schema = {"type": ["string", "number", "boolean"]}
METRIC_NAME = pattern(METRIC, "is not a metric name", "A metric family's name.")
LABEL_NAME = pattern(LABEL, "is not a label name")
LABELS_LIST: Schema = {"type": "array", "items": LABEL_NAME, "uniqueItems": True}
CONSTANT_LABELS = named(SCALAR, LABEL, "is not a label name")
WHERE = named(
    some(SCALAR, anyOf=[
        SCALAR,
        {"type": "array", "items": SCALAR, "minItems": 1},
        obj({"not": some(SCALAR)}, ("not",)),
    ], errorMessage="must be a value, a list of values, or {not: value}"),
    LABEL, "is not a label name",
    description="Only series whose labels are so.",
)  # fmt: skip


def _condition() -> Schema:
    """What alerts and panels may ask for."""
    selection = obj({"metric": METRIC_NAME, "where": WHERE}, ("metric",))
    return {
        "increase": text("How much this counter grew over `per`."),
        "ratio": obj({"part": selection, "of": selection}, ("part", "of")),
        "quantile": text("The `q` quantile of this histogram over `over`."),
        "value": text("The level of this gauge."),
        "q": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "per": DURATION,
        "over": DURATION,
        "at_least": {"type": "number", "minimum": 0, "description": "Least traffic for an answer."},
        "aggregate": one_of(*AGGREGATES),
        "where": WHERE,
        "by": LABELS_LIST,
    }


def _alert() -> Schema:
    return obj({
        **_condition(),
        "absent": text("Fires when series of this metric are gone, or were never there."),
        "within": DURATION,
        "burn": text("A budget's name: fires when it is spent too fast."),
        "above": AMOUNT,
        "below": AMOUNT,
        "for": DURATION,
        "keep_firing_for": DURATION,
        "severity": one_of(*SEVERITIES),
        "category": one_of(*CATEGORIES),
        "summary": text("One static sentence."),
        "description": text("What happens, with {value}, {threshold}, {window} and {label}."),
        "runbook": obj(
            {k: text() for k in ("meaning", "impact", "diagnosis", "mitigation")},
        ),
        "dashboard": text("The dashboard to look at."),
        "inhibits": {"type": "array", "items": text()},
        "labels": CONSTANT_LABELS,
    })  # fmt: skip


def _panel() -> Schema:
    query = {
        **_condition(),
        "rate": text("How fast this counter grows, per second."),
        "average": text("The mean of this histogram."),
        "expr": text("PromQL; $matchers stands for the common matchers."),
        "legend": text(),
        "name": text(),
    }
    return obj({
        "title": text(),
        "show": one_of(*VISUALISATIONS),
        "description": text(),
        "query": obj(query),
        "queries": {"type": "array", "items": obj(query), "minItems": 1},
        "unit": text("Grafana's unit id."),
        "since": pattern(r"now([-/].+)?", "is not a relative time; try now/d or now-1h"),
        "steps": named({"type": "string"}, r"base|-?\d+(\.\d+)?", "is neither `base` nor a number"),
        "width": {"type": "integer", "minimum": 1, "maximum": 24},
        "height": {"type": "integer", "minimum": 2, "maximum": 40},
        "options": {"type": "object"},
    }, ("title", "show"))  # fmt: skip


def _field() -> Schema:
    place = text("A place in the line (a.b), $name, or a constant (=text).")
    return some(place, anyOf=[
        place,
        {"type": "array", "items": place, "minItems": 1},
        obj({
            "of": some(place), "match": text(format="regex"),
            "map": {"type": "object", "additionalProperties": SCALAR},
            "classify": named(text(format="regex")),
            "else": SCALAR, "absent": SCALAR, "unit": one_of("s", "ms", "us", "ns"),
        }, ("of",)),
    ], errorMessage="must be a place, a list of places, or {of: …}")  # fmt: skip


def _mapping() -> Schema:
    label = named(ref("field"), LABEL, "is not a label name")
    update = obj({
        "add": ref("field"), "observe": ref("field"), "set": ref("field"),
        "minus": some(text()), "unit": one_of("time", *sorted({a for a, _ in SCALES})),
        "absent": one_of("skip"), "labels": label,
    })  # fmt: skip
    one = {"anyOf": [{"const": "inc"}, update],
           "errorMessage": "must be inc, {add: …}, {observe: …} or {set: …}"}  # fmt: skip
    test = {"anyOf": [
        SCALAR,
        {"type": "array", "items": SCALAR, "minItems": 1},
        obj({op: {} for op in TEST_OPERATORS}, minProperties=1, maxProperties=1),
    ], "errorMessage": "must be a value, a list of values, or one test"}  # fmt: skip
    key = {"anyOf": [text(), obj({"of": some(text()), "match": text(format="regex")}, ("of",)),
                     {"type": "array", "minItems": 1}]}  # fmt: skip
    event = obj({
        "name": text(),
        "when": {"type": "object", "additionalProperties": test},
        "abandoned": text(),
        "each": {"type": "object", "additionalProperties": text()},
        "labels": label,
        "dedupe": key,
        "pair": obj({
            "start": text(), "end": text(), "by": key, "in_progress": METRIC_NAME,
            "within": DURATION,
        }, ("by",)),
        "streak": obj(
            {"of": some(text()), "by": key, "at": {"type": "integer", "minimum": 2}},
            ("of", "by", "at"),
        ),
        "update": named(
            some(one, anyOf=[one, {"type": "array", "items": one, "minItems": 1}],
                 errorMessage="must be inc, an update, or a list of updates"),
            METRIC, "is not a metric name",
        ),
    }, ("name",))  # fmt: skip
    return {
        "format": one_of("json"),
        "files": text("The glob that a directory is searched with."),
        "time": ref("field"),
        "labels": label,
        "events": {"type": "array", "items": event},
    }


def _family() -> Schema:
    return obj({
        "type": one_of("counter", "gauge", "histogram", "stateset", "info"),
        "help": text(),
        "labels": LABELS_LIST,
        "unit": {"type": "string", "enum": sorted({base for _, base in SCALES})},
        "buckets": {"type": "array", "items": {"type": "number"}, "minItems": 1},
        "values": named({"type": "array", "items": SCALAR}, LABEL, "is not a label name"),
        "state": LABEL_NAME,
        "replaced": LABELS_LIST,
    }, ("type", "help"))  # fmt: skip


def _receiver() -> Schema:
    path = text("A file that holds nothing but the secret.")
    slack = obj({"channel": text(), "api_url_file": path}, ("channel", "api_url_file"))
    email = obj({
        "to": text(), "from": text(), "smarthost": text(), "username": text(),
        "password_file": path, "require_tls": {"type": "boolean"},
    }, ("to", "from", "smarthost"))  # fmt: skip
    webhook = obj({"url": text(format="uri-http"), "token_file": path}, ("url",))
    return obj({
        "pagerduty": some(obj({"routing_key_file": path}, ("routing_key_file",))),
        "slack": some(slack), "email": some(email), "webhook": some(webhook),
    }, minProperties=1,
        errorMessage="needs a channel: pagerduty, slack, email or webhook")  # fmt: skip


def _oncall() -> Schema:
    route = obj({
        "severity": some(one_of(*SEVERITIES)), "category": some(one_of(*CATEGORIES)),
        "alert": some(text()), "labels": WHERE, "to": text(),
        "digest": one_of("hourly", "daily"), "continue": {"type": "boolean"},
    }, ("to",))  # fmt: skip
    grouping = obj({"by": LABELS_LIST, "wait": DURATION, "interval": DURATION, "repeat": DURATION})
    return obj({
        "receivers": named(_receiver()),
        "routes": {"type": "array", "items": route},
        "default": text("The receiver of what no route takes."),
        "grouping": grouping,
    }, ("receivers", "default"))  # fmt: skip


def _budget() -> Schema:
    tier = obj({
        "name": text(), "share": AMOUNT, "window": DURATION,
        "severity": one_of(*SEVERITIES),
    }, ("share", "window", "severity"))  # fmt: skip
    return obj({
        "metric": METRIC_NAME, "where": WHERE, "by": LABELS_LIST, "per": DURATION,
        "limit": {"type": "number", "exclusiveMinimum": 0},
        "tiers": {"type": "array", "items": tier, "minItems": 1},
    }, ("metric", "limit", "per"))  # fmt: skip


def build_schema() -> Schema:
    """Build the schema of `agents.yaml` and of presets, which speak the same language."""
    source = obj({
        "name": pattern("[a-zA-Z0-9_.-]+", "is not a name of letters, digits, `_`, `.` and `-`"),
        "file": some(text("A path or glob; ** crosses folders.")),
        "stdin": {"const": True},
        "preset": some(text("A preset's name, or the path of a file of your own.")),
        "labels": CONSTANT_LABELS,
    }, ("preset",))  # fmt: skip
    row = obj({"title": text(), "collapsed": {"type": "boolean"},
               "panels": {"type": "array", "items": ref("panel")}}, ("title",))  # fmt: skip
    dashboard = obj({
        "title": text(), "description": text(), "span": text(),
        "refresh": DURATION, "variables": LABELS_LIST,
        "annotations": named(METRIC_NAME), "rows": {"type": "array", "items": row},
    })  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "agentgauge spec",
        "description": "A fleet of LLM agents: where its logs are, what to watch, whom to wake.",
        **obj({
            "version": {"const": 1, "description": "The version of this language."},
            "fleet": pattern(
                "[a-z][a-z0-9-]{0,29}",
                "must be up to 30 lower-case letters, digits and dashes, a letter first",
                "Names rule groups and dashboards; a label on every alert.",
            ),
            "sources": {"type": "array", "items": source},
            "selector": CONSTANT_LABELS,
            "links": obj({"grafana": text(format="uri-http"), "runbooks": text(format="uri-http")}),
            "timing": obj(dict.fromkeys(("scrape", "evaluation", "born_at_zero"), DURATION)),
            "families": named(ref("family"), METRIC, "is not a metric name"),
            "budgets": named(ref("budget"), *_WORDS),
            "alerts": named(
                or_off(ref("alert")), "([A-Z]+[a-z0-9]+)+", "must be CamelCase, as alerts are",
            ),
            "dashboards": named(or_off(dashboard), *_WORDS),
            "oncall": _oncall(),
            **_mapping(),
        }),
        "$defs": {
            "field": _field(), "alert": _alert(), "panel": _panel(), "family": _family(),
            "budget": _budget(),
        },
    }  # fmt: skip


def schema_text() -> str:
    """Give the schema as the text of `spec/schema.json`."""
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"
