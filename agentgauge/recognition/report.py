"""What `agentgauge init` says of what it found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agentgauge.recognition.finding import FEW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from agentgauge.recognition.finding import Finding
    from spec.mapping import Mapping as Preset


def report(finding: Finding) -> Iterator[str]:
    """Write a table of what was found, and name what was not used."""
    rows = [("preset", "files", "size", "newest", "where")]
    rows += [
        (
            "+".join(one.presets),
            f"{one.files:,}",
            _size(one.size),
            datetime.fromtimestamp(one.newest, UTC).strftime("%Y-%m-%d %H:%M"),
            f"{one.globs[0]}{f' and {len(one.globs) - 1} more' if one.globs[1:] else ''}",
        )
        for one in finding.sources
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    for preset, files, size, newest, where in rows if finding.sources else ():
        yield (
            f"{preset:<{widths[0]}}  {files:>{widths[1]}}  {size:>{widths[2]}}"
            f"  {newest:<{widths[3]}}  {where}"
        )
    for said, paths in (
        ("left alone, no preset knows it", finding.left),
        ("can't be read", finding.unreadable),
        ("too much to look at all of it", finding.cut),
    ):
        yield from (f"{said}: {path}" for path in paths[:FEW])
        if len(paths) > FEW:
            yield f"{said}: {len(paths) - FEW:,} more"


def _size(size: int) -> str:
    kilo = 1000
    if size < kilo * kilo:
        return f"{size / kilo:.1f} kB"
    return f"{size / kilo / kilo:,.1f} MB"


def nothing(looked: Iterable[Path], presets: Iterable[Preset]) -> str:
    """Say that there is nothing, where it was looked for, and what to do."""
    names = ", ".join(preset.name for preset in presets)
    places = "".join(f"\n  {path}" for path in looked)
    return (
        f"found no agents' logs; looked at{places}\n"
        "Name the directory: agentgauge init DIR. Where logs are yet to come, say whose:\n"
        f"agentgauge init --preset NAME DIR, with one of {names}."
    )
