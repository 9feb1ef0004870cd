"""The JSON Schema of the mapping language: events, and where their values come from."""

from __future__ import annotations

from spec.mapping import FORMATS, TEST_OPERATORS
from spec.prices import KINDS
from spec.schema_parts import (
    DURATION,
    LABEL,
    METRIC,
    METRIC_NAME,
    SCALAR,
    WINDOW,
    Schema,
    named,
    obj,
    one_of,
    ref,
    some,
    some_text,
    text,
)  # fmt: skip
from spec.units import SCALES


def mapping_schema() -> Schema:
    """A preset's own sections."""
    label = named(ref("label"), LABEL, "is not a label name")
    update = obj({
        "add": ref("number"), "observe": ref("number"), "set": ref("level"),
        "minus": _subtracted(), "unit": one_of("time", *sorted({a for a, _ in SCALES})),
        "absent": one_of("skip", "estimate"), "labels": label,
        "estimate": one_of("model"),
        "price_as": some_text(f"As what tokens are priced: {', '.join(KINDS)}."),
        "price_tier": ref("label"),
    })  # fmt: skip
    said = "must be inc, {add: …}, {observe: …}, {set: …} or {estimate: model}"
    one: Schema = {"anyOf": [{"const": "inc"}, update], "errorMessage": said}
    cut = obj({"of": some(text()), "match": text(format="regex")}, ("of",))
    said = "must be a place or {of: …, match: …}"
    part: Schema = {"anyOf": [text(), cut], "errorMessage": said}
    key = some(part, errorMessage=f"{said}, or a list of them")
    bounds: Schema = {"limit": {"type": "integer", "minimum": 1}, "for": WINDOW}
    event = obj({
        "name": text(),
        "when": {"type": "object", "additionalProperties": _test()},
        "abandoned": text(),
        "each": named(text(), LABEL, "is not a name of letters, digits and _"),
        "labels": label,
        "dedupe": _dedupe(key, bounds),
        "delta": obj({
            "by": key, "restarts": {"type": "boolean"}, "first": one_of("count", "skip"), **bounds,
        }, ("by",)),
        "remember": named(ref("place"), LABEL, "is not a name of letters, digits and _"),
        "pair": obj({
            "start": text(), "end": text(), "by": key, "in_progress": METRIC_NAME,
            "within": DURATION, "limit": bounds["limit"],
        }, ("by",)),
        "streak": obj(
            {"of": some(text()), "by": key, "at": {"type": "integer", "minimum": 2}, **bounds},
            ("of", "by", "at"),
        ),
        "update": named(
            some(one, anyOf=[one, {"type": "array", "items": one, "minItems": 1}],
                 errorMessage="must be inc, an update, or a list of updates"),
            METRIC, "is not a metric name",
        ),
    }, ("name",))  # fmt: skip
    return {
        "format": one_of(*FORMATS),
        "pattern": some(text(format="regex"), description="How lines of text are taken apart."),
        "prefix": {
            "anyOf": [{"const": True}, text(format="regex")],
            "description": "What stands before the JSON on each line: anything, or this.",
            "errorMessage": "must be true, or a regular expression",
        },
        "files": text("The glob that a directory is searched with."),
        "time": ref("moment"),
        "labels": label,
        "exemplar": named(
            ref("place"),
            LABEL,
            "is not a label name",
            minProperties=1,
            maxProperties=1,
            description="What leads from a series to one of its events: {trace_id: place}.",
        ),
        "session": ref("label"),
        "remember_by": key,
        "places": some(text(), description="Where the tool writes its logs by itself; ~ is home."),
        "events": {"type": "array", "items": event},
        "tests": {"type": "array", "items": _mapping_test()},
    }


def _subtracted() -> Schema:
    """What is subtracted: places, or the first of several that is there."""
    first = obj({"of": some(text())}, ("of",))
    return some({"anyOf": [text(), first], "errorMessage": "must be a place or {of: …}"})


def _mapping_test() -> Schema:
    """Lines that go in, and the samples that must come out."""
    line = {"type": ["string", "object", "array"]}
    return obj({
        "name": some_text(), "source": some_text("Whose mapping reads the lines (in a spec)."),
        "lines": {
            "anyOf": [some_text(), {"type": "array", "items": line, "minItems": 1}],
            "description": "A text, or a list of lines; what is no text is written as JSON.",
            "errorMessage": "must be a text or a list of lines",
        },
        "expect": text("The samples, as /metrics shows them; without its comments."),
    }, ("name", "lines", "expect"))  # fmt: skip


def _dedupe(key: Schema, bounds: Schema) -> Schema:
    """A key by itself, or with what is kept of it."""
    whole = obj({"by": key, "keep": one_of("first", "max"), **bounds}, ("by",))
    wider = [{"required": [word]} for word in whole["properties"]]
    return {"if": {"type": "object", "anyOf": wider}, "then": whole, "else": key}


def field_schemas() -> Schema:
    """Where values come from: a point in time, a label, a number."""
    place = text("A place in the line (a.b), $name, or a constant (=text).")
    first: Schema = {"of": some(place)}
    texts = {"type": "object", "additionalProperties": SCALAR}
    numbers = {"type": "object", "additionalProperties": {"type": "number"}}
    regex = text(format="regex")

    def field(**more: Schema) -> Schema:
        return some(place, anyOf=[
            place,
            {"type": "array", "items": place, "minItems": 1},
            obj({**first, **more}, ("of",)),
        ], errorMessage="must be a place, a list of places, or {of: …}")  # fmt: skip

    label: Schema = {
        "match": regex, "map": texts, "classify": named(regex), "else": SCALAR, "absent": SCALAR,
    }  # fmt: skip
    number: Schema = {"map": numbers, "else": {"type": "number"}, "absent": {"type": "number"}}
    return {
        "place": field(),
        "moment": field(unit={"type": "string", "enum": ["s", "ms", "us", "ns"]}),
        "label": field(**label),
        "number": field(**number),
        # A gauge takes a number, a stateset a text; the family tells which.
        "level": field(**label),
    }


def _test() -> Schema:
    """What a place must be like, for `when`."""
    number = {"type": "number"}
    operators: Schema = {
        "exists": {"type": "boolean"}, "matches": text(format="regex"),
        **dict.fromkeys(("above", "below", "at_least", "at_most"), number),
        "differs_from_sum_of": text("A place with one *, which stands for every element."),
    }  # fmt: skip
    plain: list[Schema] = [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}]
    said = "must be a value, a list of values, or tests such as {exists: true}"
    inner = {
        "anyOf": [*plain, obj(operators, minProperties=1, maxProperties=1)],
        "errorMessage": said,
    }
    assert {*operators, "not"} == set(TEST_OPERATORS)  # noqa: S101 (the language's own list)
    whole = obj({**operators, "not": inner}, minProperties=1)
    return {"anyOf": [*plain, whole], "errorMessage": said}
