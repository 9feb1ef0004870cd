"""A panel's ratio of a histogram: it counts the observations, as an alert's does."""

from __future__ import annotations

from fractions import Fraction

from spec.model import Panel, PanelQuery, Ratio, Selection
from tests.generator.panels import checks, fleets

DROPS = Ratio(
    Selection("agent_stream_drops_total"),
    Selection("agent_llm_time_to_first_token_seconds"),
    over=None,
    at_least=Fraction(0),
)


def test_a_ratio_of_a_histogram_counts_its_observations() -> None:
    panel = Panel("Drops", "timeseries", (PanelQuery(DROPS, ("agent",)),), unit="percentunit")
    (board,) = fleets.generated(fleets.board(panel))

    (expr,) = [one["expr"] for shown in checks.panels(board) for one in shown["targets"]]
    where = 'agent=~"$agent",job=~"$job",instance=~"$instance",cluster="eu-1"'
    drops = f"sum by (agent) (increase(agent_stream_drops_total{{{where}}}[15m]))"
    streams = (
        f"sum by (agent) (increase(agent_llm_time_to_first_token_seconds_count{{{where}}}[15m]))"
    )
    assert expr == f"({drops} or 0 * {streams}) / ({streams} > 0)"
