"""What jsonschema finds in a document, said for people: one problem a mistake, with its place."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker

from spec.problems import Problem, nearest
from spec.quantities import parse_amount, parse_duration
from spec.schema import build_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.exceptions import ValidationError

    from spec.node import Node

_KINDS = {
    dict: "a mapping",
    list: "a list",
    str: "a text",
    bool: "true or false",
    type(None): "null",
}
_TYPES = {
    "object": "a mapping", "array": "a list", "string": "a text", "number": "a number",
    "integer": "a whole number", "boolean": "true or false",
}  # fmt: skip
# A key that people write because another tool has it, and what it is called here.
_ALIASES = {
    "threshold": "above", "team": "to", "receiver": "to", "routing_key": "routing_key_file",
    "api_url": "api_url_file", "password": "password_file", "token": "token_file",
    "url_file": "url", "window": "over", "path": "file", "glob": "file", "presets": "preset",
}  # fmt: skip


@cache
def _validator() -> Draft202012Validator:
    checker = FormatChecker(formats=())

    @checker.checks("duration", raises=ValueError)
    def duration(value: object) -> bool:
        if isinstance(value, str):
            parse_duration(value)
        return True

    @checker.checks("amount", raises=ValueError)
    def amount(value: object) -> bool:
        if isinstance(value, str):
            parse_amount(value)
        return True

    @checker.checks("regex", raises=ValueError)
    def regex(value: object) -> bool:
        if isinstance(value, str):
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f'"{value}" is not a regular expression: {error}') from error
        return True

    @checker.checks("uri-http", raises=ValueError)
    def uri(value: object) -> bool:
        if isinstance(value, str) and not re.match(r"https?://[^\s/]+", value):
            raise ValueError(f'"{value}" is not an address; it starts with http:// or https://')
        return True

    schema = build_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=checker)


def schema_problems(root: Node) -> list[Problem]:
    """Check a document against the schema."""
    return [
        problem
        for error in _validator().iter_errors(root.plain())
        for problem in _explain(error, root)
    ]


def _explain(error: ValidationError, root: Node) -> Iterator[Problem]:
    node = root.at(tuple(error.absolute_path))
    schema: Any = error.schema
    instance: Any = error.instance
    wanted: Any = error.validator_value
    keyword = str(error.validator)
    if keyword == "additionalProperties":
        known = schema.get("properties", {})
        for key in instance:
            if key not in known:
                hint = nearest(key, known)
                if key in _ALIASES and _ALIASES[key] in known:
                    hint = f"did you mean {_ALIASES[key]!r}?"
                yield node.key_problem(key, "is not known here", hint)
        return
    if keyword == "required":
        missing = [key for key in wanted if key not in instance]
        # jsonschema reports each missing key as an error of its own; its message names it.
        key = next((k for k in missing if error.message.startswith(repr(k))), missing[0])
        yield node.problem(f'lacks "{key}"')
        return
    if "propertyNames" in error.absolute_schema_path:
        yield node.key_problem(str(error.instance), _said(schema, error))
        return
    if keyword in ("anyOf", "oneOf") and not schema.get("errorMessage"):
        inner = _deepest(error)
        if inner is not None:
            yield from _explain(inner, root)
            return
    message, hint = _message(keyword, error)
    yield node.problem(message, hint)


def _deepest(error: ValidationError) -> ValidationError | None:
    """Of several shapes that a value may have, take the one that it came nearest to."""
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.schema_path[0]), []).append(inner)
    fitting = [
        errors
        for errors in branches.values()
        if not any(e.validator == "type" and not e.relative_path for e in errors)
    ]
    return fitting[0][0] if fitting else None


def _said(schema: Any, error: ValidationError) -> str:  # noqa: ANN401 (a JSON Schema)
    own = schema.get("errorMessage") if isinstance(schema, dict) else None
    return f'"{error.instance}" {own}' if own else error.message


def _message(keyword: str, error: ValidationError) -> tuple[str, str]:  # noqa: PLR0911 (a table of keywords)
    value: Any = error.instance
    want: Any = error.validator_value
    own = error.schema.get("errorMessage") if isinstance(error.schema, dict) else None
    if keyword == "type":
        types = [want] if isinstance(want, str) else want
        kind = _KINDS.get(type(value), f"{value!r}")
        return f"must be {' or '.join(_TYPES[t] for t in types)}, not {kind}", ""
    if keyword == "format":
        return str(error.cause), ""
    if keyword == "enum":
        hint = nearest(str(value), want)
        return f'"{value}" is not one of {", ".join(want)}', hint if "mean" in hint else ""
    if keyword == "const":
        return own or f"must be {want}", ""
    if keyword in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        words = {
            "minimum": "at least", "exclusiveMinimum": "more than",
            "maximum": "at most", "exclusiveMaximum": "less than",
        }  # fmt: skip
        return f"must be {words[keyword]} {want}, not {value}", ""
    if keyword == "uniqueItems":
        return "names something twice", ""
    if own:
        return (f'"{value}" {own}' if isinstance(value, str) else str(own)), ""
    if keyword in ("anyOf", "oneOf"):
        return f"has a shape that is not read here: {str(value)[:60]}", ""
    return error.message, ""
