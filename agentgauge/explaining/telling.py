"""Explains the files of a source, and chooses what is told of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agentgauge.explaining.summary import Summary
from agentgauge.explaining.words import record_plain, record_text
from exporter.explaining.explainer import Explainer
from exporter.explaining.records import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agentgauge.explaining.logs import Logs
    from exporter.explaining.explanation import Explained

SHORT = 50
"""Records of a log that are told one by one unless something else is asked for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is told. Without lines and outcome: everything where the log is short, else the sum."""

    lines: tuple[int, float] | None = None
    only: str | None = None
    summary: bool = False
    style: Literal["text", "json"] = "text"

    @property
    def one_by_one(self) -> bool:
        """Whether some records are asked for."""
        return self.lines is not None or self.only is not None

    def takes(self, one: Explained) -> bool:
        """Whether a record is asked for."""
        if self.lines and not self.lines[0] <= one.line <= self.lines[1]:
            return False
        if self.only == "rejected":
            return bool(one.rejected)
        return self.only is None or self.only in one.outcomes


def tell(logs: Logs, choice: Choice, told: Callable[[int], None] | None = None) -> Iterator[str]:
    """Give what is to be printed of a source's files. `told` hears how many bytes were read.

    Raises:
        OSError: a file can't be read.
    """
    explainer = Explainer(logs.source, logs.families, logs.prices)
    summary = Summary(logs.source.name, explainer.rules)
    held: list[Explained] | None = None if choice.one_by_one or choice.summary else []
    for one in _explained(explainer, logs, choice, told):
        summary.add(one)
        if choice.one_by_one and choice.takes(one):
            yield _record(one, choice)
        elif held is not None:
            held.append(one)
            if len(held) > SHORT + 1:  # with what comes after the end
                held = None
    if held is not None:
        yield from (_record(one, choice) for one in held)
        if choice.style == "text":
            yield summary.head()
    elif not choice.one_by_one:
        text = choice.style == "text"
        yield summary.text() if text else json.dumps(summary.plain(), ensure_ascii=False)


def _explained(
    explainer: Explainer, logs: Logs, choice: Choice, told: Callable[[int], None] | None
) -> Iterator[Explained]:
    source = logs.source
    for file in logs.files:
        for record in records(file, source.mappings[0], source.wrapped, told):
            if choice.lines and record.line > choice.lines[1]:
                break
            yield explainer.explain(file, record)
    end = explainer.finish()
    if end.moved or end.taken:
        yield end


def _record(one: Explained, choice: Choice) -> str:
    if choice.style == "json":
        return json.dumps(record_plain(one), ensure_ascii=False)
    return record_text(one)
