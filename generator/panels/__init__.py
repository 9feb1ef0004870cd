"""Panels: one file for each visualisation that a spec can ask for; this is their list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.panels.alerts import ALERTS
from generator.panels.bargauge import BARGAUGE
from generator.panels.gauge import GAUGE
from generator.panels.heatmap import HEATMAP
from generator.panels.stat import STAT
from generator.panels.state_timeline import STATE_TIMELINE
from generator.panels.table import TABLE
from generator.panels.text import TEXT
from generator.panels.timeseries import TIMESERIES

if TYPE_CHECKING:
    from generator.panels.parts.visualisation import Visualisation

VISUALISATIONS: dict[str, Visualisation] = {
    kind.name: kind
    for kind in (
        ALERTS,
        BARGAUGE,
        GAUGE,
        HEATMAP,
        STAT,
        STATE_TIMELINE,
        TABLE,
        TEXT,
        TIMESERIES,
    )
}
