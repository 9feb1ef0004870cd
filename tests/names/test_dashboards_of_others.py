"""What well-known dashboards ask is answered by a Prometheus that scrapes us.

The queries are theirs in substance; variables are filled in as Grafana would.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers import eventually, exporter, prometheus, query

if TYPE_CHECKING:
    from agentgauge.servers import Server

HERE = Path(__file__).parent
MODEL = '{service_name=~"agents", gen_ai_request_model=~"gpt-5|atlas"}'
WINDOW = "[1m]"
LITELLM = {
    "requests": f"sum(increase(gen_ai_client_operation_duration_seconds_count{MODEL}{WINDOW}))",
    "spend": f"sum(increase(gen_ai_usage_cost_USD_sum{MODEL}{WINDOW}))",
    "tokens": f"sum(increase(gen_ai_client_token_usage_sum{MODEL}{WINDOW}))",
    "p95 of duration": (
        "histogram_quantile(0.95, sum by (le) "
        f"(rate(gen_ai_client_operation_duration_seconds_bucket{MODEL}{WINDOW})))"
    ),
    "requests by model": (
        "sum by (gen_ai_request_model) "
        f"(rate(gen_ai_client_operation_duration_seconds_count{MODEL}{WINDOW})) * 60"
    ),
    "spend by model": (
        f"sum by (gen_ai_request_model) (rate(gen_ai_usage_cost_USD_sum{MODEL}{WINDOW})) * 3600"
    ),
    "tokens by model and type": (
        "sum by (gen_ai_request_model, gen_ai_token_type) "
        f"(rate(gen_ai_client_token_usage_sum{MODEL}{WINDOW})) * 60"
    ),
    "p95 of the first token by model": (
        "histogram_quantile(0.95, sum by (le, gen_ai_request_model) "
        f"(rate(gen_ai_server_time_to_first_token_seconds_bucket{MODEL}{WINDOW})))"
    ),
}
"""Of LiteLLM's dashboard for OpenTelemetry; `service_name` is a label of our source."""
CLAUDE_CODE = {
    "cost": f"sum(increase(claude_code_cost_usage_USD_total{WINDOW}))",
    "tokens": f"sum(increase(claude_code_token_usage_tokens_total{WINDOW}))",
    "cost by model": f"sum by (model) (increase(claude_code_cost_usage_USD_total{WINDOW}))",
    "tokens by type": (f"sum by (type) (rate(claude_code_token_usage_tokens_total{WINDOW}))"),
    "cached share": (
        f'sum(increase(claude_code_token_usage_tokens_total{{type="cacheCreation"}}{WINDOW}))'
        f" / sum(increase(claude_code_token_usage_tokens_total{WINDOW}))"
    ),
    "subagents' share": (
        'sum(claude_code_cost_usage_USD_total{query_source="subagent"})'
        " / sum(claude_code_cost_usage_USD_total)"
    ),
}
"""Of ColeMurray/claude-code-otel and of Anthropic's monitoring guide."""


def test_every_panel_has_data(tmp_path: Path) -> None:
    for name in ("calls.yaml", "calls.jsonl"):
        (tmp_path / name).write_text((HERE / name).read_text())
    (tmp_path / "agents.yaml").write_text(
        (HERE / "agents.yaml").read_text().replace('env: "test"', "service_name: agents")
    )
    with exporter(tmp_path / "agents.yaml", tmp_path) as shown:
        config = tmp_path / "prometheus.yml"
        job = {"job_name": "agents", "static_configs": [{"targets": [shown.address]}]}
        settings = {"global": {"scrape_interval": "500ms"}, "scrape_configs": [job]}
        config.write_text(json.dumps(settings))
        with prometheus(config, tmp_path) as server:
            eventually(lambda: query(server, "claude_code_cost_usage_USD_total"), "scrape")
            with (tmp_path / "calls.jsonl").open("a") as log:
                log.write((HERE / "calls.jsonl").read_text().replace('"id": "m', '"id": "n'))
            asked = {**LITELLM, **{f"claude code: {k}": v for k, v in CLAUDE_CODE.items()}}

            def full() -> list[str]:
                return [name for name, expression in asked.items() if answered(server, expression)]

            eventually(lambda: full() == [*asked], "data in every panel")


def answered(server: Server, expression: str) -> bool:
    """Tell whether an answer holds a number that is not 0."""
    values = [float(one["value"][1]) for one in query(server, expression)]
    return any(value > 0 for value in values)
