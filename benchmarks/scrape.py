"""`python -m benchmarks.scrape`: a scrape of many series, beside prometheus-client's own.

Both write the same samples: counters with three labels. What is read between two scrapes moves a
hundredth of the series, or all of them.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import click
from prometheus_client import CollectorRegistry, Counter, generate_latest

from exporter.store.exposition import exposition, families_of
from exporter.store.store import Limit, Store
from spec.model import Family

if TYPE_CHECKING:
    from collections.abc import Callable

LABELS = ("agent", "tool", "outcome")
ROUNDS = 5


def labels(number: int) -> tuple[str, str, str]:
    """Give the labels of one series."""
    return f"agent-{number % 100}", f"tool-{number}", "success"


def ours(count: int, every: int) -> Callable[[], tuple[float, bytes]]:
    """Fill a store; give what moves every so many-th series, publishes, and times a scrape."""
    family = Family("tool_calls_total", "counter", "Calls.", LABELS, limit=count)
    store = Store({family.name: family}, Limit(count), lambda: 0.0)
    series = [store.total(family, labels(number))[0] for number in range(count)]
    for number, one in enumerate(series):
        one.add(number)
        store.changed(family, one)
    store.publish()

    def scrape() -> tuple[float, bytes]:
        for one in series[::every]:
            one.add(1)
            store.changed(family, one)
        store.publish()
        began = time.perf_counter()
        text = exposition(families_of(store.all_tables(), 0.0))
        return time.perf_counter() - began, text

    scrape()
    return scrape


def theirs(count: int, every: int) -> Callable[[], tuple[float, bytes]]:
    """Do the same with prometheus-client."""
    registry = CollectorRegistry()
    counter = Counter("tool_calls", "Calls.", LABELS, registry=registry)
    series = [counter.labels(*labels(number)) for number in range(count)]
    for number, one in enumerate(series):
        one.inc(number)

    def scrape() -> tuple[float, bytes]:
        for one in series[::every]:
            one.inc(1)
        began = time.perf_counter()
        text = generate_latest(registry)
        return time.perf_counter() - began, text

    scrape()
    return scrape


@click.command()
def main() -> None:
    """Print milliseconds a scrape, and how many times less ours takes."""
    for count in (10_000, 100_000):
        for every, what in ((100, "1 in 100 moved"), (1, "all moved")):
            mine, other = ours(count, every), theirs(count, every)
            pairs = [(mine()[0], other()[0]) for _ in range(ROUNDS)]
            ms, client = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
            click.echo(
                f"{count:>7,} series, {what:15} {ms:>7.1f} ms, prometheus-client {client:>7.0f} ms"
                f"   {client / ms:.0f} times"
            )


if __name__ == "__main__":
    main()
