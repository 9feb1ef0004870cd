"""What grafana/dashboard-linter would find in the dashboards, and why it is right as it is.

It reads the exceptions from a file beside the dashboards.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from generator.conventions import header
from generator.model import Artefact
from generator.yaml_text import dump

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from generator.model import Model

FILE = "dashboards/.lint"

_RULES = {"target-job-rule": 'job=~"$job"', "target-instance-rule": 'instance=~"$instance"'}
_REASON = (
    "It reads alerts or recordings: series of rules, which have no job and no instance. "
    "They are chosen by the fleet."
)


def artefacts(model: Model, made: Iterable[Artefact]) -> tuple[Artefact, ...]:
    """Write the exceptions from the dashboards that were `made`; nothing where there are none."""
    boards = [
        json.loads(one.text)
        for one in made
        if one.path.startswith("dashboards/") and one.path.endswith(".json")
    ]
    exclusions = {
        rule: {"reason": _REASON, "entries": entries}
        for rule, matcher in _RULES.items()
        if (entries := [entry for board in boards for entry in _entries(board, matcher)])
    }
    if not exclusions:
        return ()
    return (Artefact(FILE, dump({"exclusions": exclusions}, header(model.spec_file))),)


def _entries(board: dict[str, object], matcher: str) -> Iterator[dict[str, object]]:
    """Name the panels of which not every selection has this matcher."""
    for panel in _flat(board):
        targets = panel.get("targets") or []
        texts = [str(one.get("expr") or "") for one in targets] if isinstance(targets, list) else []
        if any(text.count("{") > text.count(matcher) for text in texts):
            yield {"dashboard": board["title"], "panel": panel["title"]}


def _flat(holder: dict[str, object]) -> Iterator[dict[str, object]]:
    panels = holder.get("panels")
    for panel in panels if isinstance(panels, list) else []:
        yield panel
        yield from _flat(panel)
