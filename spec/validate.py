"""What jsonschema finds in a document, said for people: one problem a mistake, with its place."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, FormatChecker

from spec.problems import Problem, closest, nearest
from spec.quantities import parse_amount, parse_duration, parse_size
from spec.schema import build_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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
    "url_file": "url", "by": "of", "window": "over", "path": "file", "glob": "file",
    "presets": "preset",
}  # fmt: skip


def _regex(value: str) -> None:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f'"{value}" is not a regular expression: {error}') from error


def _address(value: str) -> None:
    if not re.match(r"https?://[^\s/]+", value):
        raise ValueError(f'"{value}" is not an address; it starts with http:// or https://')


def _window(value: str) -> None:
    if not parse_duration(value):
        raise ValueError(f'"{value}" is no time at all')


def _day(value: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f'"{value}" is not a day; try 2026-01-31') from error


# Each raises a ValueError whose message is told.
_FORMATS: dict[str, Callable[[str], object]] = {
    "duration": parse_duration,
    "window": _window,
    "amount": parse_amount,
    "size": parse_size,
    "regex": _regex,
    "uri-http": _address,
    "day": _day,
}


@cache
def _validator() -> Draft202012Validator:
    checker = FormatChecker(formats=())
    for name, check in _FORMATS.items():
        checker.checks(name, raises=ValueError)(partial(_fits, check))
    # That the schema is one is tested: to look at each start would cost more than all the rest.
    return Draft202012Validator(build_schema(), format_checker=checker)


def _fits(check: Callable[[str], object], value: object) -> bool:
    if isinstance(value, str):
        check(value)
    return True


def schema_problems(root: Node, known: Iterable[Problem] = ()) -> list[Problem]:
    """Check a document against the schema, but for the places of problems that are known."""
    told = {problem.path for problem in known}
    errors = _validator().iter_errors(root.plain())
    found = [problem for error in _told_once(errors) for problem in _explain(error, root)]
    return [p for p in found if p.path not in told and not _misspelt(p, found)]


def _misspelt(problem: Problem, found: Iterable[Problem]) -> bool:
    """Tell whether what is lacking is there under another name, which was told already."""
    return any(
        other.path.rpartition(".")[0] == problem.path
        and problem.message == f'lacks "{other.meant}"'
        for other in found
        if other.meant
    )


def _told_once(errors: Iterable[ValidationError]) -> list[ValidationError]:
    """Leave out what else is wrong with a value that has the wrong type altogether."""
    every = list(errors)
    mistyped = {tuple(e.absolute_path) for e in every if e.validator == "type"}
    return [e for e in every if e.validator == "type" or tuple(e.absolute_path) not in mistyped]


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
                yield _unknown(key, list(known), node)
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
    if keyword in ("anyOf", "oneOf") and (inner := _nearest_shape(error)):
        for one in _told_once(inner):
            yield from _explain(one, root)
        return
    message, hint = _message(keyword, error)
    yield node.problem(message, hint)


def _unknown(key: str, known: list[str], node: Node) -> Problem:
    names = {**{a: of for a, of in _ALIASES.items() if of in known}, **{k: k for k in known}}
    close = closest(key, names)
    meant = names[close] if close else known[0] if len(known) == 1 else ""
    hint = f"did you mean {meant!r}?" if meant else nearest(key, known)
    return replace(node.key_problem(key, "is not known here", hint), meant=meant)


def _nearest_shape(error: ValidationError) -> list[ValidationError]:
    """Of several shapes that a value may have, take the one that it came nearest to."""
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.schema_path[0]), []).append(inner)
    fitting = [
        errors
        for errors in branches.values()
        if not any(e.validator in ("type", "const") and not e.relative_path for e in errors)
    ]
    return fitting[0] if fitting else []


def _said(schema: Any, error: ValidationError) -> str:  # noqa: ANN401 (a JSON Schema)
    own = schema.get("errorMessage") if isinstance(schema, dict) else None
    return f'"{error.instance}" {own}' if own else error.message


_BOUNDS = {
    "minimum": "at least", "exclusiveMinimum": "more than",
    "maximum": "at most", "exclusiveMaximum": "less than",
}  # fmt: skip


def _message(keyword: str, error: ValidationError) -> tuple[str, str]:  # noqa: PLR0911 (a table of keywords)
    """Say what is wrong with a value, and what to do about it."""
    value: Any = error.instance
    want: Any = error.validator_value
    schema: Any = error.schema
    own = schema.get("errorMessage") if isinstance(schema, dict) else None
    if keyword == "type":
        return _mistyped([want] if isinstance(want, str) else want, value, schema.get("format"))
    if keyword == "format":
        return str(error.cause), ""
    if keyword == "enum":
        hint = nearest(str(value), want)
        return f'"{value}" is not one of {", ".join(want)}', hint if "mean" in hint else ""
    if keyword in _BOUNDS:
        return f"must be {_BOUNDS[keyword]} {want}, not {value}", ""
    if own:
        named = isinstance(value, str) and keyword != "const"
        return (f'"{value}" {own}' if named else str(own)), ""
    if keyword in ("anyOf", "oneOf"):
        types = [e.validator_value for e in error.context or () if e.validator == "type"]
        return _mistyped(dict.fromkeys(t for t in types if isinstance(t, str)), value)
    plain = {"uniqueItems": "names something twice", "const": f"must be {json.dumps(want)}"}
    if keyword in ("minLength", "minItems", "minProperties"):
        return "must not be empty", ""
    return plain.get(keyword, error.message), ""


def _mistyped(wanted: Iterable[str], value: object, form: str | None = None) -> tuple[str, str]:
    if form in ("duration", "window"):
        example = f"{value}s" if type(value) is int and value > 0 else "5m"
        return f"{json.dumps(value)} is not a duration", f"try {example}"
    kind = _KINDS.get(type(value), f"{value!r}")
    hint = "fill it in, or leave it out" if value is None else ""
    return f"must be {' or '.join(_TYPES[t] for t in wanted)}, not {kind}", hint
