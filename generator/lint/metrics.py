"""What there is to read: families that sources feed, recordings, Prometheus' own series."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from generator.lint.shape import Shape, shape, union
from spec.fed import fed_families
from spec.names import with_theirs
from spec.reading import PROMETHEUS_FAMILIES, TARGET_LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as Map

    from generator.lint.shape import Labels
    from generator.lint.syntax import Node, Select
    from spec.model import Family, Source, Spec

Kind: TypeAlias = Literal["counter", "gauge", "unknown"]

# Of every target, beside `up`.
_SCRAPED = (
    "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)  # fmt: skip
# What Prometheus, Alertmanager and their libraries say of themselves: known by prefix only.
_FOREIGN = ("prometheus_", "alertmanager_", "go_", "process_", "promhttp_", "python_")
# Series of rules, not of targets: of their labels, each alert decides.
FIRING = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
_COUNTS = ("_total", "_bucket", "_sum", "_count")


@dataclass(frozen=True, slots=True)
class Metric:
    """Series of one name. `labels` None: any. `values` are the only ones that a label can have.

    `family` is the one that it is a part of, "" for what is recorded. Where nothing `fed` it,
    there will never be a series.
    """

    name: str
    kind: Kind
    labels: Labels
    values: Map[str, frozenset[str]] = field(default_factory=dict)
    family: str = ""
    fed: bool = True


@dataclass(frozen=True, slots=True)
class Metrics:
    """All that there is, by name."""

    by_name: Map[str, Metric]

    def find(self, name: str) -> Metric | None:
        """Look a metric up; None where there is none of this name."""
        if found := self.by_name.get(name):
            return found
        if name.startswith(_FOREIGN):
            kind: Kind = "counter" if name.endswith(_COUNTS) else "gauge"
            return Metric(name, kind, None)
        return None

    def labels(self, of: Select) -> Labels:
        """Give the labels of what is selected."""
        found = self.find(of.name)
        return found.labels if found else None

    def family(self, name: str) -> str:
        """Name the family of a metric; "" where it has none."""
        found = self.find(name)
        return found.family if found else ""

    def shape(self, node: Node) -> Shape:
        """Tell the labels of an expression's answer."""
        return shape(node, self.labels)

    def is_counter(self, name: str) -> bool:
        """Tell whether these are counters that are there."""
        found = self.find(name)
        return found is not None and found.kind == "counter" and found.fed

    def kind(self, name: str) -> Kind:
        """Tell a counter from a gauge; both parts of a histogram are counters."""
        found = self.find(name)
        return found.kind if found else "unknown"


def exported(spec: Spec) -> dict[str, Metric]:
    """Give what the exporters of a spec show, and what is declared and never fed."""
    every = {**spec.families, **PROMETHEUS_FAMILIES}

    def fed_by(sources: Iterable[Source], known: Iterable[str] = ()) -> frozenset[str]:
        return with_theirs(fed_families(sources, known), spec.names)

    fed = fed_by(spec.sources, spec.families) if spec.sources else frozenset(every)
    feeding = [(source, fed_by([source])) for source in spec.sources]
    common = frozenset({*TARGET_LABELS, *spec.selector})
    found: dict[str, Metric] = {}
    for family in every.values():
        constants = _constants([source for source, names in feeding if family.name in names])
        labels = common | frozenset(family.labels) | frozenset(constants)
        values = {
            **{label: frozenset(values) for label, values in family.values.items()},
            **constants,
        }
        for name, kind, extra in _series(family):
            there, own = family.name in fed, dict(values)
            if "le" in extra:
                own["le"] = _bounds(family)
            found[name] = Metric(name, kind, labels | extra, own, family.name, there)
    for name in _SCRAPED:
        found[name] = Metric(name, "gauge", common)
    return found


def _series(family: Family) -> Iterator[tuple[str, Kind, frozenset[str]]]:
    """Name the series of a family: (name, kind, labels that the family has not)."""
    if family.type == "histogram":
        yield f"{family.name}_bucket", "counter", frozenset({"le"})
        yield f"{family.name}_sum", "counter", frozenset()
        yield f"{family.name}_count", "counter", frozenset()
    else:
        kind: Kind = "counter" if family.type == "counter" else "gauge"
        yield family.name, kind, frozenset()


def _bounds(family: Family) -> frozenset[str]:
    """Give the values of `le`, as Prometheus 2 writes them and as 3 does."""
    plain = {format(bound, "g") for bound in family.buckets}
    return frozenset({*plain, *(str(float(bound)) for bound in family.buckets), "+Inf"})


def _constants(feeding: list[Source]) -> dict[str, frozenset[str]]:
    """Give the labels that sources put on their series; "" where one of them does not."""
    names = {name for source in feeding for name in source.labels}
    return {name: frozenset(source.labels.get(name, "") for source in feeding) for name in names}


def firing(rules: Iterable[tuple[Shape, Map[str, str]]]) -> dict[str, Metric]:
    """Give `ALERTS`, with the labels that alerts have: (labels of the answer, the rule's own)."""
    labels: Labels = frozenset({"alertname"})
    for answer, own in rules:
        labels = union(labels, union(answer.some, frozenset(own)))
    return {
        "ALERTS": Metric("ALERTS", "gauge", union(labels, frozenset({"alertstate"}))),
        "ALERTS_FOR_STATE": Metric("ALERTS_FOR_STATE", "gauge", labels),
    }
