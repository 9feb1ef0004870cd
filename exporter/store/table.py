"""The series of one family that share their constant labels: found, saved, shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exporter.store.label_text import LabelText
from exporter.store.series import Counter, Histogram, Level, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from exporter.model import Plain
    from exporter.store.label_text import Labels
    from exporter.store.numbers import Number
    from exporter.store.series import Series
    from spec.model import Family

_KINDS: dict[str, type[Counter | Histogram | Level | State]] = {
    "counter": Counter, "histogram": Histogram, "gauge": Level, "stateset": State, "info": State,
}  # fmt: skip


class Table:
    """A family's series, by labels. What changed is shown when it was published.

    `young` holds until when (in running time) a new series shows 0.
    """

    def __init__(self, family: Family, constants: Mapping[str, str]) -> None:
        """Make an empty table; `constants` stand behind every series' own labels."""
        self.family = family
        self.series: dict[Labels, Any] = {}
        self.changed: dict[Labels, Any] = {}
        self.young: dict[Labels, float] = {}
        self._named = LabelText(family.labels, constants)
        self._removed: list[Labels] = []
        self._fresh: set[Labels] = set()
        self._order: list[Series] | None = []
        self._text: str | None = ""
        self._traced = False

    @property
    def signature(self) -> str:
        """What makes the family's values go on: one that differs starts anew."""
        family = self.family
        labels, buckets = ",".join(family.labels), ",".join(map(repr, family.buckets))
        return f"{family.type}({labels}){family.unit or ''}[{buckets}]"

    def make(self, labels: Labels, *, fresh: bool) -> Any:  # noqa: ANN401 (of the family's kind)
        """Make a series; a `fresh` one is shown at 0 first."""
        made = self.series[labels] = _KINDS[self.family.type](labels)
        if fresh:
            self._fresh.add(labels)
        return made

    def remove_unset_since(self, latest: float) -> int:
        """Remove gauges that were set last before a running time; give their number."""
        old = [
            labels for labels, series in self.series.items()
            if isinstance(series, Level | State) and series.touched < latest and not series.in_use()
        ]  # fmt: skip
        for labels in old:
            self.series.pop(labels).attached = False
            self.changed.pop(labels, None)
            self._removed.append(labels)
        return len(old)

    def saved(self, *, whole: bool) -> list[Plain]:
        """Give the series that changed, or all: labels and value; None for one that is gone."""
        rows: list[Plain] = [] if whole else [[labels, None] for labels in self._removed]
        series = self.series if whole else self.changed
        values = ((labels, one.plain()) for labels, one in series.items())
        return rows + [[labels, plain] for labels, plain in values if plain is not None]

    def restore(self, rows: Iterable[Plain]) -> None:
        """Take up what was saved, in order; it is shown at once when published."""
        for labels, plain in rows:
            key = tuple(labels)
            if plain is None:
                self.series.pop(key, None)
                self.changed.pop(key, None)
                continue
            series = self.series.get(key) or self.make(key, fresh=False)
            series.restore(plain)
            self.changed[key] = series

    def publish(self, now: float, born_at_zero: float) -> None:
        """Show what changed. `now` is the running time, both are in seconds."""
        if not self.changed and not self._removed:
            return
        for labels, series in self.changed.items():
            if not series.visible():
                self._order = None
                if labels in self._fresh:
                    self.young[labels] = now + born_at_zero
                    self._fresh.discard(labels)
            series.publish()
            series.text = ""
            self._traced = self._traced or getattr(series, "exemplar", None) is not None
        if self._removed:
            self._order = None
        self._removed.clear()
        self.changed.clear()
        self._text = None

    def visible(self) -> int:
        """Count the series that scrapes see: a stateset has one for each state."""
        ordered = self._ordered()
        if self.family.type == "stateset":
            return sum(len(one.shown[1]) for one in ordered if isinstance(one, State) and one.shown)
        return len(ordered)

    def totals(self, now: float) -> Iterator[tuple[Labels, Number]]:
        """Give the values of counters as scrapes see them; money is in trillionths."""
        self._grow(now)
        for one in self._ordered():
            if isinstance(one, Counter):
                yield one.labels, 0 if one.labels in self.young else one.shown or 0

    def text(self, now: float) -> str:
        """Write the samples that scrapes see; they are kept until something changes."""
        self._grow(now)
        if self._text is None:
            for series in self._ordered():
                if not series.text:
                    series.text = self._written(series)
            self._text = "".join([series.text for series in self._ordered()])
        return self._text

    def text_with_exemplars(self, now: float) -> str:
        """Write the samples for OpenMetrics, which is what Prometheus asks for."""
        if not self._traced:
            return self.text(now)
        self._grow(now)
        return "".join(
            f"{line}{exemplar}\n"
            for series in self._ordered()
            for line, exemplar in self._lines(series)
        )

    def _written(self, series: Series) -> str:
        if isinstance(series, Counter):
            young = series.labels in self.young
            return f"{series.line(self.family, self._named, young=young)}\n"
        return "".join([f"{line}\n" for line, _ in self._lines(series)])

    def _lines(self, series: Series) -> Iterator[tuple[str, str]]:
        return series.lines(self.family, self._named, young=series.labels in self.young)

    def _ordered(self) -> list[Series]:
        if self._order is None:
            # Copied at once: the thread that reads may be adding one just now.
            visible = (one for one in list(self.series.values()) if one.visible())
            self._order = sorted(visible, key=lambda one: one.labels)
        return self._order

    def _grow(self, now: float) -> None:
        """Let series that are old enough show their values."""
        for labels in [labels for labels, until in self.young.items() if until <= now]:
            del self.young[labels]
            if labels in self.series:
                self.series[labels].text = ""
            self._text = None
