"""A first spec, as a text that its owner goes on writing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentgauge.recognition.cover import Presets

_TEXT = """\
# agentgauge: the whole watch of a fleet of agents.
#   agentgauge check      is this file right?
#   agentgauge export     run the exporter: logs in, http://localhost:9477/metrics out
#   agentgauge generate   write dashboards/ and alerts/
version: 1
fleet: {fleet}                        # names rules and dashboards; a label on every alert

sources:
{sources}budgets:
  daily-cost: {{metric: agent_cost_usd_total, limit: 50, per: 1d}}   # US dollars

oncall:
  receivers:
    team: {{webhook: {{url: "http://localhost:9094/"}}}}   # or slack, pagerduty, email
  default: team
"""


def starter(fleet: str, sources: Iterable[tuple[Presets, Sequence[str]]]) -> str:
    """Write a spec for a fleet whose sources are presets, with their globs."""
    text, names = "", dict[tuple[str, ...], int]()
    for presets, globs in sources:
        names[presets] = number = names.get(presets, 0) + 1
        again = f"    name: {'+'.join(presets)}-{number}\n" if number > 1 else ""
        told = presets[0] if len(presets) == 1 else f"[{', '.join(presets)}]"
        text += f"  - file: {_files(globs)}\n    preset: {told}\n{again}\n"
    return _TEXT.format(fleet=fleet, sources=text)


def _files(globs: Sequence[str]) -> str:
    # Every JSON text is a YAML text.
    written = [json.dumps(glob, ensure_ascii=False) for glob in globs]
    if len(written) == 1:
        return written[0]
    return "".join(f"\n      - {one}" for one in written)
