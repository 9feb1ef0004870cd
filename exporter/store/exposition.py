"""What a scrape gets: the text of all families, in Prometheus' format or in OpenMetrics.

Each series keeps its written lines until it changes, so that a scrape writes only what is new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from exporter.store.label_text import LabelText, braced
from exporter.store.numbers import written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from exporter.store.label_text import Labels
    from spec.model import Family

CONTENT_TYPE_PLAIN = "text/plain; version=0.0.4; charset=utf-8"
CONTENT_TYPE_OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

Written: TypeAlias = tuple[str, str]
"""A family's name, and all of its lines."""


class Shown(Protocol):
    """What a scrape sees of a family, or of a part of it: a table of series, or a list of them."""

    family: Family

    def visible(self) -> int:
        """Count the series that scrapes see."""
        ...

    def text(self, now: float) -> str:
        """Write the samples; `now` is the running time."""
        ...

    def text_with_exemplars(self, now: float) -> str:
        """Write the samples for OpenMetrics."""
        ...


_TYPES = {"stateset": "gauge", "info": "gauge"}


def exposition(families: Iterable[Written], *, openmetrics: bool = False) -> bytes:
    """Put families together, in their order."""
    end = ["# EOF\n"] if openmetrics else []
    return "".join([*(text for _, text in families), *end]).encode()


def families_of(
    tables: Iterable[Shown], now: float, *, openmetrics: bool = False, names: Collection[str] = ()
) -> Iterator[Written]:
    """Write what tables hold, those of one family together, in their order.

    `now` is the running time. `names` are those of families or samples: with any, only what has
    one of these is written.
    """
    families: dict[str, list[Shown]] = {}
    for table in tables:
        families.setdefault(table.family.name, []).append(table)
    for name, together in families.items():
        family = together[0].family
        if names and _names(family).isdisjoint(names):
            continue
        texts = [t.text_with_exemplars(now) if openmetrics else t.text(now) for t in together]
        if text := "".join(texts):
            yield name, head(family, openmetrics=openmetrics) + text


def gauges(
    values: Mapping[str, Mapping[Labels, float]],
    families: Mapping[str, Family],
    *,
    names: Collection[str] = (),
) -> Iterator[Written]:
    """Write families of gauges whose values are at hand only now."""
    for name, series in values.items():
        family = families[name]
        if not series or (names and name not in names):
            continue
        lines = [head(family, openmetrics=False)]
        for labels, value in sorted(series.items()):
            text = LabelText(family.labels, {}).text(labels)
            lines.append(f"{name}{braced(text)} {written(value)}\n")
        yield name, "".join(lines)


def wants_openmetrics(accept: str) -> bool:
    """Tell by an Accept header whether a scraper would rather have OpenMetrics."""
    best = {"application/openmetrics-text": 0.0, "text/plain": 0.0}
    for offer in accept.split(","):
        kind, *parameters = (part.strip() for part in offer.split(";"))
        weights = [p[2:] for p in parameters if p.startswith("q=")]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            continue
        if kind in best:
            best[kind] = max(best[kind], weight)
    openmetrics, plain = best.values()
    return openmetrics > 0 and openmetrics >= plain


def head(family: Family, *, openmetrics: bool) -> str:
    """Write what stands above a family's samples."""
    kind = _TYPES.get(family.type, family.type)
    name, text = family.name, family.help.replace("\\", r"\\").replace("\n", r"\n")
    if openmetrics:
        name = name.removesuffix("_total") if kind == "counter" else name
        text = text.replace('"', r"\"")
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


def _names(family: Family) -> set[str]:
    if family.type == "histogram":
        return {family.name, *(f"{family.name}_{part}" for part in ("bucket", "count", "sum"))}
    return {family.name, family.name.removesuffix("_total")}
