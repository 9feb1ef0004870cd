"""The kinds of series: what rules have made of them, and what scrapes see of that.

Each holds its true value and the one that is shown. A value is shown once it is safe in the
checkpoint, so that what Prometheus has seen never goes back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from exporter.store.label_text import braced, escaped
from exporter.store.numbers import MONEY, number_from, plain_number, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.model import Plain
    from exporter.store.label_text import Labels, LabelText
    from exporter.store.numbers import Number
    from spec.model import Family

OVERFLOW = "__overflow__"
"""Stands for the values of a label that came after a family had all the series that it may have."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One event among those that a series counts. `value` is what it added or observed."""

    label: str
    id: str
    value: float
    time: float | None

    def text(self) -> str:
        """Write it as OpenMetrics does, behind a sample."""
        at = "" if self.time is None else f" {self.time:.3f}"
        return f' # {{{self.label}="{escaped(self.id)}"}} {written(self.value)}{at}'


class Series(Protocol):
    """What a table needs of a series of any kind."""

    labels: Labels
    text: str
    """The lines that scrapes see; "" while they are not written, or there are none."""

    def plain(self) -> Plain:
        """Give the true value for a checkpoint; None where there is none."""
        ...

    def restore(self, plain: Plain) -> None:
        """Take a value from a checkpoint."""
        ...

    def publish(self) -> None:
        """Show the true value from now on."""
        ...

    def visible(self) -> bool:
        """Whether there is a value to show."""
        ...

    def lines(self, family: Family, named: LabelText, *, young: bool) -> Iterator[tuple[str, str]]:
        """Write the samples, each a line without newline and an exemplar or "".

        `young`: show 0 whatever the value is.
        """
        ...


@dataclass(slots=True, eq=False)
class Counter:
    """A counter: `value` is None until something is added. Money counts in trillionths."""

    labels: Labels
    value: Number | None = None
    shown: Number | None = None
    exemplar: Exemplar | None = None
    heads: tuple[str, ...] = ()
    text: str = ""

    def add(self, amount: Number) -> None:
        """Add; the first amount, 0 too, makes the series."""
        self.value = amount if self.value is None else self.value + amount

    def begin(self, family: Family) -> None:  # noqa: ARG002 (a histogram needs it)
        """Begin at 0."""
        self.value = 0

    def plain(self) -> Plain:
        """Give the value."""
        return None if self.value is None else plain_number(self.value)

    def restore(self, plain: Plain) -> None:
        """Take the value."""
        self.value = number_from(plain)

    def publish(self) -> None:
        """Show the value."""
        self.shown = self.value

    def visible(self) -> bool:
        """Whether something was added."""
        return self.shown is not None

    def lines(self, family: Family, named: LabelText, *, young: bool) -> Iterator[tuple[str, str]]:
        """Write the sample."""
        exemplar = self.exemplar.text() if self.exemplar and not young else ""
        yield self.line(family, named, young=young), exemplar

    def line(self, family: Family, named: LabelText, *, young: bool) -> str:
        """Write the sample alone: most series are counters, and most scrapes want no more."""
        if not self.heads:
            self.heads = (f"{family.name}{braced(named.text(self.labels))} ",)
        if young or self.shown is None:
            return self.heads[0] + written(0)
        money = family.unit == "usd"
        return self.heads[0] + written(Fraction(self.shown) / MONEY if money else self.shown)


@dataclass(slots=True, eq=False)
class Histogram:
    """Observations: how many a bucket (the last is +Inf; not cumulative), and their sum."""

    labels: Labels
    counts: list[int] | None = None
    sum: Number = 0
    shown: tuple[int, ...] | None = None
    shown_sum: Number = 0
    exemplar: Exemplar | None = None
    heads: tuple[str, ...] = ()
    text: str = ""

    def observe(self, counts: list[int], total: Number) -> None:
        """Add observations."""
        have = self.counts or [0] * len(counts)
        self.counts = [a + b for a, b in zip(have, counts, strict=True)]
        self.sum += total

    def begin(self, family: Family) -> None:
        """Begin without observations."""
        self.counts = [0] * (len(family.buckets) + 1)

    def plain(self) -> Plain:
        """Give counts and sum."""
        return None if self.counts is None else [self.counts, plain_number(self.sum)]

    def restore(self, plain: Plain) -> None:
        """Take counts and sum."""
        self.counts, self.sum = list(plain[0]), number_from(plain[1])

    def publish(self) -> None:
        """Show the counts."""
        if self.counts is not None:
            self.shown, self.shown_sum = tuple(self.counts), self.sum

    def visible(self) -> bool:
        """Whether there was an observation."""
        return self.shown is not None

    def lines(self, family: Family, named: LabelText, *, young: bool) -> Iterator[tuple[str, str]]:
        """Write buckets, count and sum; an exemplar stands behind the bucket that it fell into."""
        counts, total = self.shown or (), self.shown_sum
        if young:
            counts, total = (0,) * len(counts), 0
        if not self.heads:
            self.heads = (*self._heads(family, named),)
        count, exemplar = 0, None if young else self.exemplar
        bounds = (*family.buckets, float("inf"))
        for head, bound, more in zip(self.heads, bounds, counts, strict=False):
            count += more
            mark = ""
            if exemplar and exemplar.value <= bound:
                mark, exemplar = exemplar.text(), None
            yield head + written(count), mark
        yield self.heads[-2] + written(count), ""
        yield self.heads[-1] + written(total), ""

    def _heads(self, family: Family, named: LabelText) -> Iterator[str]:
        """Write what stands before the numbers: of each bucket, of the count, of the sum."""
        before, after = named.around_le(self.labels)
        for bound in (*(repr(float(bound)) for bound in family.buckets), "+Inf"):
            yield f"{family.name}_bucket{{{before}{bound}{after}}} "
        labels = braced(named.text(self.labels))
        yield f"{family.name}_count{labels} "
        yield f"{family.name}_sum{labels} "


@dataclass(slots=True, eq=False)
class Level:
    """A gauge: its value (None: not set yet) and the time of the event that set it.

    `touched` is the running time when it was set last. `attached`: a table holds it; one that has
    no place there is set all the same and shown by nobody. `counts`: it says how many there are
    of something, up and down.
    """

    labels: Labels
    value: float | None = None
    time: datetime | None = None
    shown: float | None = None
    touched: float = 0.0
    attached: bool = True
    counts: bool = False
    heads: tuple[str, ...] = ()
    text: str = ""

    def in_use(self) -> bool:
        """Whether somebody is still to count it down."""
        return self.counts and bool(self.value)

    def set(self, value: float, time: datetime | None) -> None:
        """Take a value; the latest event wins, in whatever order files are read."""
        if self.time is None or time is None or time >= self.time:
            self.value, self.time = value, time

    def plain(self) -> Plain:
        """Give value, time, and when it was set."""
        return (
            None
            if self.value is None
            else [plain_number(self.value), _written(self.time), self.touched]
        )

    def restore(self, plain: Plain) -> None:
        """Take value, time, and when it was set."""
        self.value, self.touched = float(number_from(plain[0])), plain[2]
        self.time = _read(plain[1])

    def publish(self) -> None:
        """Show the value."""
        self.shown = self.value

    def visible(self) -> bool:
        """Whether it was set."""
        return self.shown is not None

    def lines(self, family: Family, named: LabelText, *, young: bool) -> Iterator[tuple[str, str]]:  # noqa: ARG002 (only counters are young)
        """Write the sample."""
        if not self.heads:
            self.heads = (f"{family.name}{braced(named.text(self.labels))} ",)
        yield self.heads[0] + written(self.shown or 0), ""


@dataclass(slots=True, eq=False)
class State:
    """A choice among several: the one in force, and those that were. Stateset and info families."""

    labels: Labels
    current: str | Labels | None = None
    time: datetime | None = None
    seen: dict[str | Labels, None] = field(default_factory=dict)
    shown: tuple[str | Labels | None, tuple[str | Labels, ...]] | None = None
    touched: float = 0.0
    attached: bool = True
    text: str = ""

    def in_use(self) -> bool:
        """Whether somebody is still to count it down: a state is no count."""
        return False

    def set(self, state: str | Labels, time: datetime | None) -> None:
        """Take a state; the latest event wins."""
        self.seen[state] = None
        if self.time is None or time is None or time >= self.time:
            self.current, self.time = state, time

    def plain(self) -> Plain:
        """Give the states, the time, and when it was set."""
        if not self.seen:
            return None
        return [self.current, _written(self.time), list(self.seen), self.touched]

    def restore(self, plain: Plain) -> None:
        """Take the states, the time, and when it was set."""
        current, time, seen, self.touched = plain
        self.time = _read(time)
        self.current = _hashable(current)
        self.seen = dict.fromkeys(map(_hashable, seen))

    def publish(self) -> None:
        """Show the states."""
        self.shown = (self.current, tuple(self.seen))

    def visible(self) -> bool:
        """Whether there was a state."""
        return self.shown is not None

    def lines(self, family: Family, named: LabelText, *, young: bool) -> Iterator[tuple[str, str]]:  # noqa: ARG002 (only counters are young)
        """Write one sample a state, or the one set of labels that is in force."""
        current, seen = self.shown or (None, ())
        if family.state is None:
            if isinstance(current, tuple):  # an info family: all its labels
                yield f"{family.name}{braced(named.text(current))} 1.0", ""
            return
        at = family.labels.index(family.state)
        for state in sorted(map(str, seen)):
            labels = named.text((*self.labels[:at], state, *self.labels[at:]))
            yield f"{family.name}{braced(labels)} {written(int(state == current))}", ""


def _written(time: datetime | None) -> str | None:
    """Write a time as a checkpoint holds it, of any zone and any year."""
    return None if time is None else time.isoformat()


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _hashable(state: Plain) -> str | Labels:
    return tuple(state) if isinstance(state, list) else state
