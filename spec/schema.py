"""The JSON Schema of the spec, for editors and for `agentgauge check`: built here, published once.

`errorMessage` beside a keyword is what our own messages say; other readers ignore it.
"""

from __future__ import annotations

import json

from spec.model import CATEGORIES, SEVERITIES
from spec.schema_mapping import field_schemas, mapping_schema
from spec.schema_oncall import oncall_schema
from spec.schema_outputs import outputs_schema
from spec.schema_parts import (
    AMOUNT,
    CONSTANT_LABELS,
    DURATION,
    LABEL,
    LABEL_NAME,
    LABELS_LIST,
    METRIC,
    METRIC_NAME,
    SCALAR,
    WHERE,
    WINDOW,
    Schema,
    metric,
    named,
    obj,
    one_of,
    or_off,
    pattern,
    ref,
    some,
    some_text,
    text,
)  # fmt: skip
from spec.schema_prices import prices_schema
from spec.units import SCALES

VISUALISATIONS = (
    "stat", "timeseries", "table", "bargauge", "gauge", "state-timeline", "heatmap", "text",
    "alerts",
)  # fmt: skip
SINCE = pattern(r"now([-/].+)?", "is not a relative time; try now/d or now-1h")
AGGREGATES = ("max", "min", "sum", "avg", "count")
_WORDS = ("[a-z][a-z0-9-]*", "must be lower-case words and dashes")


def _condition() -> Schema:
    """What alerts and panels may ask for."""
    selection = obj({"metric": METRIC_NAME, "where": WHERE}, ("metric",))
    return {
        "increase": metric("How much this counter grew over `per`."),
        "ratio": obj({"part": selection, "of": selection}, ("part", "of")),
        "quantile": metric("The `q` quantile of this histogram over `over`."),
        "value": metric("The level of this gauge."),
        "q": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "per": WINDOW,
        "over": WINDOW,
        "at_least": {"type": "number", "minimum": 0, "description": "Least traffic for an answer."},
        "aggregate": one_of(*AGGREGATES),
        "where": WHERE,
        "by": LABELS_LIST,
    }


def _forecast() -> Schema:
    """A budget by its name, or a gauge."""
    budget = text("A budget's name: fires when it will run out within `within`.")
    gauge = obj({"metric": METRIC_NAME, "where": WHERE}, ("metric",))
    return {"if": {"type": "string"}, "then": budget, "else": gauge}


def _anomaly() -> Schema:
    """What is compared with its own past: one query with its parameters."""
    query = {key: part for key, part in _condition().items() if key != "by"}
    return obj(query, description="Compares this with its own past.")


def _case() -> Schema:
    """A case of PromQL: series, and what fires at a time."""
    firing = {
        "type": "object", "additionalProperties": SCALAR,
        "properties": {"value": {"type": "number"}}, "required": ["value"],
    }  # fmt: skip
    return obj({
        "name": some_text(),
        "series": named({"type": "string", "minLength": 1},
                        description="Selectors, and values in promtool's notation."),
        "every": WINDOW,
        "at": DURATION,
        "fires": {"type": "array", "items": firing,
                  "description": "Each alert's labels, and its value; [] where none fires."},
        "sort": one_of("fires", "silent", "silence", "missing", "reset"),
    }, ("name", "at", "fires"))  # fmt: skip


def _record() -> Schema:
    """A score, and its parts."""
    query = {key: part for key, part in _condition().items() if key != "by"}
    part = obj({
        **query,
        "weight": {"type": "number", "exclusiveMinimum": 0},
        "best": {**AMOUNT, "description": "Where the part is 1."},
        "worst": {**AMOUNT, "description": "Where the part is 0."},
    })  # fmt: skip
    words = ("[a-z][a-z0-9_]*", "must be lower-case words and underscores")
    return obj({
        "help": some_text(), "by": LABELS_LIST,
        "parts": named(or_off(part), *words, minProperties=1),
    })  # fmt: skip


def _alert() -> Schema:
    return obj({
        **_condition(),
        "absent": metric("Fires when series of this metric are gone, or were never there."),
        "within": WINDOW,
        "from": WINDOW,
        "burn": text("The name of a budget or an SLO: fires when it is spent too fast."),
        "spent": text("A budget's name: fires when so large a share of it is spent."),
        "pace": text("A budget's name: fires when it is spent so many times too fast over `over`."),
        "forecast": _forecast(),
        "anomaly": _anomaly(),
        "past": WINDOW,
        "history": WINDOW,
        "margin": {**AMOUNT, "description": "A spread narrower than this counts as this."},
        "expr": some_text("PromQL; $matchers stands for the fleet's own matchers."),
        "unit": {"type": "string", "enum": sorted({base for _, base in SCALES})},
        "cases": {"type": "array", "items": _case(), "minItems": 1},
        "above": AMOUNT,
        "below": AMOUNT,
        "beyond": {**AMOUNT, "description": "So many spreads above or below what is usual."},
        "for": DURATION,
        "keep_firing_for": DURATION,
        "severity": one_of(*SEVERITIES),
        "category": one_of(*CATEGORIES),
        "summary": text("One static sentence."),
        "description": text("What happens, with {value}, {threshold}, {window} and {label}."),
        "runbook": obj(
            {k: text() for k in ("meaning", "impact", "diagnosis", "mitigation", "escalation")},
        ),
        "dashboard": text("The dashboard to look at."),
        "inhibits": {"type": "array", "items": text()},
        "labels": CONSTANT_LABELS,
    })  # fmt: skip


def _panel() -> Schema:
    query = {
        **_condition(),
        "rate": metric("How fast this counter grows, per second."),
        "average": metric("The mean of this histogram."),
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
        "since": SINCE,
        "steps": named({"type": "string"}, r"base|-?\d+(\.\d+)?", "is neither `base` nor a number"),
        "width": {"type": "integer", "minimum": 1, "maximum": 24},
        "height": {"type": "integer", "minimum": 2, "maximum": 40},
        "options": _panel_options(),
    }, ("title", "show"))  # fmt: skip


def _panel_options() -> Schema:
    """Settings of all visualisations; which of them one knows is told by `read_dashboards`."""
    pair = {
        "type": "array", "items": SCALAR, "minItems": 2, "maxItems": 2,
        "errorMessage": "must be [text, colour]",
    }  # fmt: skip
    return obj({
        "decimals": {"type": "integer", "minimum": 0},
        "min": {"type": "number"},
        "max": {"type": "number"},
        "colors": {"type": "object", "additionalProperties": {"type": "string"}},
        "states": {"type": "object", "additionalProperties": pair},
        "grafana": {"type": "object"},
        "color": {"type": ["string", "array"], "items": {"type": "string"}},
        "order": one_of("ascending", "descending"),
        "limit": {"type": "integer", "minimum": 1},
        "draw": one_of("line", "bars"),
        "stack": {"type": "boolean"},
        "legend": one_of("list", "table", "hidden"),
        "sort": text(),
        "columns": {"type": "object", "additionalProperties": {"type": "string"}},
        "links": {"type": "object", "additionalProperties": {"type": "string"},
                  "description": "To which dashboard a label's value leads."},
        "content": text(),
    })  # fmt: skip


def _family() -> Schema:
    return obj({
        "type": one_of("counter", "gauge", "histogram", "stateset", "info"),
        "help": some_text(),
        "labels": LABELS_LIST,
        "unit": {"type": "string", "enum": sorted({base for _, base in SCALES})},
        "buckets": {"type": "array", "items": {"type": "number"}, "minItems": 1},
        "values": named(
            {"type": "array", "items": SCALAR, "minItems": 1}, LABEL, "is not a label name",
        ),
        "state": LABEL_NAME,
        "replaced": LABELS_LIST, "limit": {"type": "integer", "minimum": 1},
    }, ("type", "help"))  # fmt: skip


def _slo() -> Schema:
    events = obj({"metric": METRIC_NAME, "where": WHERE}, ("metric",))
    latency = obj({"metric": METRIC_NAME, "where": WHERE, "within": AMOUNT}, ("metric", "within"))
    tier = obj({
        "share": AMOUNT, "window": WINDOW, "short": WINDOW, "for": DURATION,
        "severity": one_of(*SEVERITIES), "at_least": {"type": "number", "minimum": 0},
    })  # fmt: skip
    alert = _alert()["properties"]
    said = ("category", "summary", "description", "runbook", "dashboard", "labels")
    return obj({
        "objective": {**AMOUNT, "description": "The share of events that is to go well: 99%."},
        "over": WINDOW, "errors": events, "good": events, "total": events, "latency": latency,
        "by": LABELS_LIST, "tiers": named(or_off(tier), *_WORDS),
        **{key: alert[key] for key in said},
    }, ("objective",))  # fmt: skip


def _budget() -> Schema:
    settings = {
        "name": text(), "share": AMOUNT, "window": WINDOW, "severity": one_of(*SEVERITIES),
    }  # fmt: skip
    tier = obj(settings, ("share", "window", "severity"))
    by_name = {key: schema for key, schema in settings.items() if key != "name"}
    return obj({
        "metric": METRIC_NAME, "where": WHERE, "by": LABELS_LIST, "per": WINDOW,
        "limit": {"type": "number", "exclusiveMinimum": 0},
        "tiers": {
            "if": {"type": "array"}, "then": {"type": "array", "items": tier, "minItems": 1},
            "else": named(or_off(obj(by_name)), *_WORDS),
        },
    }, ("metric", "limit", "per"))  # fmt: skip


def _push(description: str) -> Schema:
    return obj({
        "listen": some_text("HOST:PORT. Beyond loopback, token_file or web_config is needed."),
        "token_file": some_text("A file that holds nothing but the bearer token."),
        "web_config": some_text("A web configuration as the Prometheus exporters have it."),
        "spool": text(format="size", description="How much may wait to be read: 256MiB, 1GiB."),
    }, description=description)  # fmt: skip


def build_schema() -> Schema:
    """Build the schema of `agents.yaml` and of presets, which speak the same language."""
    source = obj({
        "name": pattern("[a-zA-Z0-9_.-]+", "is not a name of letters, digits, `_`, `.` and `-`"),
        "file": some(some_text("A path or glob; ** crosses folders.")),
        "start": one_of("beginning", "end"),
        "stdin": {"const": True},
        "push": _push("NDJSON is received over HTTP: POST /v1/lines."),
        "otlp": _push("OTLP logs and traces are received over HTTP."),
        "preset": some(some_text("A preset's name, or the path of a file of your own.")),
        "labels": CONSTANT_LABELS,
        "wrapped": one_of("cri", "docker"),
    }, ("preset",))  # fmt: skip
    row = obj({"title": text(), "collapsed": {"type": "boolean"},
               "panels": {"type": "array", "items": ref("panel")}}, ("title",))  # fmt: skip
    dashboard = obj({
        "title": some_text(), "description": text(), "span": SINCE,
        "refresh": WINDOW, "variables": LABELS_LIST,
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
            "timing": obj({
                "scrape": WINDOW, "evaluation": WINDOW, "born_at_zero": DURATION,
                "gauges_expire": DURATION,
            }),
            "limits": obj({"series": {"type": "integer", "minimum": 1}}),
            "sessions": obj({
                "keep": {"type": "integer", "minimum": 0, "maximum": 100,
                         "description": "Sessions shown of each family; 0 follows none."},
                "for": WINDOW,
            }),
            "prices": prices_schema(),
            "families": named(ref("family"), METRIC, "is not a metric name"),
            "slos": named(ref("slo"), *_WORDS),
            "budgets": named(ref("budget"), *_WORDS),
            "records": named(
                or_off(_record()), "[a-z_][a-z0-9_]*", "is not a metric name of lower-case letters",
            ),
            "alerts": named(
                or_off(ref("alert")), "([A-Z]+[a-z0-9]+)+", "must be CamelCase, as alerts are",
            ),
            "dashboards": named(or_off(dashboard), *_WORDS),
            "oncall": oncall_schema(),
            "outputs": outputs_schema(),
            **mapping_schema(),
        }),
        "$defs": {
            "alert": _alert(), "panel": _panel(), "family": _family(), "slo": _slo(),
            "budget": _budget(),
            **field_schemas(),
        },
    }  # fmt: skip


def schema_text() -> str:
    """Give the schema as the text of `spec/schema.json`."""
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"
