"""The colours of values that mean the same wherever they appear."""

from __future__ import annotations

GREY = "#8e8e8e"

_OUTCOMES = {
    "success": "green",
    "failure": "red",
    "timeout": "orange",
    "cancelled": "blue",
    "aborted": "purple",
    "abandoned": "yellow",
    "unknown": GREY,
    # of a line that the exporter read
    "applied": "green",
    "repeat": "blue",
    "unmatched": GREY,
    "rejected": "red",
}
_STATES = {"PANIC": "dark-red", "HUBRIS": "purple", "DEADLOCK": "orange", "SCARCITY": "yellow"}
_SEVERITIES = {"info": "blue", "warning": "yellow", "critical": "red", "emergency": "dark-red"}

OF_LABEL = {"outcome": _OUTCOMES, "state": _STATES, "severity": _SEVERITIES}
"""Label to value to colour. What is not here gets a colour from its name."""
