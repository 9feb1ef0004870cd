"""The log says when a source begins, falls silent and goes on, once each."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from exporter.silence import Silence

if TYPE_CHECKING:
    import pytest


def test_first_lines_silence_and_going_on_are_told_once_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    silence = Silence("logs", silent_after=60)
    for now, heard in ((0, False), (100, False), (101, True), (102, True), (150, False),
                       (162, False), (200, False), (300, True), (301, False)):  # fmt: skip
        silence.listen(now, heard=heard)
    told: list[tuple[str, Any]] = [
        (record.getMessage(), getattr(record, "fields", None)) for record in caplog.records
    ]
    assert told == [
        ("a source gives its first lines", {"source": "logs"}),
        ("a source has fallen silent", {"source": "logs", "seconds": 60}),
        ("a source gives lines again", {"source": "logs", "seconds": 198}),
    ]
