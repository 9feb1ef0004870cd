"""What the spec's JSON Schema is put together from."""

from __future__ import annotations

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

LABEL = "[a-zA-Z_][a-zA-Z0-9_]*"
METRIC = "[a-zA-Z_:][a-zA-Z0-9_:]*"


def text(description: str = "", **more: object) -> Schema:
    """A text."""
    return {"type": "string", **({"description": description} if description else {}), **more}


def pattern(expression: str, message: str, description: str = "") -> Schema:
    """A text of a certain form; `message` says what is wrong with another."""
    return text(description, pattern=f"^{expression}$", errorMessage=message)


def some_text(description: str = "", **more: object) -> Schema:
    """A text that is not empty."""
    return text(description, minLength=1, **more)


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
WINDOW = text(format="window", description="A duration that is not zero: 30s, 5m, 1h30m, 1d.")
AMOUNT: Schema = {
    "type": ["number", "string"], "format": "amount",
    "description": "A number, a share (50%) or a duration (5s).",
}  # fmt: skip
SCALAR: Schema = {"type": ["string", "number", "boolean"]}
METRIC_NAME = pattern(METRIC, "is not a metric name", "A metric family's name.")


def metric(description: str) -> Schema:
    """The name of a metric."""
    return {**METRIC_NAME, "description": description}


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
