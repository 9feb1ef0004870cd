"""Names of others, read from the files that come with agentgauge: data, one file a convention."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from spec.layers import HOME
from spec.model import Family
from spec.model.names import OtherNames, Twin, View, Way
from spec.problems import SpecError
from spec.reading import constants, string
from spec.yaml_tree import read_tree

if TYPE_CHECKING:
    from spec.model import FamilyType
    from spec.model.names import Ways
    from spec.node import Node


@cache
def other_names(name: str) -> OtherNames:
    """Give the names that `outputs: {names: NAME}` shows beside our own."""
    root, problems = read_tree(HOME / "names" / f"{name}.yaml", f"names/{name}.yaml")
    if problems:
        raise SpecError(problems)
    twins, views = root.get("histograms"), root.get("views")
    return OtherNames(
        follows=string(root.get("follows")),
        twins=tuple(_twin(*entry) for entry in (twins.items() if twins else ())),
        views=tuple(_view(*entry) for entry in (views.items() if views else ())),
    )


def _twin(name: str, node: Node) -> Twin:
    labels, split, buckets = node.get("labels"), node.get("split"), node.get("buckets")
    ways = {label: _ways(at) for label, at in (labels.items() if labels else ())}
    into = (string(split.get("into")),) if split else ()
    family = Family(
        name,
        "histogram",
        string(node.get("help")),
        (*into, *ways),
        unit=string(node.get("unit")) or None,
        buckets=tuple(float(string(bound)) for bound in (buckets.elements() if buckets else ())),
    )
    return Twin(
        family,
        string(node.get("of")),
        ways,
        split=(string(split.get("label")), *into) if split else None,
        groups=constants(node.get("groups")),
    )


def _view(name: str, node: Node) -> View:
    labels = node.get("labels")
    ways = {label: _way(at) for label, at in (labels.items() if labels else ())}
    unit = string(node.get("unit")) or None
    count = string(node.get("count"))
    kind: FamilyType = "histogram" if count else "counter"
    family = Family(name, kind, string(node.get("help")), tuple(ways), unit=unit)
    return View(family, string(node.get("of")), ways, constants(node.get("where")), count)


def _ways(node: Node) -> Ways:
    return tuple(_way(way) for way in node.elements())


def _way(node: Node) -> Way:
    table, other = node.get("map"), node.get("else")
    return Way(
        label=string(node.get("label")) or None,
        text=string(node.get("text")),
        table=constants(table) if table else None,
        classes=tuple(constants(node.get("classify")).items()),
        other=string(other) if other else None,
    )
