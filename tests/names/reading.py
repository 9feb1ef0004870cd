"""A spec's lines, read to their end as `export --once` does: what is shown of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from exporter.assembly import Exporter, Settings
from spec.load import load_preset, load_spec
from spec.model import Source
from spec.names import with_names
from spec.read_names import other_names

if TYPE_CHECKING:
    from pathlib import Path


OPENMETRICS = "application/openmetrics-text"


@cache
def read(path: Path, *, names: bool = True) -> Exporter:
    """Read all that a spec names, with the names of others or without."""
    spec = load_spec(path)
    others = spec.names if names else None
    settings = Settings(
        spec.fleet, "1", sessions=spec.sessions, views=others.views if others else ()
    )
    exporter = Exporter(settings, with_names(spec.sources, others), spec.families)
    exporter.pipeline.run_once()
    return exporter


def read_preset(name: str, files: Path) -> Exporter:
    """Read files by a preset that comes with us, with the names of others."""
    mapping, families = load_preset(name)
    others = other_names("otel")
    found = (f"{files}/**/*" if files.is_dir() else str(files),)
    source = Source(name, found, (mapping,), {})
    settings = Settings(name, "1", views=others.views)
    exporter = Exporter(settings, with_names((source,), others), {**families, **others.families})
    exporter.pipeline.run_once()
    return exporter


def text(exporter: Exporter, accept: str = "") -> str:
    """Give what a scrape gets."""
    return exporter.metrics(accept)[1].decode()
