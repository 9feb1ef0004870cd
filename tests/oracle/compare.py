"""What a compiled mapping gives, in the oracle's terms."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

from exporter.mapping.engine import CompiledMapping
from exporter.model import Block
from tests.oracle.interpreter import Oracle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from spec.mapping import Mapping as Preset
    from spec.model import Family

STREAM = "agents/a.jsonl"
TRILLIONTHS = 10**12


def agree(
    mappings: tuple[Preset, ...], families: Mapping[str, Family], blocks: Iterable[bytes]
) -> CompiledMapping:
    """Let both read the blocks, and compare all that they say."""
    engine, oracle = CompiledMapping(mappings, families), Oracle(mappings, dict(families))
    for data in blocks:
        engine.apply(Block(STREAM, data))
        oracle.lines(STREAM, data)
    _agree(engine, oracle, families)
    engine.finish()
    oracle.finish()
    _agree(engine, oracle, families)
    return engine


def _agree(engine: CompiledMapping, oracle: Oracle, families: Mapping[str, Family]) -> None:
    counts = engine.counts()
    assert Counter(counts.lines) == oracle.totals.lines
    assert Counter(counts.rejects) == oracle.totals.rejects
    snapshot = engine.snapshot()
    wanted = oracle.numbers()
    assert snapshot.numbers.keys() == wanted.keys()
    for name, series in snapshot.numbers.items():
        money = families[name].unit == "usd" and families[name].type == "counter"
        scale = TRILLIONTHS if money else 1
        assert series.keys() == wanted[name].keys(), name
        for labels, value in series.items():
            close(float(Fraction(value) / scale), wanted[name][labels], f"{name}{labels}")
    histograms = oracle.histograms()
    assert snapshot.histograms.keys() == histograms.keys()
    for name, all_of in snapshot.histograms.items():
        assert all_of.keys() == histograms[name].keys(), name
        for labels, histogram in all_of.items():
            assert (name, labels, histogram.counts) == (name, labels, histograms[name][labels][0])
            close(float(histogram.sum), histograms[name][labels][1], f"{name}{labels}")


def close(have: float, want: float, what: str) -> None:
    """Numbers are the same, but for what floats lose."""
    assert math.isclose(have, want, rel_tol=1e-9, abs_tol=1e-11), f"{what}: {have} is not {want}"
