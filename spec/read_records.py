"""Records: scores that rules record, and that alerts and panels read like any gauge."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

from spec.model import Family, Part, Record
from spec.problems import nearest
from spec.read_anomaly import KINDS
from spec.read_queries import kind_of, read_condition
from spec.reading import amount, string, texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from spec.model import Measured
    from spec.node import Node
    from spec.reading import Reading

_ONE = Fraction(1)


def read_records(
    node: Node | None, asked: Node | None, shipped: Map[str, Node], into: Reading
) -> tuple[Record, ...]:
    """Read records; what is switched off (`false`) is left out, a part like a whole record.

    Args:
        node: All records, the user's laid on those of the catalogue.
        asked: The user's own.
        shipped: Those of the catalogue and the presets, to tell what there is to switch off.
        into: Where problems go.
    """
    _check_switches(asked, shipped, into)
    records = []
    for name, entry in node.items() if node else ():
        if not isinstance(entry.value, dict):
            continue
        if name in into.families and not into.families[name].recorded and node:
            into.problems.append(node.key_problem(name, "is a metric that exporters show already"))
            continue
        records.append(_record(name, entry, into))
    return tuple(record for record in records if record.parts)


def record_families(records: tuple[Record, ...]) -> dict[str, Family]:
    """Give the gauges that records are to those who read them."""
    return {
        record.name: Family(
            record.name, "gauge", record.help, record.by, unit="ratio", recorded=True
        )
        for record in records
    }


def shipped_families(shipped: Map[str, Node]) -> dict[str, Family]:
    """Give the gauges of the catalogue's records, so that they are known where they are off."""

    def gauge(name: str, entry: Node) -> Family:
        said, by = string(entry.get("help")), texts(entry.get("by"))
        return Family(name, "gauge", said, by, recorded=True)

    return {name: gauge(name, entry) for name, entry in shipped.items()}


def _check_switches(asked: Node | None, shipped: Map[str, Node], into: Reading) -> None:
    for name, entry in asked.items() if asked else ():
        if entry.value is False and name not in shipped:
            message = f'there is no record "{name}" to switch off'
            into.wrong(entry, message, nearest(name, shipped))
        there = shipped.get(name)
        known = [part for part, _ in _parts(there)] if there else []
        for part, settings in _parts(entry):
            if settings.value is False and part not in known:
                message = f'there is no part "{part}" to switch off'
                into.wrong(settings, message, nearest(part, known))


def _parts(entry: Node) -> Iterator[tuple[str, Node]]:
    parts = entry.get("parts")
    yield from parts.items() if parts else ()


def _record(name: str, entry: Node, into: Reading) -> Record:
    parts = []
    families: list[Family] = []
    for part, settings in _parts(entry):
        if not isinstance(settings.value, dict):
            continue
        made, read = _part(part, settings, into)
        families += read
        if made:
            parts.append(made)
    by = into.by(entry.get("by"), families)
    if not any(True for _ in _parts(entry)):
        into.wrong(entry, "has no parts", "add parts:, each with a weight, its best and its worst")
    return Record(name, string(entry.get("help"), f"{name}, from 0 to 1."), by, tuple(parts), entry)


def _part(name: str, node: Node, into: Reading) -> tuple[Part | None, tuple[Family, ...]]:
    kind = kind_of(node, KINDS, into)
    condition, families = read_condition(kind, node, into) if kind else (None, ())
    best, worst = amount(node.get("best")), amount(node.get("worst"))
    for key, given in (("best", best), ("worst", worst)):
        if given is None and not node.has(key) and not into.meant(node, key):
            into.wrong(node, f'lacks "{key}"', "a part is scaled between its worst and its best")
    if best is None or worst is None:
        return None, families
    if best == worst:
        into.wrong(node.get("worst") or node, "is the best too: nothing lies between them")
        return None, families
    weight = amount(node.get("weight"))
    if condition is None:
        return None, families
    return Part(name, cast("Measured", condition), weight or _ONE, best, worst), families
