"""Families: the vocabulary's and the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from spec.model import FAMILY_LIMIT, Family, FamilyType
from spec.reading import integer, string, texts

if TYPE_CHECKING:
    from spec.node import Node
    from spec.reading import Reading

_SUFFIX = {"counter": "_total", "info": "_info"}


def read_families(node: Node | None, into: Reading) -> dict[str, Family]:
    """Read a mapping of names to families; note what no Prometheus would like."""
    families = {}
    for name, entry in node.items() if node else ():
        family = _family(name, entry)
        families[name] = family
        if into.doubtful(entry):
            into.unsure.add(name)
            continue
        suffix = _SUFFIX.get(family.type)
        if suffix and not name.endswith(suffix) and node:
            message = f"is of type {family.type}, so its name must end in {suffix}"
            into.problems.append(node.key_problem(name, message))
        if family.type == "histogram" and not family.buckets:
            into.wrong(entry, "is a histogram and lacks buckets", "add buckets: [0.1, 1, 10]")
        if list(family.buckets) != sorted(set(family.buckets)):
            into.wrong(entry.get("buckets") or entry, "must rise from bucket to bucket")
        for label in family.labels:
            if label.startswith("__") or (label == "le" and family.type == "histogram"):
                into.wrong(entry, f'has a label "{label}", which Prometheus keeps for itself')
        for label in (*family.values, *filter(None, [family.state]), *family.replaced):
            if label not in family.labels:
                into.wrong(entry, f'speaks of a label "{label}" that is not in labels')
    return families


def _family(name: str, node: Node) -> Family:
    buckets = node.get("buckets")
    values = node.get("values")
    unit = node.get("unit")
    state = node.get("state")
    return Family(
        name=name,
        type=cast("FamilyType", string(node.get("type"), "gauge")),
        help=string(node.get("help")),
        labels=texts(node.get("labels")),
        unit=string(unit) if unit else None,
        buckets=tuple(
            float(b.value)
            for b in (buckets.elements() if buckets else [])
            if isinstance(b.value, int | float)
        ),
        values={label: texts(list_) for label, list_ in (values.items() if values else ())},
        state=string(state) if state else None,
        replaced=texts(node.get("replaced")),
        limit=integer(node.get("limit"), FAMILY_LIMIT),
    )
