"""`python -m tests.chaos`: breaks the simulated agents in ten ways, and looks at who is paged.

Prometheus, Alertmanager and the exporter are real, and the rules and routes are those that are
committed, with a faster clock. Each way gets a fleet of its own, which is healthy first.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tests.chaos.stage import play
from tests.chaos.ways import WAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.stage import Played
    from tests.chaos.ways import Way


@click.command()
@click.option("--speed", default=20, show_default=True, help="How much faster than life.")
@click.option("--healthy", default=600.0, show_default=True, help="Seconds of health at first.")
@click.option("--broken", default=1200.0, show_default=True, help="Seconds to watch once broken.")
@click.option("--jobs", default=2, show_default=True, help="Fleets at a time.")
@click.option("--only", multiple=True, metavar="WAY", help="Just this way; can be repeated.")
def main(speed: int, healthy: float, broken: float, jobs: int, only: tuple[str, ...]) -> None:
    """Break agents, one way at a time; exit with 1 unless exactly the right pages came."""
    ways = [way for way in WAYS if not only or way.name in only]
    plays: list[Way | None] = [None, *ways] if not only else [*ways]

    def played(way: Way | None) -> tuple[Way | None, Played]:
        with tempfile.TemporaryDirectory() as folder:
            return way, play(way, Path(folder), speed=speed, healthy=healthy, broken=broken)

    wrong = 0
    with ThreadPoolExecutor(jobs) as pool:
        for way, found in pool.map(played, plays):
            faults = list(_faults(way, found))
            wrong += bool(faults)
            click.echo(_line(way, found))
            for fault in faults:
                click.echo(f"    WRONG: {fault}")
    click.echo(f"{len(plays)} fleets, {wrong} wrong")
    sys.exit(1 if wrong else 0)


def _line(way: Way | None, found: Played) -> str:
    if way is None:
        messages = (*found.before, *found.after)
        paged = sum(message.receiver == "pager" for message in messages)
        return f"healthy: {paged} pages, {len(messages) - paged} messages to the team"
    pages = found.pages
    after = f"paged after {pages[0].at:.0f} s" if pages else "paged nobody"
    named = ", ".join(sorted(frozenset().union(*(page.alerts for page in pages))))
    told = f"; told the team: {', '.join(sorted(found.warnings))}" if found.warnings else ""
    incidents = len({page.incident for page in pages})
    counted = f"incidents: {incidents}, messages: {len(pages)}"
    return f"{way.name}: {after}: {named} ({counted}){told}"


def _faults(way: Way | None, found: Played) -> Iterator[str]:
    """Tell what should not be: a page too many, too few, in pieces or without its words."""
    # One task in two hundred fails on a good day: an SLO may well warn the team of it.
    healthy = found.before if way else (*found.before, *found.after)
    for message in healthy:
        if message.receiver == "pager" and not message.resolved:
            yield f"healthy agents, and it paged {sorted(message.alerts)}"
    if way is None:
        return
    named = frozenset().union(*(page.alerts for page in found.pages))
    if way.pages not in named:
        yield f"{way.pages} did not page"
    for name in sorted(named - {way.pages} - way.beside):
        yield f"{name} paged too"
    incidents = {page.incident for page in found.pages}
    if len(incidents) > 1:
        yield f"it made {len(incidents)} incidents"
    text = "\n".join(page.text for page in found.pages)
    for words in (way.pages, *way.says):
        if found.pages and words not in text:
            yield f"no page says {words!r}"


if __name__ == "__main__":
    main()
