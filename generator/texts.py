"""Texts of alerts: a Go template for Prometheus, and in Python what Prometheus makes of it.

promtool compares annotations literally, so both must agree to the last character.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote_plus

from spec.quantities import format_number

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as Map
    from fractions import Fraction

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# A brace before another brace, or before an action that follows the literal, would open an action.
_OPENING = re.compile(r"\{(?=\{|$)")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Literal:
    """Characters that stand for themselves."""

    text: str

    def template(self) -> str:
        """Write it for Go, which takes `{{` for its own."""
        return literal(self.text)

    def render(self, labels: Map[str, str], value: float) -> str:  # noqa: ARG002 - as the others
        """Give the characters."""
        return self.text


@dataclass(frozen=True, slots=True)
class Label:
    """The value of a label, or `missing` where the alert has none; `query`: escaped for a link."""

    name: str
    missing: str = ""
    query: bool = False

    def template(self) -> str:
        """Write it for Go."""
        label = f"$labels.{self.name}"
        found = f'or {label} "{self.missing}"' if self.missing else label
        return f"{{{{ {found}{' | urlquery' if self.query else ''} }}}}"

    def render(self, labels: Map[str, str], value: float) -> str:  # noqa: ARG002 - as the others
        """Give the label's value."""
        text = labels.get(self.name, "") or self.missing
        return quote_plus(text, safe="~") if self.query else text


@dataclass(frozen=True, slots=True)
class Number:
    """The value of an alert, in a unit: `ratio`, `s`, `usd`, `time` (since 1970, in s) or plain."""

    unit: str | None

    def template(self) -> str:
        """Write it for Go."""
        match self.unit:
            case "ratio":
                return "{{ $value | humanizePercentage }}"
            case "s":
                return "{{ $value | humanizeDuration }}"
            case "usd":
                return '${{ printf "%.2f" $value }}'
            case "time":
                return '{{ ($value | toTime).Format "2006-01-02 15:04" }} UTC'
            case _:
                return '{{ printf "%.10g" $value }}'

    def render(self, labels: Map[str, str], value: float) -> str:  # noqa: ARG002 - as the others
        """Give the value as Prometheus writes it."""
        match self.unit:
            case "ratio":
                return f"{value * 100:.4g}%"
            case "s":
                return _humanize_duration(value)
            case "usd":
                return f"${value:.2f}"
            case "time":
                return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M} UTC"
            case _:
                return f"{value:.10g}"


Part: TypeAlias = Literal | Label | Number


@dataclass(frozen=True, slots=True)
class Text:
    """A text of an alert, cut into its parts."""

    parts: tuple[Part, ...]

    def template(self) -> str:
        """Write it as Prometheus wants it."""
        return "".join(part.template() for part in self.parts)

    def render(self, labels: Map[str, str], value: float) -> str:
        """Give what Prometheus makes of it for an alert with these labels and this value."""
        return "".join(part.render(labels, value) for part in self.parts)


def read_text(
    source: str, constants: Map[str, str], unit: str | None, missing: Map[str, str]
) -> Text:
    """Cut a text of the spec into its parts.

    Args:
        source: The text, with `{value}`, names of `constants`, and labels.
        constants: What is known before anything fires (`threshold`, `window`, `fleet`, ...).
        unit: The unit of `{value}`.
        missing: What to say instead of a label that an alert may lack.
    """
    parts: list[Part] = []
    end = 0
    for found in _PLACEHOLDER.finditer(source):
        name = found[1]
        parts.append(Literal(source[end : found.start()]))
        if name == "value":
            parts.append(Number(unit))
        elif name in constants:
            parts.append(Literal(constants[name]))
        else:
            parts.append(Label(name, missing.get(name, "")))
        end = found.end()
    parts.append(Literal(source[end:]))
    return Text(tuple(part for part in parts if part != Literal("")))


def link(address: str, variables: Iterable[str], missing: Map[str, str]) -> Text:
    """Make the address of a dashboard that opens with these labels as its variables."""
    parts: list[Part] = [Literal(address)]
    for mark, name in zip(_marks(), variables, strict=False):
        parts += [Literal(f"{mark}var-{name}="), Label(name, missing.get(name, ""), query=True)]
    return Text(tuple(parts))


def literal(text: str) -> str:
    """Write a text so that Go's templates leave it as it is."""
    return _OPENING.sub('{{ "{" }}', text)


def placeholders(text: str) -> set[str]:
    """Name what stands in braces in a text."""
    return set(_PLACEHOLDER.findall(text))


def amount(value: Fraction, unit: str | None) -> str:
    """Write a threshold as `{value}` would be written, without its rounding of plain numbers."""
    if unit in ("ratio", "s", "usd"):
        return Number(unit).render({}, float(value))
    return format_number(value)


def _marks() -> Iterable[str]:
    yield "?"
    while True:
        yield "&"


def _humanize_duration(seconds: float) -> str:
    """Write a duration as Prometheus' function of that name does."""
    if not math.isfinite(seconds):
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[f"{seconds}"]
    sign, size = ("-" if seconds < 0 else ""), abs(seconds)
    prefix = ""
    for smaller in "munpfazy" if size else "":
        if size >= 1:
            break
        prefix, size = smaller, size * 1000
    if prefix:
        return f"{sign}{size:.4g}{prefix}s"
    if size < _MINUTE:
        return f"{sign}{size:.4g}s"
    whole = int(size)
    days, hours = whole // _DAY, whole // _HOUR % 24
    text = f"{whole // _MINUTE % 60}m {whole % 60}s"
    if days:
        return f"{sign}{days}d {hours}h {text}"
    return f"{sign}{hours}h {text}" if hours else f"{sign}{text}"
