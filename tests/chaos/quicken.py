"""Generated files with a faster clock: the same rules and routes, every duration divided.

What is proven are the rules that are shipped, not others that resemble them: names, thresholds and
texts stay, only windows and waits are shorter. The agents' lines are played as much faster.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from spec.quantities import parse_duration

if TYPE_CHECKING:
    from pathlib import Path

_DURATION = r"(?:\d+(?:ms|[smhdwy]))+"
# In PromQL durations stand in brackets (ranges, subqueries) and after `offset`.
_RANGE = re.compile(rf"\[({_DURATION})(?::({_DURATION})?)?\]")
_OFFSET = re.compile(rf"(\boffset )({_DURATION})\b")
_KEY = re.compile(
    r"^(\s*-?\s*(?:for|keep_firing_for|interval|scrape_interval|scrape_timeout|evaluation_interval"
    rf"|group_wait|group_interval|repeat_interval): )({_DURATION})$",
    re.MULTILINE,
)


def quicken(alerts: Path, by: int, kept: str) -> None:
    """Divide every duration of the rules, of Prometheus and of Alertmanager by so much.

    `kept` is left as it is: the pace of scrapes, which the spec has made quick already.
    """
    files = [*(alerts / "rules").glob("*.yaml"), alerts / "prometheus.yml"]
    for path in (*files, alerts / "alertmanager.yml"):
        text = _KEY.sub(
            # A second may be written as 1s and as 1000ms.
            lambda found: (
                found[1]
                + (
                    kept
                    if parse_duration(found[2]) == parse_duration(kept)
                    else _divided(found[2], by)
                )
            ),
            path.read_text(),
        )
        if path.parent.name == "rules":
            text = _RANGE.sub(lambda found: _range(found, by), text)
            text = _OFFSET.sub(lambda found: found[1] + _divided(found[2], by), text)
        path.write_text(text)


def _range(found: re.Match[str], by: int) -> str:
    window = _divided(found[1], by)
    if ":" not in found[0]:
        return f"[{window}]"
    return f"[{window}:{_divided(found[2], by) if found[2] else ''}]"


def _divided(text: str, by: int) -> str:
    """Write a part of a duration in whole milliseconds."""
    return f"{max(round(Fraction(parse_duration(text)) / by * 1000), 1)}ms"
