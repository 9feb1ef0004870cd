"""What the compiled rules call for values that are not of the common kind: exact, never raising."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from exporter.formats.shape import MAX_NUMBER
from spec.node import scalar_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from spec.mapping import LabelRule

MEMO_LIMIT = 10_000
# What is made of a longer text is made anew each time: memos hold no prompts.
LONGEST_MEMO = 256

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_LONGEST = 400  # digits; beyond, a number is not finite for a metric, and slow to read

text = scalar_text


def whole_text(value: object) -> str | None:
    """Give a text by which values compare, lists and objects too: keys may stand in any order."""
    if not isinstance(value, dict | list):
        return text(value)
    try:
        return json.dumps(value, sort_keys=True)
    except RecursionError:
        return "too deep"


def number(value: object) -> int | float | str:
    """Read a number: the number itself, or the reason (a text) why it is none.

    Decimal strings are numbers, truth values are not.
    """
    if value is None:
        return "missing"
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            return "not_a_number"
        if len(value) > _LONGEST:
            return "not_finite"
        value = int(value) if value.lstrip("-").isdigit() else float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "not_a_number"
    return value if -MAX_NUMBER <= value <= MAX_NUMBER else "not_finite"


def moment(value: object, scale: float | None) -> datetime | str | None:
    """Read a point in time: ISO 8601 (no zone means UTC), or epoch times `scale` in seconds.

    With a scale a text that is no number may still be ISO 8601: some logs write both.

    Returns:
        The time in UTC, None where there is none, or the reason why it can't be read.
    """
    if value is None:
        return None
    try:
        if scale is not None and not isinstance(value, datetime):
            epoch = number(value)
            if not isinstance(epoch, str):
                return datetime.fromtimestamp(epoch * scale, UTC)
            if epoch != "not_a_number" or not isinstance(value, str):
                return epoch
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, str):
            parsed = _parsed(value)
            return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return "bad_time"


def _parsed(written: str) -> datetime:
    """Read a time as the decoder does (RFC 3339), else as Python does (all of ISO 8601).

    Raises:
        ValueError: it is neither.
    """
    try:
        return msgspec.convert(written, datetime)
    except msgspec.ValidationError:
        return datetime.fromisoformat(written)


def epoch_seconds(value: object) -> float | str:
    """Read a point in time as seconds since 1970, or the reason why it can't be read."""
    if value is None:
        return "missing"
    at = _instant(value)
    return at.timestamp() if isinstance(at, datetime) else at


def seconds_between(both: tuple[object, object] | None) -> float | str:
    """Give the seconds from the second point in time to the first, or the reason why not."""
    if both is None:
        return "missing"
    end, start = map(_instant, both)
    if isinstance(end, str):
        return end
    return start if isinstance(start, str) else (end - start).total_seconds()


def _instant(value: object) -> datetime | str:
    """Read a point in time: a text is ISO 8601, a number is in seconds since 1970."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return moment(value, 1 if is_number else None) or "bad_time"


def elements(value: object) -> Iterable[tuple[object, object]]:
    """Iterate over the keys and elements of a list or object; anything else has none."""
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def differs(total: object, parts: Iterable[object]) -> bool:
    """Tell whether a stated total is not the sum of its parts, to a millionth.

    A total that is no number is not compared; parts that are none are left out.
    """
    stated = number(total)
    if isinstance(stated, str):
        return False
    numbers = [n for n in map(number, parts) if not isinstance(n, str)]
    return not math.isclose(stated, math.fsum(numbers), rel_tol=1e-9, abs_tol=1e-6)


class Memo(dict[str, str]):
    """A function of a text, remembered: `memo[text]` computes what it has not seen yet."""

    def __init__(self, function: Callable[[str], str]) -> None:
        super().__init__()
        self.function = function

    def __missing__(self, key: str) -> str:
        """Compute, and keep a bounded number of answers."""
        value = self.function(key)
        if len(key) <= LONGEST_MEMO:
            if len(self) >= MEMO_LIMIT:
                self.clear()
            self[key] = value
        return value


def keep(memo: dict[object, object], key: object, value: object) -> None:
    """Remember, and keep a bounded number of answers."""
    if any(isinstance(p, str) and len(p) > LONGEST_MEMO for p in _parts(key)):
        return
    if len(memo) >= MEMO_LIMIT:
        memo.clear()
    memo[key] = value


def _parts(key: object) -> tuple[object, ...]:
    return key if isinstance(key, tuple) else (key,)


def clean(path: str) -> str:
    """Give a path as a text that can be written: bytes that are no UTF-8 are shown as escapes."""
    return path if path.isascii() else path.encode("utf-8", "backslashreplace").decode()


def label_function(rule: LabelRule) -> Callable[[str], str]:
    """Give the function from a field's text to a label's value, for rules that cut or classify."""
    cut = re.compile(rule.match) if rule.match else None
    classes = [(name, re.compile(expression)) for name, expression in rule.classes]

    def value(whole: str) -> str:
        part: str | None = whole
        if cut:
            found = cut.search(whole)
            part = found[1] if found else None
        if not part:
            return rule.absent
        if rule.table is not None:
            return rule.table.get(part, part if rule.other is None else rule.other)
        if classes:
            fitting = (name for name, expression in classes if expression.search(part))
            return next(fitting, "other" if rule.other is None else rule.other)
        return part

    return value


def cut_function(expression: str) -> Callable[[str], str]:
    """Give the function that cuts an expression's first group out of a text; "" without a match."""
    compiled = re.compile(expression)

    def cut(whole: str) -> str:
        found = compiled.search(whole)
        return (found[1] or "") if found else ""

    return cut
