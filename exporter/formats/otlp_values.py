"""Values of OTLP/JSON as plain ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from exporter.formats.otlp_types import Int64, KeyValue, Value

_MOST_DIGITS = 20


def flat(
    entries: Iterable[KeyValue | None] | None, wanted: Collection[str] | None = None
) -> dict[str, Any]:
    """Give a map by key; one inside it gives an entry for each of its own, as `outer.inner`.

    Others than the `wanted` may be left out.
    """
    found: dict[str, Any] = {}
    for entry in entries or ():
        if entry is None or entry.key is None:
            continue
        value = entry.value
        if value is not None and value.kvlist_value is not None:
            inner = flat(value.kvlist_value.values)
            found |= {f"{entry.key}.{key}": part for key, part in inner.items()}
        elif wanted is None or entry.key in wanted:
            found[entry.key] = plain(value)
    return found


def plain(value: Value | None) -> Any:  # noqa: ANN401 (any value)
    """Give a value of any kind; bytes stay in Base64."""
    if value is None:
        return None
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return whole(value.int_value)
    if value.array_value is not None:
        return [plain(part) for part in value.array_value.values or ()]
    if value.kvlist_value is not None:
        return flat(value.kvlist_value.values)
    simple = (value.bool_value, value.double_value, value.bytes_value)
    return next((one for one in simple if one is not None), None)


def instant(nanoseconds: Int64 | None) -> Int64 | None:
    """Give a point in time in nanoseconds; 0 means that it is not known."""
    return (whole(nanoseconds) or None) if nanoseconds is not None else None


def between(start: Int64 | None, end: Int64 | None) -> Int64 | None:
    """Give the time between two instants; None where one is not known."""
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        return None
    return end - start


def whole(number: Int64) -> Int64:
    """Give a whole number that may be written as a text; anything else as it is."""
    if not isinstance(number, str):
        return number
    digits = number.removeprefix("-")
    fine = digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS
    return int(number) if fine else number
